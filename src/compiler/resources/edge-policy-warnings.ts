import type { Jwt } from "../../table/policies/jwt.ts";
import type { Retry } from "../../table/policies/retry.ts";
import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import { settingOf } from "../ir/policy.ts";
import type { SourceDocument } from "../sources/document.ts";
import type { EdgePolicyBody } from "./resource.ts";

/** RFC 9110, 9.2.2. */
const IDEMPOTENT = ["GET", "HEAD", "OPTIONS", "TRACE", "PUT", "DELETE"];

/** What is worth a word in a valid EdgePolicy. */
export function edgePolicyWarnings(document: SourceDocument, { settings }: EdgePolicyBody): Diagnostic[] {
  if (settings.length === 0) {
    return [diagnose("EI1252", document.locate(["spec"], "key"), "the EdgePolicy sets nothing")];
  }
  const retry = settingOf(settings, "retry");
  const jwt = settingOf(settings, "jwt");
  return [
    ...(retry === null ? [] : retryWarnings(document, retry)),
    ...(jwt === null ? [] : jwtWarnings(document, jwt)),
  ];
}

function jwtWarnings(document: SourceDocument, { providers }: Jwt): Diagnostic[] {
  return [...providers.entries()].flatMap(([index, { name, audiences }]) => {
    if (audiences.length > 0) return [];
    const message = `tokens of ${name} are let in whoever they are for: the provider has no audiences`;
    return [diagnose("EI1274", document.locate(["spec", "jwt", "providers", index]), message)];
  });
}

function retryWarnings(document: SourceDocument, { methods, idempotencyKey, maxBodySize }: Retry): Diagnostic[] {
  const warnings: Diagnostic[] = [];
  const unsafe = [...methods.entries()].filter(([, method]) => !IDEMPOTENT.includes(method));
  for (const [index, method] of unsafe) {
    const message = `a ${method} that was carried out may be sent again: an order is placed twice, a payment made twice`;
    warnings.push(diagnose("EI1251", document.locate(["spec", "retry", "methods", index]), message));
  }
  if (maxBodySize > 0) return warnings;
  const ofBodies = idempotencyKey ? ["idempotencyKey"] : unsafe.length > 0 ? ["methods"] : [];
  for (const field of ofBodies) {
    const message = `${field} reaches no request that has a body: maxBodySize is 0, so none is kept to be sent again`;
    warnings.push(diagnose("EI1253", document.locate(["spec", "retry", field], "key"), message));
  }
  return warnings;
}
