import * as z from "zod";
import { canonicalPrefix, normalisePath } from "../../table/normalise.ts";
import { dnsSubdomain, hostname, wildcardHostname } from "./names.ts";
import type { PolicyTargetRef } from "./resource.ts";
import { between, exactly, type Fields, oneOf, quote, type Report } from "./schema.ts";

const KINDS = ["Ingress", "Host", "Edge"] as const;

/** Which of the other fields each kind of target has. */
const FIELDS: Readonly<Record<(typeof KINDS)[number], readonly string[]>> = {
  Ingress: ["name"],
  Host: ["name", "path"],
  Edge: [],
};

/** One of `spec.targetRefs` of an EdgePolicy. */
export const targetRef = exactly({
  kind: oneOf(KINDS),
  name: z.string().nullish(),
  path: z.string().nullish(),
})
  .check(between(fieldsOfKind), between(validName), between(validPath))
  .transform(({ kind, name, path }): PolicyTargetRef => {
    if (kind === "Edge") return { kind };
    if (kind === "Ingress") return { kind, name: name ?? "" };
    return { kind, name: name ?? "", path: path === undefined || path === null ? null : prefixOf(path) };
  });

function fieldsOfKind({ kind, name, path }: Fields, report: Report): void {
  const known = KINDS.find((candidate) => candidate === kind);
  if (known === undefined) return;
  if (FIELDS[known].includes("name") && (name === undefined || name === null || name === "")) {
    report({ code: "EI1250", message: `a target of kind ${known} needs a name` });
  }
  for (const [field, value] of Object.entries({ name, path })) {
    if (value === undefined || value === null || FIELDS[known].includes(field)) continue;
    report({ code: "EI1250", message: `a target of kind ${known} has no ${field}`, path: [field], part: "key" });
  }
}

function validName({ kind, name }: Fields, report: Report): void {
  if (typeof name !== "string" || name === "") return;
  const reason = kind === "Ingress" ? dnsSubdomain(name) : kind === "Host" ? hostReason(name) : null;
  if (reason !== null) report({ code: "EI1237", message: `the name ${quote(name)} ${reason}`, path: ["name"] });
}

function hostReason(name: string): string | null {
  if (name === "*") return "must be a host: rules without a host are reached by their Ingress, or by `kind: Edge`";
  return name.includes("*") ? wildcardHostname(name) : hostname(name);
}

function validPath({ kind, path }: Fields, report: Report): void {
  if (kind !== "Host" || typeof path !== "string") return;
  const normalised = normalisePath(path);
  const ends = /[?#]/.test(path);
  if (normalised.ok && !ends) return;
  const reason = normalised.ok ? "must have no '?' and no '#', which end a path" : `is none: ${normalised.reason}`;
  report({ code: "EI1237", message: `the path ${quote(path)} ${reason}`, path: ["path"] });
}

/** As rules have it: `/api/` is `/api`. */
function prefixOf(path: string): string {
  const normalised = normalisePath(path);
  return normalised.ok ? canonicalPrefix(normalised.path) : path;
}
