import { type AnnotationFamily, FALSE } from "./entry.ts";

export const auth: AnnotationFamily = {
  title: "Client certificates",
  entries: [
    {
      name: "auth-tls-secret",
      class: "P",
      guards: true,
      summary: "Asks for a client certificate by the authority in this Secret (400 without).",
    },
    {
      name: "auth-tls-verify-client",
      class: "P",
      guards: true,
      summary: "Whether the client certificate is required, optional or not asked for.",
      inert: ["off"],
    },
    {
      name: "auth-tls-verify-depth",
      class: "N",
      guards: true,
      summary: "How long the chain of the client certificate may be.",
    },
    {
      name: "auth-tls-error-page",
      class: "P",
      guards: true,
      summary: "Where a request with a bad client certificate is redirected.",
    },
    {
      name: "auth-tls-pass-certificate-to-upstream",
      class: "P",
      guards: true,
      summary: "Sends the client certificate to the backend in `ssl-client-cert`.",
      inert: FALSE,
    },
    {
      name: "auth-tls-match-cn",
      class: "P",
      guards: true,
      summary: "A regular expression for the name in the client certificate (403 without).",
    },
  ],
};
