import * as z from "zod";
import { type Cors, DEFAULT_CORS } from "../../table/policies/cors.ts";
import { duration } from "./durations.ts";
import { httpToken } from "./names.ts";
import { between, exactly, type Fields, formed, type Report, rule } from "./schema.ts";

/** Browsers send origins in lower case (html.spec.whatwg.org, "ASCII serialization of an origin"). */
const ORIGIN = /^(?:\*|null|[a-z][a-z0-9+.-]*:\/\/(?:\*\.)?[a-z0-9](?:[a-z0-9.-]*[a-z0-9])?(?::[1-9]\d{0,4})?)$/;

const origin = z
  .string()
  .check(
    formed("EI1237", "the origin", (text) =>
      ORIGIN.test(text)
        ? null
        : "must be a scheme and a host in small letters, as in https://shop.example.com or https://*.example.com:8443, or *",
    ),
  );

const names = (what: string) =>
  z
    .array(z.string().check(formed("EI1237", what, httpToken)))
    .check(rule(notEmpty))
    .optional();

/** `spec.cors` of an EdgePolicy, with the names of Gateway API's HTTPCORSFilter. */
export const cors = exactly({
  allowOrigins: z.array(origin).check(rule(notEmpty)),
  allowCredentials: z.boolean().optional(),
  allowMethods: names("the method"),
  allowHeaders: names("the header"),
  exposeHeaders: names("the header"),
  maxAge: duration("the age", { least: 1000, most: 365 * 24 * 3_600_000, orZero: true }).optional(),
})
  .check(between(credentialsOfSome))
  .transform(
    ({ allowOrigins, allowCredentials, allowMethods, allowHeaders, exposeHeaders, maxAge }): Cors => ({
      allowOrigins: allowOrigins.includes("*") ? ["*"] : allowOrigins,
      allowCredentials: allowCredentials ?? DEFAULT_CORS.allowCredentials,
      allowMethods: allowMethods?.join(", ") ?? DEFAULT_CORS.allowMethods,
      allowHeaders: allowHeaders?.join(", ") ?? DEFAULT_CORS.allowHeaders,
      exposeHeaders: exposeHeaders?.join(", ") ?? DEFAULT_CORS.exposeHeaders,
      maxAge: maxAge === undefined ? DEFAULT_CORS.maxAge : String(Math.floor(maxAge / 1000)),
    }),
  );

function notEmpty(items: readonly unknown[], report: Report): void {
  if (items.length === 0) report({ code: "EI1239", message: "an empty list allows nothing: leave the field out" });
}

/** Fetch standard, "CORS protocol and credentials". */
function credentialsOfSome({ allowOrigins, allowCredentials }: Fields, report: Report): void {
  if (allowCredentials !== true || !Array.isArray(allowOrigins) || !allowOrigins.includes("*")) return;
  const message = "browsers send no credentials where any origin is allowed: allowOrigins must name them";
  report({ code: "EI1239", message, path: ["allowCredentials"] });
}
