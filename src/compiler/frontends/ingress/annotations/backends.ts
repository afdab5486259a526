import { customHeaders } from "./custom-headers.ts";
import { type AnnotationFamily, FALSE, type FamilyContext, type FamilyReading } from "./entry.ts";
import { readErrorPages } from "./error-pages.ts";
import { FamilyValues } from "./family-values.ts";
import { readNextUpstream } from "./next-upstream.ts";

export const backends: AnnotationFamily = {
  title: "Backends, errors and load balancing",
  settle,
  entries: [
    {
      name: "default-backend",
      class: "P",
      guards: false,
      summary: "The Service that answers where the rule's own has no endpoint, and for `custom-http-errors`.",
      together:
        "does the same where no endpoint of the Service can be reached, and for `custom-http-errors`; the Service must be among the manifests and have an address of its own",
    },
    {
      name: "custom-http-errors",
      class: "E",
      guards: false,
      summary: "Statuses of the backend that the default backend answers instead.",
      together: "does the same towards Services; needs `default-backend`, or the flag `--default-backend`",
    },
    {
      name: "disable-proxy-intercept-errors",
      class: "E",
      guards: false,
      summary: "Lets the backend's errors pass although `custom-http-errors` names them.",
      inert: FALSE,
      together: "does the same",
    },
    {
      name: "backend-protocol",
      class: "P",
      guards: false,
      summary: "The protocol to the pods: HTTP, HTTPS, AUTO_HTTP, GRPC, GRPCS or FCGI.",
      inert: ["HTTP", "http"],
      together: "is the scheme of the Service's address in the Cluster; gRPC and FastCGI are warnings",
    },
    {
      name: "upstream-vhost",
      class: "P",
      guards: false,
      summary: "The `Host` that the backend sees.",
      together:
        "does the same towards Services, as far as the way there carries it; a cluster's own ingress does it itself",
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
      together:
        "does the same; the ConfigMap must be among the manifests, and so must the controller's, which allows the headers",
    },
    {
      name: "load-balance",
      class: "C",
      guards: false,
      summary: "How a pod is chosen.",
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
      together: "does the same between clusters",
    },
    {
      name: "proxy-next-upstream-timeout",
      class: "P",
      guards: false,
      summary: "The time for all tries, in seconds.",
      inert: ["0"],
      together: "has no timer of its own, with an info",
    },
    {
      name: "proxy-next-upstream-tries",
      class: "P",
      guards: false,
      summary: "How many pods are tried.",
      together: "does the same between clusters, at most 17",
    },
  ],
};

function settle(written: ReadonlyMap<string, string>, context: FamilyContext): FamilyReading {
  const values = new FamilyValues(written);
  const hostname = hostOf(values);
  const changes = values.get("custom-headers", (value) => customHeaders(value, context));
  const errors = readErrorPages(values, context);
  const filters: FamilyReading["filters"] = [
    ...(errors === null ? [] : [errors]),
    ...(hostname === null
      ? []
      : [{ name: "upstream-vhost", filter: { type: "HostRewrite", hostname, besidesIngress: true } } as const]),
    ...(changes === null
      ? []
      : [
          {
            name: "custom-headers",
            filter: { type: "ResponseHeaderModifier", changes, besidesIngress: false },
          } as const,
        ]),
  ];
  const retry = readNextUpstream(values);
  readProtocol(values);
  const settings =
    retry === null ? [] : [{ name: retryName(written), setting: { field: "retry", value: retry } } as const];
  return {
    settings: values.isSound ? settings : [],
    filters: values.isSound ? filters : [],
    findings: values.findings,
  };
}

const HOST = /^[a-z0-9](?:[a-z0-9._-]*[a-z0-9])?(?::\d{1,5})?$/;

function hostOf(values: FamilyValues): string | null {
  return values.get<string | null>("upstream-vhost", (value) => {
    if (value.includes("$")) {
      const says = "is not honoured: it uses variables of nginx, and the edge sends a fixed Host";
      values.findings.push({ name: "upstream-vhost", code: "EI4002", says });
      return null;
    }
    const host = value.toLowerCase();
    return HOST.test(host) ? host : { problem: "is no host name" };
  });
}

function retryName(written: ReadonlyMap<string, string>): string {
  return (written.get("proxy-next-upstream") ?? "") === "" ? "proxy-next-upstream-tries" : "proxy-next-upstream";
}

/** How pods are spoken to is said of their addresses in the Cluster. */
function readProtocol(values: FamilyValues): void {
  const name = "backend-protocol";
  const protocol = (values.values.get(name) ?? "").toUpperCase();
  if (protocol === "" || protocol === "HTTP") return;
  if (protocol === "HTTPS" || protocol === "AUTO_HTTP") {
    values.remark(name, "is left to the cluster's own ingress; towards a Service the scheme of its address counts");
  } else if (protocol === "GRPC" || protocol === "GRPCS" || protocol === "FCGI") {
    const what = protocol === "FCGI" ? "FastCGI" : "gRPC";
    const fix = "Let the cluster's own ingress answer for this Service, or serve it apart from the edge.";
    values.findings.push({ name, code: "EI4002", says: `is not honoured: the edge does not speak ${what}`, fix });
  } else values.problem(name, "is none of HTTP, HTTPS, AUTO_HTTP, GRPC, GRPCS and FCGI");
}
