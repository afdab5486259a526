import { type AddressWords, addressWords, holdsAddress } from "../../../table/address-ranges.ts";
import type { Access, AddressRanges } from "../../../table/policies/access.ts";
import type { RulePolicies } from "../../../table/policies/rule-policies.ts";
import type { Visit } from "../visit.ts";
import type { Check, Denied, Verdict } from "./check.ts";

const FORBIDDEN: Denied = { allowed: false, status: 403, answer: "forbidden" };
const LET_IN: Verdict = { allowed: true };
const NO_OBJECTION: Verdict = { allowed: true, abstains: true };

/** Lets requests in by where they come from. What is not known of that speaks against them, in either list. */
export function accessCheck({ access }: RulePolicies): Check | null {
  if (access === null) return null;
  const listed =
    access.allow.v4.length + access.allow.v6.length + access.allowCountries.length + access.allowAsns.length;
  const unlisted = listed === 0 ? NO_OBJECTION : FORBIDDEN;
  return {
    judge(visit) {
      const origin = originOf(visit, access);
      if (isDenied(access, origin)) return FORBIDDEN;
      return isAllowed(access, origin) ? LET_IN : unlisted;
    },
  };
}

/** Where a request comes from; null for what is not known. */
interface Origin {
  readonly address: AddressWords | null;
  readonly country: string | null;
  readonly asn: number | null;
}

function originOf({ client, request }: Visit, access: Access): Origin {
  const address = client.address === null ? null : addressWords(client.address.trim());
  if (!asksForPlace(access) || !client.isPeer) return { address, country: null, asn: null };
  return { address, ...placeTold(request.cf) };
}

function asksForPlace({ allowCountries, denyCountries, allowAsns, denyAsns }: Access): boolean {
  return allowCountries.length + denyCountries.length + allowAsns.length + denyAsns.length > 0;
}

/** Of `request.cf` every field is optional, and untrusted in shape. `XX` is a country that Cloudflare does not know. */
function placeTold(cf: unknown): Pick<Origin, "country" | "asn"> {
  const { country, asn } = (cf ?? {}) as { readonly country?: unknown; readonly asn?: unknown };
  return {
    country: typeof country === "string" && /^[A-Z][A-Z0-9]$/.test(country) && country !== "XX" ? country : null,
    asn: typeof asn === "number" && asn > 0 ? asn : null,
  };
}

/** Behind Tor there may be any country. */
const TOR = "T1";

function isDenied({ deny, denyCountries, denyAsns }: Access, { address, country, asn }: Origin): boolean {
  return (
    (hasAny(deny) && (address === null || holdsAddress(deny, address))) ||
    (denyCountries.length > 0 && (country === null || country === TOR || denyCountries.includes(country))) ||
    (denyAsns.length > 0 && (asn === null || denyAsns.includes(asn)))
  );
}

function isAllowed({ allow, allowCountries, allowAsns }: Access, { address, country, asn }: Origin): boolean {
  return (
    (address !== null && holdsAddress(allow, address)) ||
    (country !== null && allowCountries.includes(country)) ||
    (asn !== null && allowAsns.includes(asn))
  );
}

function hasAny({ v4, v6 }: AddressRanges): boolean {
  return v4.length > 0 || v6.length > 0;
}
