import { type AnnotationFamily, FALSE } from "./entry.ts";

export const upstreamTls: AnnotationFamily = {
  title: "TLS to the pods, pass-through and ciphers",
  entries: [
    {
      name: "proxy-ssl-secret",
      class: "N",
      guards: false,
      summary: "The certificate that is shown to the pods, and the authority that they are checked by.",
      instead:
        "Reach the cluster's own ingress, which shows the certificate to the pods; towards a Service of its own, send a secret header by `originSecret` of the Cluster, or bind an mTLS certificate to the Worker.",
    },
    {
      name: "proxy-ssl-verify",
      class: "N",
      guards: false,
      summary: "Checks the certificate of the pods.",
      inert: ["off"],
      instead:
        "Nothing is lost: the edge verifies the certificate of every https endpoint, and can't be told not to; the hop to the pods is the cluster's.",
    },
    {
      name: "proxy-ssl-verify-depth",
      class: "N",
      guards: false,
      summary: "How long the chain of that certificate may be.",
      inert: ["1"],
      instead: "Give the endpoint a certificate of a public authority: the edge verifies its chain at any length.",
    },
    {
      name: "proxy-ssl-ciphers",
      class: "N",
      guards: false,
      summary: "Ciphers of the connection to the pods.",
      inert: ["DEFAULT"],
      instead: "Choose the ciphers at the endpoint, which has the last word in the handshake.",
    },
    {
      name: "proxy-ssl-protocols",
      class: "N",
      guards: false,
      summary: "TLS versions of the connection to the pods.",
      instead: "Choose the versions of TLS at the endpoint, which has the last word in the handshake.",
    },
    {
      name: "proxy-ssl-name",
      class: "N",
      guards: false,
      summary: "The name that the certificate of the pods is checked for.",
      instead: "Name the endpoint in the Cluster by the name in its certificate: that name is verified.",
    },
    {
      name: "proxy-ssl-server-name",
      class: "N",
      guards: false,
      summary: "Sends that name to the pods (SNI).",
      inert: ["off"],
      instead: "Nothing is lost: the edge sends the name of the endpoint with every handshake.",
    },
    {
      name: "ssl-passthrough",
      class: "N",
      guards: false,
      summary: "Hands the TLS connection to the pods unopened.",
      inert: FALSE,
      instead:
        "Let the edge end TLS and reach the Service by https, or leave the host to a load balancer of the cluster: a Worker never sees the client's TLS.",
    },
    {
      name: "ssl-ciphers",
      class: "N",
      guards: false,
      summary: "Ciphers of the client's connection.",
      instead: "Choose the ciphers of the host in the zone's settings (SSL/TLS, Edge Certificates).",
    },
    {
      name: "ssl-prefer-server-ciphers",
      class: "N",
      guards: false,
      summary: "Whether the server's order of ciphers wins.",
      instead: "Choose the ciphers of the host in the zone's settings: there the server's order wins.",
    },
  ],
};
