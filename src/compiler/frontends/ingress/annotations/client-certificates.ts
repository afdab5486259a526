import { type ClientCertificate, DEFAULT_CLIENT_CERTIFICATE } from "../../../../table/policies/client-certificate.ts";
import { translatePattern } from "../../../patterns/translate.ts";
import { dnsSubdomain } from "../../../resources/names.ts";
import type { Unreadable } from "../../../resources/templates.ts";
import { type AnnotationFamily, FALSE, type FamilyContext, type FamilyReading } from "./entry.ts";
import { FamilyValues, OF_EDGE } from "./family-values.ts";

const SECRET = "auth-tls-secret";
const VERIFY = "auth-tls-verify-client";
const DEPTH = "auth-tls-verify-depth";
const ERROR_PAGE = "auth-tls-error-page";
const PASS = "auth-tls-pass-certificate-to-upstream";
const MATCH_CN = "auth-tls-match-cn";

/** The key of the Secret with the certificates of authorities. */
const CA_KEY = "ca.crt";

export const clientCertificates: AnnotationFamily = {
  title: "Client certificates",
  settle,
  entries: [
    {
      name: SECRET,
      class: "P",
      guards: true,
      summary: "Asks for a client certificate by the authority in this Secret (400 without).",
      together:
        "[Asks for one](auth.md#client-certificates) that the zone has verified; which authorities count is the zone's setting, and a warning says so",
    },
    {
      name: VERIFY,
      class: "P",
      guards: true,
      summary: "Whether the client certificate is required, optional or not asked for.",
      inert: ["off"],
      together: "`on`, `off`, `optional`, `optional_no_ca`: does the same",
    },
    {
      name: DEPTH,
      class: "N",
      guards: true,
      summary: "How long the chain of the client certificate may be.",
      together: "The zone takes chains of any length, and a warning says so",
      instead:
        "Enable mTLS in the zone with the authority that signs the client certificates itself, or name issuers in `clientCertificate` of an EdgePolicy.",
    },
    {
      name: ERROR_PAGE,
      class: "P",
      guards: true,
      summary: "Where a request with a bad client certificate is redirected.",
      together: "A URL: redirects there (302). A path: the answer is 400, with a warning",
    },
    {
      name: PASS,
      class: "P",
      guards: true,
      summary: "Sends the client certificate to the backend in `ssl-client-cert`.",
      inert: FALSE,
      together: "Does the same; not for certificates over 10 KiB, which the platform does not give",
    },
    {
      name: MATCH_CN,
      class: "P",
      guards: true,
      summary: "A regular expression for the name in the client certificate (403 without).",
      together:
        "Does the same with expressions that take linear time, as [patterns of paths](normalisation.md#patterns); others are errors",
    },
  ],
};

function settle(values: ReadonlyMap<string, string>, context: FamilyContext): FamilyReading {
  const reading = new FamilyValues(values);
  const secret = reading.get(SECRET, (value) => secretOf(value, context));
  const verify = reading.get(VERIFY, verifyOf) ?? "on";
  reading.get(DEPTH, depthOf);
  const errorPage = reading.get(ERROR_PAGE, errorPageOf) ?? "";
  const passes = reading.boolean(PASS, false);
  const pattern = reading.get(MATCH_CN, patternOf) ?? "";
  if ((values.get(SECRET) ?? "") === "") reportAlone(reading);
  if (secret === null || passes === null || !reading.isSound || verify === "off") {
    return { settings: [], findings: reading.findings };
  }
  const mode = MODES[verify];
  if (mode === "OptionalNoCA" && pattern !== "") {
    reading.problem(MATCH_CN, `proves nothing with ${VERIFY} optional_no_ca: anybody can write any name`, OF_EDGE);
  }
  const isPath = errorPage.startsWith("/");
  if (isPath) {
    const says = "is a path, which the edge does not serve in the place of the 400";
    reading.findings.push({ name: ERROR_PAGE, code: "EI4002", says });
  }
  reading.findings.push({ name: SECRET, code: "EI4035", says: leftToZone(secret, values.has(DEPTH), context) });
  const value: ClientCertificate = {
    ...DEFAULT_CLIENT_CERTIFICATE,
    mode,
    subjectPattern: pattern,
    errorPage: isPath ? "" : errorPage,
    certificateHeader: passes ? "ssl-client-cert" : "",
  };
  if (!reading.isSound) return { settings: [], findings: reading.findings };
  return { settings: [{ name: SECRET, setting: { field: "clientCertificate", value } }], findings: reading.findings };
}

const MODES = { on: "Required", optional: "Optional", optional_no_ca: "OptionalNoCA" } as const;

/** Whoever writes these means a guard: without `auth-tls-secret` there is none. */
function reportAlone(reading: FamilyValues): void {
  for (const { name, inert = [] } of clientCertificates.entries) {
    const value = reading.values.get(name);
    if (value === undefined || inert.includes(value)) continue;
    reading.problem(
      name,
      name === SECRET ? "is empty, and guards nothing" : `guards nothing without ${SECRET}`,
      OF_EDGE,
    );
  }
}

function leftToZone(secret: string, hasDepth: boolean, { ingress }: FamilyContext): string {
  const hosts = [...new Set(ingress.body.rules.map(({ host }) => host ?? "every host"))].join(", ");
  const depth = hasDepth ? `, with chains of any length (${DEPTH} is not honoured)` : "";
  return `asks for certificates that the zone has verified: mTLS has to be enabled there for ${hosts || "its hosts"}, with ${CA_KEY} of Secret ${secret} as the authority${depth}`;
}

/** ingress-nginx reads the Secret; here it is for the zone, and looked at only where it is among the manifests. */
function secretOf(value: string, { ingress, resources }: FamilyContext): string | Unreadable {
  const [namespace = "", name = "", ...more] = value.split("/");
  if (more.length > 0 || dnsSubdomain(name) !== null || dnsSubdomain(namespace) !== null) {
    return { problem: "must be namespace and name of a Secret with '/' between" };
  }
  if (namespace !== ingress.metadata.namespace) return { problem: "names a Secret of another namespace" };
  const found = resources.secrets.find(({ metadata }) => metadata.namespace === namespace && metadata.name === name);
  if (found !== undefined && !found.body.content.keys.includes(CA_KEY))
    return { problem: `names a Secret without ${CA_KEY}` };
  return `${namespace}/${name}`;
}

function verifyOf(value: string): keyof typeof MODES | "off" | Unreadable {
  return value === "off" || Object.hasOwn(MODES, value)
    ? (value as keyof typeof MODES | "off")
    : { problem: "must be `on`, `off`, `optional` or `optional_no_ca`" };
}

function depthOf(value: string): number | Unreadable {
  return /^\d{1,3}$/.test(value) ? Number(value) : { problem: "must be a whole number" };
}

function errorPageOf(value: string): string | Unreadable {
  if (/^\/[!-~]*$/.test(value)) return value;
  const isUrl = /^https?:\/\/[A-Za-z0-9.-]+(?::\d+)?(?:\/[!-~]*)?$/.test(value) && !value.includes("$");
  return isUrl ? value : { problem: "must be a URL with http or https, or a path" };
}

/** ingress-nginx looks for the expression anywhere in the subject, as PCRE. */
function patternOf(value: string): string | Unreadable {
  if (!value.includes("CN="))
    return { problem: "must have `CN=` in it, or ingress-nginx does not read it", ofEdge: true };
  const translation = translatePattern(value, { caseless: false });
  if (translation.ok) {
    const { source } = translation.pattern;
    return source === "" ? { problem: "is an expression that says nothing", ofEdge: true } : source;
  }
  if (translation.why === "syntax") return { problem: translation.problem.says, ofEdge: true };
  return {
    problem:
      "is an expression that may take too long for a long name: begin it with `^`, or say where a repetition ends, as in `[^,=]*` in the place of `.*`",
    ofEdge: true,
  };
}
