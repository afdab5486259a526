import * as z from "zod";
import type { ClusterRecord } from "../../table/policies/cluster-record.ts";
import { closest } from "../diagnostics/suggest.ts";
import { quote, reportTo } from "./schema.ts";

type Place = ClusterRecord["near"][number];

const CONTINENTS = ["AF", "AN", "AS", "EU", "NA", "OC", "SA"];

/** ISO 3166-1 alpha-2, with Kosovo's XK, which Cloudflare uses too. */
const COUNTRIES = `AD AE AF AG AI AL AM AO AQ AR AS AT AU AW AX AZ BA BB BD BE BF BG BH BI BJ BL BM BN BO BQ BR BS BT BV
BW BY BZ CA CC CD CF CG CH CI CK CL CM CN CO CR CU CV CW CX CY CZ DE DJ DK DM DO DZ EC EE EG EH ER ES ET FI FJ FK FM FO
FR GA GB GD GE GF GG GH GI GL GM GN GP GQ GR GS GT GU GW GY HK HM HN HR HT HU ID IE IL IM IN IO IQ IR IS IT JE JM JO JP
KE KG KH KI KM KN KP KR KW KY KZ LA LB LC LI LK LR LS LT LU LV LY MA MC MD ME MF MG MH MK ML MM MN MO MP MQ MR MS MT MU
MV MW MX MY MZ NA NC NE NF NG NI NL NO NP NR NU NZ OM PA PE PF PG PH PK PL PM PN PR PS PT PW PY QA RE RO RS RU RW SA SB
SC SD SE SG SH SI SJ SK SL SM SN SO SR SS ST SV SX SY SZ TC TD TF TG TH TJ TK TL TM TN TO TR TT TV TW TZ UA UG UM US UY
UZ VA VC VE VG VI VN VU WF WS XK YE YT ZA ZM ZW`.split(/\s/);

/** Codes that people take for those of countries. */
const MEANT: Readonly<Record<string, string>> = { UK: "GB", EL: "GR" };

export const isCountry = (code: string) => COUNTRIES.includes(code);

const KINDS: Readonly<Record<Place["kind"], (code: string) => boolean>> = {
  colo: (code) => /^[A-Z]{3}$/.test(code),
  country: isCountry,
  continent: (code) => CONTINENTS.includes(code),
};

/**
 * A place that a cluster is near to. Three capitals are a colo, two a country or a continent; where they could be
 * either, or where it reads better, the kind stands before it: `continent:NA`.
 */
export const place = z.string().transform((text, context): Place => {
  const report = reportTo(context);
  const colon = text.indexOf(":");
  const code = text.slice(colon + 1);
  if (colon !== -1) {
    const kind = (["colo", "country", "continent"] as const).find((name) => name === text.slice(0, colon));
    if (kind !== undefined && KINDS[kind](code)) return { kind, code };
  } else {
    const kinds = (["colo", "country", "continent"] as const).filter((kind) => KINDS[kind](code));
    const [kind] = kinds;
    if (kind !== undefined && kinds.length === 1) return { kind, code };
    if (kinds.length > 1) {
      const both = kinds.map((name) => `${name}:${code}`).join(" or ");
      report({
        code: "EI1240",
        message: `the place ${quote(code)} is both a country and a continent`,
        fix: `Write ${both}.`,
      });
      return z.NEVER;
    }
  }
  const meant = MEANT[code] ?? (/^[a-z]{2,3}$/.test(code) ? code.toUpperCase() : null);
  const kindWritten = colon === -1 ? null : closest(text.slice(0, colon), Object.keys(KINDS));
  report({
    code: "EI1237",
    message: `the place ${quote(text)} must be a colo (three capitals), a country of ISO 3166 (two) or a continent (${CONTINENTS.join(", ")})`,
    ...(meant !== null && { fix: `Write ${colon === -1 ? meant : `${kindWritten ?? "country"}:${meant}`}.` }),
  });
  return z.NEVER;
});

/** `country:NA`: never to be misread. */
export function placeText({ kind, code }: Place): string {
  return `${kind}:${code}`;
}
