import * as z from "zod";
import { parseRange } from "../../table/address.ts";
import { type Access, NO_ACCESS_LISTS } from "../ir/access.ts";
import { isCountry } from "./places.ts";
import { between, exactly, type Fields, formed, integer, type Report, rule } from "./schema.ts";

/** The largest number of an autonomous system (RFC 6793). */
const MOST_ASN = 2 ** 32 - 1;

const range = z
  .string()
  .check(
    formed("EI1237", "the range", (text) =>
      parseRange(text) === null ? "must be an IP address or a CIDR, as in 10.0.0.0/8" : null,
    ),
  );

/** Cloudflare's `T1`, Tor, is in no country and may be listed like one. */
const country = z.string().check(
  formed("EI1237", "the country", (text) => {
    if (text === "T1" || isCountry(text)) return null;
    return "must be two capitals of ISO 3166, or T1 for Tor";
  }),
);

const asn = integer(1, MOST_ASN, "EI1233", "the number of an autonomous system");

/** `spec.access` of an EdgePolicy. */
export const access = exactly({
  allow: listOf(range),
  deny: listOf(range),
  allowCountries: listOf(country),
  denyCountries: listOf(country),
  allowAsns: listOf(asn),
  denyAsns: listOf(asn),
})
  .check(between(someList))
  .transform(
    ({ allow, deny, allowCountries, denyCountries, allowAsns, denyAsns }): Access => ({
      allow: allow ?? [],
      deny: deny ?? [],
      allowCountries: allowCountries ?? [],
      denyCountries: denyCountries ?? [],
      allowAsns: allowAsns ?? [],
      denyAsns: denyAsns ?? [],
    }),
  );

/** Neither `null` nor an empty list: it could mean nobody, or everybody. */
function listOf<Item extends z.ZodType>(item: Item) {
  return z.array(item).check(rule(notEmpty)).optional();
}

function notEmpty(items: readonly unknown[], report: Report): void {
  if (items.length > 0) return;
  report({ code: "EI1239", message: "an empty list says neither that nobody is meant nor that everybody is" });
}

function someList(fields: Fields, report: Report): void {
  if (Object.keys(fields).length > 0) return;
  report({
    code: "EI1239",
    message: `access must have one list at least of ${Object.keys(NO_ACCESS_LISTS).join(", ")}`,
  });
}
