import { type AnnotationFamily, FALSE } from "./entry.ts";

export const backends: AnnotationFamily = {
  title: "Backends, errors and load balancing",
  entries: [
    {
      name: "default-backend",
      class: "P",
      guards: false,
      summary: "The Service that answers where the rule's own has no endpoint, and for `custom-http-errors`.",
    },
    {
      name: "custom-http-errors",
      class: "E",
      guards: false,
      summary: "Statuses of the backend that the default backend answers instead.",
    },
    {
      name: "disable-proxy-intercept-errors",
      class: "E",
      guards: false,
      summary: "Lets the backend's errors pass although `custom-http-errors` names them.",
      inert: FALSE,
    },
    {
      name: "backend-protocol",
      class: "P",
      guards: false,
      summary: "The protocol to the pods: HTTP, HTTPS, AUTO_HTTP, GRPC, GRPCS or FCGI.",
      inert: ["HTTP", "http"],
    },
    {
      name: "upstream-vhost",
      class: "P",
      guards: false,
      summary: "The `Host` that the backend sees.",
    },
    {
      name: "connection-proxy-header",
      class: "C",
      guards: false,
      summary: "The `Connection` header to the pods.",
    },
    {
      name: "custom-headers",
      class: "E",
      guards: false,
      summary: "A ConfigMap with headers for every answer.",
    },
    {
      name: "load-balance",
      class: "C",
      guards: false,
      summary: "How a pod is chosen.",
    },
    {
      name: "upstream-hash-by",
      class: "P",
      guards: false,
      summary: "Chooses the pod by a consistent hash of nginx variables.",
    },
    {
      name: "upstream-hash-by-subset",
      class: "C",
      guards: false,
      summary: "Hashes to a group of pods instead of one.",
    },
    {
      name: "upstream-hash-by-subset-size",
      class: "C",
      guards: false,
      summary: "The size of that group.",
    },
    {
      name: "service-upstream",
      class: "C",
      guards: false,
      summary: "Sends to the Service's own address instead of its pods.",
    },
    {
      name: "proxy-next-upstream",
      class: "P",
      guards: false,
      summary: "When another pod is tried.",
    },
    {
      name: "proxy-next-upstream-timeout",
      class: "P",
      guards: false,
      summary: "The time for all tries, in seconds.",
      inert: ["0"],
    },
    {
      name: "proxy-next-upstream-tries",
      class: "P",
      guards: false,
      summary: "How many pods are tried.",
    },
  ],
};
