import { type AnnotationFamily, FALSE, TRUE } from "./entry.ts";

export const server: AnnotationFamily = {
  title: "Server, firewall, telemetry",
  entries: [
    {
      name: "server-alias",
      class: "E",
      guards: false,
      summary: "Further names of the host.",
      together:
        "Honoured for names and `*.` before one, of the oldest Ingress of the host that has it; names with rules of their own are passed over with a warning. A pattern is an **error**.",
    },
    {
      name: "stream-snippet",
      class: "N",
      guards: true,
      summary: "nginx configuration for TCP.",
      instead:
        "Leave TCP and UDP to a load balancer of the cluster, or to Cloudflare Spectrum: a Worker serves HTTP alone.",
    },
    {
      name: "enable-modsecurity",
      class: "N",
      guards: true,
      summary: "Turns the web application firewall on.",
      inert: FALSE,
      instead:
        "Turn on the managed rules of Cloudflare's WAF for the zone, or keep ModSecurity in the cluster's own ingress behind the edge, then take it out of the manifests that the edge reads.",
    },
    {
      name: "enable-owasp-core-rules",
      class: "N",
      guards: true,
      summary: "Gives the firewall the OWASP core rules.",
      inert: FALSE,
      instead:
        "Deploy the Cloudflare OWASP Core Ruleset in the zone's WAF, then take it out of the manifests that the edge reads.",
    },
    {
      name: "modsecurity-transaction-id",
      class: "N",
      guards: true,
      summary: "The id of a request in the firewall's log.",
      instead: "Take it away with the firewall: requests are known by `X-Request-ID` at the edge and in the clusters.",
    },
    {
      name: "modsecurity-snippet",
      class: "N",
      guards: true,
      summary: "Rules of the firewall.",
      instead:
        "Write the rules as custom rules of the zone's WAF, or as `access` and `authorization` of an EdgePolicy.",
    },
    {
      name: "enable-opentelemetry",
      class: "P",
      guards: false,
      summary: "Makes tracing spans.",
      inert: FALSE,
    },
    {
      name: "opentelemetry-trust-incoming-span",
      class: "P",
      guards: false,
      summary: "Continues the client's trace.",
      inert: TRUE,
    },
    {
      name: "opentelemetry-operation-name",
      class: "P",
      guards: false,
      summary: "The name of the spans.",
    },
    {
      name: "fastcgi-index",
      class: "N",
      guards: false,
      summary: "The file that FastCGI answers a directory with.",
      instead: "Put a web server that speaks FastCGI before the pods, and give the Ingress the Service of that one.",
    },
    {
      name: "fastcgi-params-configmap",
      class: "N",
      guards: false,
      summary: "A ConfigMap with FastCGI parameters.",
      instead:
        "Put a web server that speaks FastCGI before the pods, set the parameters there, and give the Ingress the Service of that one.",
    },
  ],
};
