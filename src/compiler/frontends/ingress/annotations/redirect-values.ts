import type { Redirect } from "../../../../table/policies/redirect.ts";
import type { Template, TemplatePart } from "../../../../table/policies/template.ts";
import type { RequestRedirectFilter } from "../../../ir/filters/request-redirect.ts";
import { parseTemplate } from "../../../resources/templates.ts";
import { controllerBoolean } from "../controller-settings.ts";
import type { FamilyContext, FamilyReading, FilterOf } from "./entry.ts";
import { FamilyValues } from "./family-values.ts";

type Named = NonNullable<FamilyReading["filters"]>[number];

/** `$scheme://$host`, which nginx puts before a path in the place of a URL (`absolute_redirect`). */
const HERE: Template = [variable("scheme"), { type: "text", value: "://" }, variable("host")];

/**
 * The redirects of all requests, and that of `/`. Of the two kinds, `temporal-redirect` wins
 * (kubernetes/ingress-nginx:internal/ingress/annotations/redirect/redirect.go). What concerns the way to https depends on
 * other Ingresses of the host too: see `https.ts`; here its values are only looked at.
 */
export function settleRedirects(written: ReadonlyMap<string, string>, context: FamilyContext): FamilyReading {
  const values = new FamilyValues(written);
  for (const name of [
    "ssl-redirect",
    "force-ssl-redirect",
    "preserve-trailing-slash",
    "use-port-in-redirects",
    "from-to-www-redirect",
  ]) {
    values.boolean(name, false);
  }
  const relative = values.boolean(
    "relative-redirects",
    controllerBoolean(context.resources, "relative-redirects", false),
  );
  const temporal = readLocation("temporal-redirect", values, isUrl, "is no URL of http or https");
  const permanent = readLocation("permanent-redirect", values, () => true, "");
  const filters: Named[] = [];
  const add = (name: string, location: Template | null, status: number) => {
    if (location === null) return;
    const isPath = location[0]?.type === "text" && location[0].value.startsWith("/");
    const full = isPath && !relative ? [...HERE, ...location] : location;
    filters.push(named(name, { only: "always", status, location: full, cutSlash: false }));
  };
  add("temporal-redirect", temporal, readStatus("temporal-redirect-code", values, 302, 307));
  const status = readStatus("permanent-redirect-code", values, 301, 308);
  if (temporal === null) add("permanent-redirect", permanent, status);
  else if (permanent !== null) pass(values, "permanent-redirect", "is not read beside temporal-redirect");
  const root = values.values.get("app-root") ?? "";
  if (root !== "") filters.push(...readRoot(root, values));
  return { settings: [], filters, findings: values.findings };
}

function named(name: string, redirect: Redirect): Named {
  const filter: FilterOf<RequestRedirectFilter> = { type: "RequestRedirect", redirect, besidesIngress: false };
  return { name, filter };
}

/** `$scheme://$http_host` and the path. Values with a host are not taken (annotations/rewrite/main.go). */
function readRoot(path: string, values: FamilyValues): readonly Named[] {
  if (!path.startsWith("/") || /[\s"\\]/.test(path)) {
    pass(values, "app-root", "is no absolute path and is passed over");
    return [];
  }
  const location = [variable("scheme"), { type: "text", value: "://" }, variable("http_host")] as const;
  const full: Template = [...location, { type: "text", value: path }];
  return [named("app-root", { only: "root", status: 302, location: full, cutSlash: false })];
}

function readLocation(
  name: string,
  values: FamilyValues,
  isTaken: (text: string) => boolean,
  otherwise: string,
): Template | null {
  const text = values.values.get(name) ?? "";
  if (text !== "" && !isTaken(text)) {
    pass(values, name, `${otherwise} and is passed over`);
    return null;
  }
  return values.get(name, parseTemplate);
}

function isUrl(text: string): boolean {
  return /^https?:\/\/[^/]/.test(text);
}

function readStatus(name: string, values: FamilyValues, usual: number, most: number): number {
  const text = values.values.get(name) ?? "";
  const status = /^\d{3}$/.test(text) ? Number(text) : 0;
  if (status >= 300 && status <= most) return status;
  if (text !== "") pass(values, name, `is no status from 300 to ${most}, and counts as ${usual}`);
  return usual;
}

function pass({ findings }: FamilyValues, name: string, says: string): void {
  findings.push({ name, code: "EI4040", says });
}

function variable(type: TemplatePart["type"]): TemplatePart {
  return { type, value: "" };
}
