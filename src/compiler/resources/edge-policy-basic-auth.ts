import * as z from "zod";
import type { BasicAuth } from "../../table/policies/basic-auth.ts";
import { secretRef } from "../ir/secret.ts";
import { dnsSubdomain } from "./names.ts";
import { exactly, formed } from "./schema.ts";

/** The key of a Secret's file of users where none is written: that of ingress-nginx. */
export const USERS_KEY = "auth";

/** The key of a value in a Secret. */
export const secretKey = (text: string) =>
  /^[-._A-Za-z0-9]{1,253}$/.test(text) ? null : "must be letters, digits, '-', '_' and '.'";

/** A quoted-string (RFC 9110 §5.6.4) that needs no escapes. */
const realm = (text: string) =>
  /^[ !#-[\]-~]*$/.test(text) ? null : "must be printable characters of ASCII, but neither '\"' nor '\\'";

/** `spec.basicAuth` of an EdgePolicy. The Secret is of the policy's own namespace. */
export const basicAuth = exactly({
  secretRef: exactly({
    name: z.string().check(formed("EI1237", "the name of the Secret", dnsSubdomain)),
    key: z
      .string()
      .check(formed("EI1237", "the key", secretKey))
      .nullish(),
  }),
  realm: z
    .string()
    .check(formed("EI1237", "the realm", realm))
    .nullish(),
});

/** The same with the namespace of its policy. */
export function basicAuthIn(namespace: string, written: z.output<typeof basicAuth>): BasicAuth {
  const { name, key } = written.secretRef;
  return { secret: secretRef(namespace, name), key: key ?? USERS_KEY, realm: written.realm ?? "" };
}
