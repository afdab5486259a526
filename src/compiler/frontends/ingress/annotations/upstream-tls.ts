import { type AnnotationFamily, FALSE } from "./entry.ts";

export const upstreamTls: AnnotationFamily = {
  title: "TLS to the pods, pass-through and ciphers",
  entries: [
    {
      name: "proxy-ssl-secret",
      class: "N",
      guards: false,
      summary: "The certificate that is shown to the pods, and the authority that they are checked by.",
    },
    {
      name: "proxy-ssl-verify",
      class: "N",
      guards: false,
      summary: "Checks the certificate of the pods.",
      inert: ["off"],
    },
    {
      name: "proxy-ssl-verify-depth",
      class: "N",
      guards: false,
      summary: "How long the chain of that certificate may be.",
      inert: ["1"],
    },
    {
      name: "proxy-ssl-ciphers",
      class: "N",
      guards: false,
      summary: "Ciphers of the connection to the pods.",
      inert: ["DEFAULT"],
    },
    {
      name: "proxy-ssl-protocols",
      class: "N",
      guards: false,
      summary: "TLS versions of the connection to the pods.",
    },
    {
      name: "proxy-ssl-name",
      class: "N",
      guards: false,
      summary: "The name that the certificate of the pods is checked for.",
    },
    {
      name: "proxy-ssl-server-name",
      class: "N",
      guards: false,
      summary: "Sends that name to the pods (SNI).",
      inert: ["off"],
    },
    {
      name: "ssl-passthrough",
      class: "N",
      guards: false,
      summary: "Hands the TLS connection to the pods unopened.",
      inert: FALSE,
    },
    {
      name: "ssl-ciphers",
      class: "N",
      guards: false,
      summary: "Ciphers of the client's connection.",
    },
    {
      name: "ssl-prefer-server-ciphers",
      class: "N",
      guards: false,
      summary: "Whether the server's order of ciphers wins.",
    },
  ],
};
