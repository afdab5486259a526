import { isIP } from "node:net";

/** What a text lacks to be of some form, as the rest of the sentence `host "x" …`; null where it is of that form. */
export type Form = (text: string) => string | null;

const LABEL = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?$/;
const SUBDOMAIN = /^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/;
const DNS_1035_LABEL = /^[a-z]([-a-z0-9]*[a-z0-9])?$/;
const QUALIFIED = /^[A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])?$/;
const HTTP_PATH = /^[A-Za-z0-9/\-._~%!$&'()*+,;=:]+$/;

/**
 * A lower-case RFC 1123 subdomain, at most 253 characters. Its labels may be longer than 63, as names of objects may:
 * kubernetes/kubernetes:staging/src/k8s.io/apimachinery/pkg/util/validation/validation.go, IsDNS1123Subdomain.
 */
export function dnsSubdomain(text: string): string | null {
  if (text === "") return "must not be empty";
  if (text.length > 253) return "must be no longer than 253 characters";
  if (SUBDOMAIN.test(text)) return null;
  if (/[A-Z]/.test(text)) return "must be lower case";
  return "must be lower-case letters, digits, '-' and '.', where each part begins and ends with a letter or digit";
}

/** A lower-case RFC 1123 label, at most 63 characters (IsDNS1123Label). */
export function dnsLabel(text: string): string | null {
  if (text === "") return "must not be empty";
  if (text.length > 63) return "must be no longer than 63 characters";
  if (/[A-Z]/.test(text)) return "must be lower case";
  return LABEL.test(text) ? null : "must be lower-case letters, digits and '-', not at the beginning or end";
}

/**
 * An RFC 1035 label: as dnsLabel, but beginning with a letter (IsDNS1035Label). Services are named so while the
 * feature gate RelaxedServiceNameValidation is off, its default: kubernetes/kubernetes:pkg/features/kube_features.go.
 */
export function serviceName(text: string): string | null {
  const reason = dnsLabel(text);
  if (reason !== null) return reason;
  return DNS_1035_LABEL.test(text) ? null : "must begin with a letter";
}

/**
 * A subdomain that can be a host: labels of at most 63 characters. The API server does not count them, but no name of
 * the DNS, and so no request, can have a longer one (RFC 1035, 2.3.4).
 */
export function hostname(text: string): string | null {
  return dnsSubdomain(text) ?? labelsInLength(text);
}

/** `*.` and a hostname; `*` stands for the whole first label (IsWildcardDNS1123Subdomain). */
export function wildcardHostname(text: string): string | null {
  if (text.length > 253) return "must be no longer than 253 characters";
  if (!text.startsWith("*.") || text.includes("*", 1)) {
    return "must have '*' as the whole first label and nowhere else, followed by a domain, as in '*.example.com'";
  }
  return hostname(text.slice(2));
}

function labelsInLength(text: string): string | null {
  return /[^.]{64}/.test(text) ? "must not have a label of more than 63 characters" : null;
}

/** True for IPv4, also with leading zeros as in `010.0.0.1`, and for IPv6 without zone. */
export function isIpAddress(text: string): boolean {
  // The pattern of IPv6 is long, and few names are like an address.
  if (!/^[\d.]+$|:/.test(text)) return false;
  if (isIP(text) !== 0) return !text.includes("%");
  return /^\d+(\.\d+){3}$/.test(text) && text.split(".").every((part) => Number(part) <= 255);
}

/** The name of a port: an IANA service name (RFC 6335, 5.1; IsValidPortName). */
export function portName(text: string): string | null {
  if (text.length > 15) return "must be no longer than 15 characters";
  if (!/^[-a-z0-9]+$/.test(text)) return "must be lower-case letters, digits and '-'";
  if (!/[a-z]/.test(text)) return "must have at least one letter";
  if (text.includes("--")) return "must not have two '-' in a row";
  return text.startsWith("-") || text.endsWith("-") ? "must not begin or end with '-'" : null;
}

/** A text that can stand as one segment of an API path (IsPathSegmentName). */
export function pathSegment(text: string): string | null {
  if (text === "") return "must not be empty";
  if (text === "." || text === "..") return "must not be '.' or '..'";
  return /[/%]/.test(text) ? "must not contain '/' or '%'" : null;
}

/** The key of an annotation or label: an optional `domain/`, then at most 63 characters (IsQualifiedName). */
export function qualifiedName(text: string): string | null {
  const slash = text.indexOf("/");
  const domain = slash === -1 ? null : dnsSubdomain(text.slice(0, slash));
  if (domain !== null) return `must have a domain before the '/', which ${domain}`;
  const name = text.slice(slash + 1);
  if (name.length > 63) return "must have a name of at most 63 characters";
  if (QUALIFIED.test(name)) return null;
  return "must have a name of letters, digits, '-', '_' and '.' that begins and ends with a letter or digit";
}

/** The value of a label (IsValidLabelValue). */
export function labelValue(text: string): string | null {
  if (text.length > 63) return "must be no longer than 63 characters";
  if (text === "" || QUALIFIED.test(text)) return null;
  return "must be letters, digits, '-', '_' and '.', beginning and ending with a letter or digit";
}

/** `domain/path`, the form of a controller's name (IsDomainPrefixedPath), at most 250 characters. */
export function controllerName(text: string): string | null {
  if (text.length > 250) return "must be no longer than 250 characters";
  const slash = text.indexOf("/");
  if (slash <= 0 || slash === text.length - 1) {
    return "must be a domain and a path, as in 'example.com/ingress-controller'";
  }
  const domain = dnsSubdomain(text.slice(0, slash));
  if (domain !== null) return `must have a domain before the '/', which ${domain}`;
  return HTTP_PATH.test(text.slice(slash + 1)) ? null : "must have a path of characters that a URL path may have";
}

/** A token of HTTP (RFC 9110, 5.6.2): a method, the name of a header or of a cookie. */
export function httpToken(text: string): string | null {
  if (text === "") return "must not be empty";
  return /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/.test(text) ? null : "must be letters, digits and some of !#$%&'*+-.^_`|~";
}
