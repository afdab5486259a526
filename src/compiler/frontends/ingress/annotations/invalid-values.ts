/**
 * What ingress-nginx's controller does with a value that it does not take (kubernetes/ingress-nginx:internal/ingress/annotations,
 * `Extract` in annotations.go and each `Parse`). `default`: it goes on without the annotation. `denied`: every path of the
 * Ingress answers 503. `dropped`: the whole Ingress is left out.
 */
export type InvalidOutcome = "default" | "denied" | "dropped";

/** Those that are not `default`. */
const OUTCOMES: Readonly<Record<string, InvalidOutcome>> = {
  "allowlist-source-range": "denied",
  "whitelist-source-range": "denied",
  "denylist-source-range": "denied",
  "auth-type": "denied",
  "auth-secret": "denied",
  "auth-url": "denied",
  "auth-method": "denied",
  "auth-response-headers": "denied",
  "auth-proxy-set-headers": "denied",
  "auth-tls-secret": "denied",
  "custom-headers": "denied",
  "auth-realm": "dropped",
  "auth-secret-type": "dropped",
  "auth-tls-error-page": "dropped",
  "auth-tls-match-cn": "dropped",
  "auth-tls-pass-certificate-to-upstream": "dropped",
  "custom-http-errors": "dropped",
  "default-backend": "dropped",
  "from-to-www-redirect": "dropped",
  "limit-connections": "dropped",
  "limit-allowlist": "dropped",
  "limit-whitelist": "dropped",
  "limit-rpm": "dropped",
  "limit-rps": "dropped",
  "permanent-redirect": "dropped",
  "permanent-redirect-code": "dropped",
  "relative-redirects": "dropped",
  "server-alias": "dropped",
  "temporal-redirect": "dropped",
  "temporal-redirect-code": "dropped",
  "upstream-hash-by": "dropped",
};

/** Guards whose bad value counts as none in ingress-nginx too, or leaves what it belongs to as strict as it was. */
const HARMLESS_DEFAULTS: readonly string[] = [
  "satisfy",
  "auth-signin",
  "auth-signin-redirect-param",
  "auth-tls-verify-client",
  "auth-tls-verify-depth",
  "limit-burst-multiplier",
  "limit-rate",
  "limit-rate-after",
];

/** What of a guard is not known keeps requests out. */
export function outcomeOf(name: string, guards: boolean): InvalidOutcome {
  return OUTCOMES[name] ?? (guards && !HARMLESS_DEFAULTS.includes(name) ? "denied" : "default");
}

/** Ends the sentence that begins with the annotation's name. */
export const SAYS: Readonly<Record<InvalidOutcome, string>> = {
  default: "as in ingress-nginx it counts as if it were not there",
  denied: "as in ingress-nginx every path of the Ingress answers 503",
  dropped: "as in ingress-nginx the whole Ingress is left out",
};
