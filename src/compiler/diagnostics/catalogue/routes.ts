import type { CatalogueEntry } from "../diagnostic.ts";

export const routeCodes = {
  EI5001: {
    severity: "warning",
    title: "Two rules claim the same requests",
    why: "Two Ingresses have a rule of the same host, path and path type. One of them can take these requests: the one with the earlier `creationTimestamp`; an object without a timestamp is younger than any with one; among equals the first by `namespace/name` wins. The order of files never decides. The other rule takes no request at all, which is easily missed: ingress-nginx says nothing. There, an Ingress that is nothing but a `defaultBackend` also takes `/` of all hosts without rules from a rule without host, however old that is; here not from a rule that is guarded, which it would open.",
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
  EI5005: {
    severity: "warning",
    title: "A rule that no request reaches",
    why: "Every path that the rule would take goes to a rule that comes before it, or no request can have such a path. Among patterns the longer text comes first, whatever it matches, as in ingress-nginx. That no path is left is proved by the automata of all patterns of the host, and not by samples; the message has the rule that takes the requests, and one of them.",
    fix: "Take the rule away, or make the pattern before it narrower: `/api/[^/]+$` in place of `/api/.*`.",
  },
  EI5006: {
    severity: "warning",
    title: "A host of another namespace",
    why: "Kubernetes lets everybody who may write an Ingress in any namespace take any host, or a part of its paths. Here the oldest Ingress of a host, or of the wildcard above it, is in one namespace, and an Ingress of another one takes requests that the first would have got. Teams do so on purpose where they share a host; who does it without being asked reads other people's requests.",
    fix: "Give the namespace a host of its own, or allow it where it is meant: `# edge-ingress: allow EI5006 -- who agreed`.",
  },
  EI5007: {
    severity: "warning",
    title: "A host that hides paths of its wildcard",
    why: "A request is matched within the most specific host alone. A host with rules of its own gets nothing of the wildcard above it, so that paths which all other hosts below the wildcard have are answered 404 there.",
    fix: "Repeat the wildcard's paths for the host, if they should be served there too.",
  },
  EI5008: {
    severity: "warning",
    title: "A redirect that leads back to itself",
    why: "The compiler followed the redirect as a browser would, through the rules of this edge, and came back to where it began, or did not come to an end within 20 steps. Browsers show an error instead of the page. Mostly two redirects contradict each other: one to https and one to an `http://` address of the same host, or two hosts that lead to each other.",
    fix: "Let the last of them lead where something answers, or take one away.",
  },
} as const satisfies Record<string, CatalogueEntry>;
