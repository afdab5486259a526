import type { HeaderModifier } from "../../../../table/policies/header-modifier.ts";
import { byText } from "../../../by-text.ts";
import { settableHeader } from "../../../resources/external-auth.ts";
import type { Unreadable } from "../../../resources/templates.ts";
import { controllerValue } from "../controller-config.ts";
import { configMapNamed } from "./config-maps.ts";
import type { FamilyContext } from "./entry.ts";

const ALLOWED = "global-allowed-response-headers";
/** internal/ingress/annotations/customheaders/main.go: names and values that the controller takes. */
const NAME = /^[a-zA-Z\d_-]+$/;
const VALUE = /^[a-zA-Z\d_ :;.,\\/"'?!(){}[\]@<>=\-+*#$&`|~^%]+$/;

/** What `custom-headers` sets: the ConfigMap's headers, as far as the operator allows each. Values are literal. */
export function customHeaders(reference: string, context: FamilyContext): HeaderModifier | Unreadable {
  const configMap = configMapNamed(reference, context);
  if ("problem" in configMap) return configMap;
  const written = controllerValue(context.resources, ALLOWED);
  if (written === null)
    return { problem: `needs ${ALLOWED} of the controller's ConfigMap, which allows no header yet`, ofEdge: true };
  const allowed = written.split(",").map((name) => name.trim().toLowerCase());
  const headers = Object.entries(configMap.data).sort(([a], [b]) => byText(a, b));
  for (const [name, value] of headers) {
    if (!NAME.test(name) || settableHeader(name) !== null)
      return { problem: "names a ConfigMap with a bad header name" };
    if (!VALUE.test(value))
      return { problem: `names a ConfigMap in which ${name} has a value that nginx does not take` };
    if (!allowed.includes(name.toLowerCase())) return { problem: `sets ${name}, which ${ALLOWED} does not allow` };
  }
  return headers.map(([name, value]) => ({
    action: "set",
    name,
    value: [{ type: "text", value }],
    besidesIngress: false,
    onlySuccess: false,
  }));
}
