import * as z from "zod";
import { isScope } from "../../table/api-keys.ts";
import { type ApiKey, DEFAULT_API_KEY } from "../../table/policies/api-key.ts";
import { credentialSources } from "./credential-sources.ts";
import { identityHeader } from "./identity-header.ts";
import { exactly, formed } from "./schema.ts";

const scope = (text: string) =>
  isScope(text) ? null : "must be visible characters without spaces, quotes and backslashes, at most 64";

/** `spec.apiKey` of an EdgePolicy. */
export const apiKey = exactly({
  from: credentialSources("header", "query").nullish(),
  scopes: z.array(z.string().check(formed("EI1237", "the scope", scope))).optional(),
  ownerHeader: z
    .string()
    .check(formed("EI1275", "the header", identityHeader))
    .transform((name) => name.toLowerCase())
    .nullish(),
  forward: z.boolean().nullish(),
}).transform(
  ({ from, scopes, ownerHeader, forward }): ApiKey => ({
    from: from ?? DEFAULT_API_KEY.from,
    scopes: scopes ?? DEFAULT_API_KEY.scopes,
    ownerHeader: ownerHeader ?? DEFAULT_API_KEY.ownerHeader,
    forward: forward ?? DEFAULT_API_KEY.forward,
  }),
);
