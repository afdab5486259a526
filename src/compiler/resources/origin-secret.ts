import * as z from "zod";
import { ORIGIN_HEADER, type OriginSecret } from "../../table/policies/origin-secret.ts";
import { secretRef } from "../ir/secret.ts";
import { identityHeader } from "./identity-header.ts";
import { dnsLabel, dnsSubdomain } from "./names.ts";
import { exactly, formed } from "./schema.ts";

/** The key of the Secret where none is written. */
const ORIGIN_KEY = "secret";

const secretKey = (text: string) =>
  /^[-._A-Za-z0-9]{1,253}$/.test(text) ? null : "must be letters, digits, '-', '_' and '.'";

/** `spec.originSecret` of a Cluster. A Cluster has no namespace, so the Secret's is written. */
export const originSecret = exactly({
  header: z
    .string()
    .check(formed("EI1275", "the header", identityHeader))
    .transform((name) => name.toLowerCase())
    .optional(),
  secretRef: exactly({
    namespace: z.string().check(formed("EI1237", "the namespace", dnsLabel)),
    name: z.string().check(formed("EI1237", "the name of the Secret", dnsSubdomain)),
    key: z
      .string()
      .check(formed("EI1237", "the key", secretKey))
      .optional(),
  }),
}).transform(
  ({ header, secretRef: { namespace, name, key } }): OriginSecret => ({
    header: header ?? ORIGIN_HEADER,
    secret: secretRef(namespace, name),
    key: key ?? ORIGIN_KEY,
  }),
);
