import type { CatalogueEntry } from "../diagnostic.ts";

export const policyCodes = {
  EI1250: {
    severity: "error",
    title: "A target that can not be one",
    why: "`targetRefs` says which rules a policy is for: `kind: Ingress` with the name of one in the same namespace, `kind: Host` with a host and perhaps a path, or `kind: Edge` with neither. A policy without a target would be attached to nothing.",
    fix: "Write a kind and the fields that it has: Ingress a name, Host a name and perhaps a path, Edge none.",
  },
  EI1251: {
    severity: "warning",
    title: "A method that is not safe to repeat",
    why: "By `methods` the edge may send a request again although the first may have been carried out: an answer that is lost on its way looks like one that never was made. For POST, PATCH and methods of your own the application has to know a repeated request by itself.",
    fix: "Use `idempotencyKey: true` where clients send an `Idempotency-Key`, or make sure that the application knows repeated requests.",
  },
  EI1252: {
    severity: "warning",
    title: "An EdgePolicy that sets nothing",
    why: "The policy has targets but none of the fields that change a route. Mostly something was indented too far, or was forgotten.",
    fix: "Add what the policy is to set, or remove it.",
  },
  EI1253: {
    severity: "warning",
    title: "A field of EdgePolicy without effect",
    why: "The field is valid, but another field, of this policy or of the one that sets the rule's time limits, or its default, leaves nothing for it to do.",
    fix: "Remove the field, or change the one that the message names.",
  },
  EI1270: {
    severity: "error",
    title: "An algorithm for tokens that is not safe",
    why: "With `none` anybody makes tokens. With HMAC (`HS256` and its like) whoever can check a token can make one, and where the key of the check is public, as here, that is everybody (RFC 8725, 2.1 and 3.1). Neither is ever let in, so it can't be in the list.",
    fix: "Write algorithms of public keys, as RS256, PS256, ES256 or EdDSA, and have the issuer sign with one of them.",
  },
  EI1271: {
    severity: "error",
    title: "A key that is not public",
    why: "`jwks.inline` takes public keys: they stand in the table and in the report. This one is private or shared: whoever has it can make tokens. It is in a manifest now, so others may have seen it.",
    fix: "Write the public key alone (kty, kid, and n and e, or crv and x and y), and give the issuer a new private one.",
  },
  EI1272: {
    severity: "error",
    title: "A key set that can not be used",
    why: "The edge checks signatures with RSA keys of at least 2048 bits, with the curves P-256, P-384 and P-521, and with Ed25519. Keys in one set are told apart by their `kid`. A key that is passed over would refuse the tokens of its holder without a word.",
    fix: "Copy the key set of the issuer as it is published.",
  },
  EI1273: {
    severity: "error",
    title: "A URL of keys that can not be trusted",
    why: "Whoever answers there decides which tokens are good. So the URL is https (plain http only to this machine, for `dev`), has a name that Workers can fetch, and no password, which would end up in the table.",
    fix: "Write the `jwks_uri` of the issuer, as in https://issuer.example.com/.well-known/jwks.json.",
  },
  EI1274: {
    severity: "warning",
    title: "Tokens for any audience",
    why: "An issuer signs tokens for many applications. Without `audiences` a token that a user gave to any of them opens these routes too (RFC 8725, 3.9).",
    fix: "List the audiences of this application, as they stand in the `aud` of its tokens.",
  },
  EI1275: {
    severity: "error",
    title: "A header that can not tell an identity",
    why: "A header by which clusters are told who sends a request is removed from all requests that clients send into the namespace, or they could claim to be anybody. A header that says something else (Cookie, Content-Type, X-Forwarded-For …) would be gone for everybody.",
    fix: "Write a header of your own, as in X-User.",
  },
  EI1276: {
    severity: "error",
    title: "Not exactly one of several fields",
    why: "The object says one thing in one of several ways: a place of credentials is a header, a cookie or a query parameter, keys are behind a URL or written inline. Two of them leave open which one counts, and none says nothing.",
    fix: "Write exactly one of the fields that the message names.",
  },
  EI6001: {
    severity: "warning",
    title: "A target that no rule belongs to",
    why: "The policy is attached to nothing by this target: there is no such Ingress or host among those that this edge serves, or no rule at or below the path. A policy reaches rules of its own namespace alone, but for `kind: Edge`. A misspelt name would leave routes without what the policy says.",
    fix: "Correct the target, or remove it.",
  },
  EI6002: {
    severity: "warning",
    title: "Two policies set the same for one rule",
    why: "Both are attached in the same way, so neither is more specific: the one with the earlier `creationTimestamp` is used, one with a timestamp before one without, then the first by `namespace/name`. The order of files never decides. A field group is taken from one policy as a whole, so nothing of the other one's remains.",
    fix: "Join the two, or attach one of them to something more specific.",
  },
  EI6003: {
    severity: "info",
    title: "An annotation and an EdgePolicy set the same",
    why: "An annotation counts as attached to its Ingress. A policy with that Ingress, or with a host and a path, as its target is used instead of it; one for the whole host or edge gives way to it, as a whole: of `timeouts`, what the annotation does not say is the default then.",
    fix: "Nothing to do, unless the other one should hold: then remove the annotation or the policy's field.",
  },
  EI6004: {
    severity: "info",
    title: "A policy that more specific ones leave nothing",
    why: "The policy reaches rules, but each of them takes the field from a more specific target: a host and a path before an Ingress, before a host, before the edge.",
    fix: "Nothing to do, unless the policy was meant to hold: then remove the more specific ones.",
  },
  EI6005: {
    severity: "warning",
    title: "A path that rules reach across",
    why: "A policy is attached to rules, and covers those whose path is at or below the path of its target. Requests below that path which no such rule takes go to a rule of a shorter path, and the policy does not hold for them.",
    fix: "Add a rule of type Prefix for the path of the target, to the same backend, or attach the policy to the whole host or Ingress.",
  },
  EI6006: {
    severity: "info",
    title: "Rules of a host that its policy does not reach",
    why: "A target of kind Host reaches the rules that are written for exactly this host in the policy's own namespace. Rules of other namespaces belong to others; hosts below a wildcard that have rules of their own never use those of the wildcard.",
    fix: "Nothing to do, unless these rules were meant: give them a policy of their own, in their namespace.",
  },
  EI6007: {
    severity: "warning",
    title: "A policy that not all clusters of a rule have",
    why: "The manifest of the policy exists in some clusters alone (`spec.manifests` of a Cluster), the rule in others too. A rule is one for all of its clusters, so the policy is not attached to it.",
    fix: "Move the policy to the manifests of all clusters, or the Ingress to those of the policy's cluster.",
  },
  EI6008: {
    severity: "warning",
    title: "A time limit that the platform does not wait for",
    why: "Cloudflare itself gives up on a cluster that has not answered after 120 s and answers 524, unless the plan has another limit. A longer limit, or none, does not change that.",
    fix: "Write a `backendRequest` of at most 120s, or answer sooner and stream.",
  },
  EI6009: {
    severity: "error",
    title: "A guard that does not hold where it should",
    why: "The policy has a guard (an access list, authentication, authorization), and part of what its target names would be open: the target reaches no rule, a rule of a shorter path or of another namespace takes some of its requests, not all clusters have the policy, or an older policy of the same kind takes its place. What is only worth a warning for other policies would be an open door here, so nothing is published.",
    fix: "Correct the target, give the rules that are named a guard of their own, or join the two policies into one.",
  },
} as const satisfies Record<string, CatalogueEntry>;
