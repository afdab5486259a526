import type { CatalogueEntry } from "../diagnostic.ts";

export const routeCodes = {
  EI5001: {
    severity: "warning",
    title: "Two rules claim the same requests",
    why: "Two Ingresses have a rule of the same host, path and path type. One of them can take these requests: the one with the earlier `creationTimestamp`; an object without a timestamp is younger than any with one; among equals the first by `namespace/name` wins. The order of files never decides. The other rule takes no request at all, which is easily missed: ingress-nginx says nothing.",
    fix: "Remove one of the two rules, or give them different paths.",
  },
  EI5002: {
    severity: "warning",
    title: "Two default backends for the same hosts",
    why: "What no rule takes can go to one default backend only. For hosts that no rule names, an Ingress that has nothing but a `defaultBackend` comes first, then the older Ingress, then the first by `namespace/name`.",
    fix: "Keep one `defaultBackend`, or give the edge its own with `--default-backend`.",
  },
  EI5003: {
    severity: "info",
    title: "A rule without host does not reach hosts that have rules of their own",
    why: "As in ingress-nginx and in Envoy, a request is matched within the most specific host alone: a host that has rules never falls through to the rules without host. The Kubernetes documentation leaves this open, and other controllers read it the other way.",
    fix: "Repeat the paths under the hosts that need them, if they should be served there too.",
  },
  EI5004: {
    severity: "warning",
    title: "Nothing to serve",
    why: "The manifests were read, but no rule came out of them: every request would be answered 404.",
    fix: "Check the paths given with -f, and --ingress-class if the Ingresses carry a class.",
  },
} as const satisfies Record<string, CatalogueEntry>;
