import type { SecretRef } from "../../../../table/policies/secret-ref.ts";
import { secretRef } from "../../../ir/secret.ts";
import { USERS_KEY } from "../../../resources/edge-policy-basic-auth.ts";
import { dnsSubdomain } from "../../../resources/names.ts";
import type { Unreadable } from "../../../resources/templates.ts";
import type { AnnotationFamily, FamilyContext, FamilyReading } from "./entry.ts";
import { FamilyValues, OF_EDGE } from "./family-values.ts";

const TYPE = "auth-type";
const SECRET = "auth-secret";
const LAYOUT = "auth-secret-type";
const REALM = "auth-realm";

export const basicAuth: AnnotationFamily = {
  title: "Basic authentication",
  settle,
  entries: [
    {
      name: TYPE,
      class: "P",
      guards: true,
      summary: "Asks for HTTP authentication, `basic` or `digest` (401).",
      together: "`basic` [does the same](auth.md#basic-authentication); `digest` is an error",
    },
    {
      name: SECRET,
      class: "E",
      guards: true,
      summary: "The Secret with the users of `auth-type`.",
      together: "does the same; it must be of the Ingress's namespace, and DES-crypt is not taken",
    },
    {
      name: LAYOUT,
      class: "E",
      guards: true,
      summary: "How that Secret is laid out: `auth-file` or `auth-map`.",
      inert: ["auth-file"],
      together: "does the same",
    },
    {
      name: REALM,
      class: "E",
      guards: true,
      summary: "The realm in `WWW-Authenticate`.",
      together: "does the same; `off`, by which nginx would ask for nothing, is an error",
    },
  ],
};

function settle(values: ReadonlyMap<string, string>, context: FamilyContext): FamilyReading {
  const reading = new FamilyValues(values);
  const type = reading.get(TYPE, typeOf);
  const secret = reading.get(SECRET, (value) => secretOf(value, context));
  const layout = reading.get(LAYOUT, layoutOf) ?? "auth-file";
  const realm = reading.get(REALM, realmOf) ?? "";
  const written = values.get(TYPE) ?? "";
  if (written === "") reportAlone(reading);
  else if ((values.get(SECRET) ?? "") === "")
    reading.problem(TYPE, "asks for users, and there is no auth-secret", OF_EDGE);
  if (type === null || secret === null || !reading.isSound) return { settings: [], findings: reading.findings };
  const value = { secret, key: layout === "auth-map" ? null : USERS_KEY, realm };
  return { settings: [{ name: SECRET, setting: { field: "basicAuth", value } }], findings: reading.findings };
}

/** Whoever writes these means a guard: without `auth-type` there is none. */
function reportAlone(reading: FamilyValues): void {
  for (const name of [TYPE, SECRET, LAYOUT, REALM]) {
    if (!reading.values.has(name)) continue;
    reading.problem(name, name === TYPE ? "is empty, and guards nothing" : `guards nothing without ${TYPE}`, OF_EDGE);
  }
}

function typeOf(value: string): "basic" | Unreadable {
  if (value === "basic") return value;
  if (value === "digest")
    return { problem: "is `digest`, which the edge does not do: it would have to keep passwords", ofEdge: true };
  return { problem: "must be `basic`" };
}

/** ingress-nginx takes a Secret of the Ingress's own namespace alone, unless its operator allows others. */
function secretOf(value: string, { ingress }: FamilyContext): SecretRef | Unreadable {
  const { namespace: own } = ingress.metadata;
  const [first = "", second, ...more] = value.split("/");
  const [namespace, name] = second === undefined ? [own, first] : [first, second];
  if (more.length > 0 || dnsSubdomain(name) !== null || dnsSubdomain(namespace) !== null) {
    return { problem: "is not the name of a Secret, nor namespace and name with '/' between" };
  }
  if (namespace !== own) return { problem: "names a Secret of another namespace" };
  return secretRef(namespace, name);
}

function layoutOf(value: string): "auth-file" | "auth-map" | Unreadable {
  return value === "auth-file" || value === "auth-map" ? value : { problem: "must be `auth-file` or `auth-map`" };
}

/** What the validation of ingress-nginx lets through (CharsWithSpace in internal/ingress/annotations/parser). */
function realmOf(value: string): string | Unreadable {
  if (value === "off")
    return { problem: "is `off`, by which nginx asks for nothing: another text is needed", ofEdge: true };
  return /^[A-Za-z0-9\-._~/: ]*$/.test(value)
    ? value
    : { problem: "must be letters, digits, spaces and some of -._~/:" };
}
