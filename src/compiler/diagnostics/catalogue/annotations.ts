import type { CatalogueEntry } from "../diagnostic.ts";

export const annotationCodes = {
  EI4001: {
    severity: "error",
    title: "An annotation that guards is not honoured",
    why: "The annotation keeps requests out or limits them: authentication, an access list, a rate limit, a firewall, a snippet that may do any of it. This version of the edge does not honour it, and a route published without its guard would be open. So the compile stops.",
    fix: "Take the annotation away if the route may be open, or leave the Ingress to the cluster by its class.",
  },
  EI4002: {
    severity: "warning",
    title: "An annotation is not honoured",
    why: "ingress-nginx would act on it, this version of the edge does not. docs/annotations.md lists what is read. Where the cluster's own ingress reads the same manifest behind the edge, it still acts on the annotation.",
    fix: "Check that the route does what it should without it.",
  },
  EI4003: {
    severity: "error",
    title: "An unknown ingress-nginx annotation that looks like a guard",
    why: "ingress-nginx passes unknown annotations over without a word, so a mistyped guard leaves its route open and nobody notices. By its name, or by the known name that is nearest, this one is meant to keep requests out.",
    fix: "Correct the name, or take the annotation away.",
  },
  EI4004: {
    severity: "warning",
    title: "An unknown ingress-nginx annotation",
    why: "ingress-nginx passes unknown annotations over without a word: this one never had an effect, or lost it in an earlier version.",
    fix: "Correct the name, or take the annotation away.",
  },
  EI4005: {
    severity: "info",
    title: "An annotation for the cluster's own ingress",
    why: "The annotation concerns the hop from the cluster's ingress to the pods: buffers, keep-alive, the choice of a pod. The edge has no part in it.",
    fix: "Nothing to do.",
  },
  EI4006: {
    severity: "error",
    title: "An annotation with a value that can't be read",
    why: "ingress-nginx falls back to its default for such a value. The edge stops instead of guessing what was meant.",
    fix: "Correct the value; docs/annotations.md says what it may be.",
  },
  EI4007: {
    severity: "warning",
    title: "A value beyond what the edge can do",
    why: "The value is read, but the platform sets a narrower bound, which applies instead.",
    fix: "Use a value within the bound, or answer sooner and stream.",
  },
  EI4008: {
    severity: "info",
    title: "An annotation is honoured in part",
    why: "The edge acts on the annotation, and differs from ingress-nginx in a detail that the message names.",
    fix: "Nothing to do, unless the route depends on the detail.",
  },
  EI4009: {
    severity: "error",
    title: "A guard of another Ingress controller",
    why: "The annotation is read by another Ingress controller and by its name keeps requests out or limits them. The edge does not read that controller's annotations; a route published without its guard would be open.",
    fix: "Take the annotation away if the route may be open, or leave the Ingress to the cluster by its class.",
  },
  EI4010: {
    severity: "warning",
    title: "An annotation of another Ingress controller",
    why: "The annotation is read by another Ingress controller, not by this edge.",
    fix: "Check that the route does what it should without it.",
  },
  EI4011: {
    severity: "error",
    title: "An unknown annotation that looks like a guard",
    why: "Nothing is known of the annotation but its name, which speaks of keeping requests out or limiting them. Passing it over might open the route.",
    fix: "Take the annotation away from the Ingress if it is no guard.",
  },
  EI4012: {
    severity: "warning",
    title: "An unknown annotation",
    why: "Nothing is known of the annotation, so nobody can say whether the route works without it.",
    fix: "Take the annotation away if it has no meaning for requests.",
  },
  EI4013: {
    severity: "warning",
    title: "A canary Ingress is left out",
    why: "In ingress-nginx a canary makes no host or path of its own: it takes a share of the requests of the Ingress with the same host and path. This version draws no lots. Served as an ordinary Ingress it would compete with the main one for all requests, so it is left out and the main one takes every request.",
    fix: "Nothing to do if no request should reach the canary through the edge, else wait for a version that draws lots.",
  },
  EI4014: {
    severity: "error",
    title: "An annotation that changes how paths are matched",
    why: "With `use-regex` on one Ingress, ingress-nginx reads every path of its hosts, also those of other Ingresses and of the types Exact and Prefix, as a regular expression that is anchored at its start only and takes both cases. This version compares paths as plain text. Requests would reach other Services than behind ingress-nginx, or none, so the compile stops.",
    fix: "Take the annotation away where the paths are meant as plain text, or leave the Ingress to the cluster by its class.",
  },
  EI4015: {
    severity: "warning",
    title: "An entry of a list that is passed over",
    why: "ingress-nginx can't read the entry, writes a line in its log and goes on without it. The edge does the same. Mostly something is missing: an origin needs its scheme, as in `https://shop.example.com`.",
    fix: "Correct the entry, or take it out of the list.",
  },
  EI4016: {
    severity: "info",
    title: "An annotation that is not read beside another one",
    why: "Both names stand for the same, and ingress-nginx reads the older one only where the newer one is missing or empty. So does the edge.",
    fix: "Nothing to do, unless the value of the older name was meant: then join the two.",
  },
  EI4017: {
    severity: "info",
    title: "A path that is free of authentication",
    why: "Certificate authorities fetch `/.well-known/acme-challenge` without credentials. ingress-nginx asks for none at paths of Ingresses that begin with it (`no-auth-locations`), and neither does the edge; access lists hold there too. The path of the rule counts, not that of the request: a rule for `/` asks for credentials there. What an EdgePolicy says holds for these paths as for others.",
    fix: "Nothing to do, unless the path is meant to be guarded: then by an EdgePolicy.",
  },
  EI4020: {
    severity: "error",
    title: "A guard in the ConfigMap of the controller is not honoured",
    why: "The ConfigMap of ingress-nginx's controller is among the manifests, and a key of it keeps requests out of all routes, or may: an access list, a size limit, a firewall, a snippet. This version of the edge does not honour it, and routes published without it would be open.",
    fix: "Say the same by an EdgePolicy for `kind: Edge` where there is a field for it, and take the key or the ConfigMap from the manifests that the edge is compiled from.",
  },
  EI4021: {
    severity: "warning",
    title: "Keys in the ConfigMap of the controller are not honoured",
    why: "The ConfigMap of ingress-nginx's controller is among the manifests. Of its keys this version of the edge reads those that begin with `global-auth-`. The others hold in the clusters alone, where their own ingress reads them.",
    fix: "Check that the routes do what they should without them. For `use-forwarded-headers` there is --trusted-proxy.",
  },
} as const satisfies Record<string, CatalogueEntry>;
