import type { CatalogueEntry } from "../diagnostic.ts";

export const clusterCodes = {
  EI3001: {
    severity: "error",
    title: "A Service has no address in any cluster",
    why: "The edge stands outside the clusters: it can send requests to load balancers only. A rule whose Service can be reached nowhere would answer 503 to every request, so it is an error at compile time.",
    fix: "Give a Cluster resource with `spec.endpoint` (the cluster's ingress) or `spec.services` (the Service's own load balancer), or manifests whose `status.loadBalancer` holds the address, as `kubectl get -o yaml` prints them.",
  },
  EI3002: {
    severity: "warning",
    title: "An endpoint needs a service binding to keep the client's Host",
    why: "The Cluster keeps the client's Host (`host: client`, the default), but a plain fetch of the platform sends the Host of its URL. Only a binding can do both: in `dev` and when self-hosted it is made by itself; on the platform it is a `vpc_services` entry of the wrangler configuration. Without the binding the edge answers 502 for this endpoint; it never sends a request with the wrong Host.",
    fix: "Add the binding to the wrangler configuration, or set `via.vpcService`, or name the zone that holds hosts and endpoint with --zone, or set `host: endpoint`.",
  },
  EI3003: {
    severity: "error",
    title: "An address that the platform can not fetch",
    why: "Workers can not fetch bare IP addresses: the platform answers with error 1003. A name is needed, or a binding that leads to the address.",
    fix: "Use a DNS name as the endpoint, or reach the address through `via.vpcService` or `via.vpcNetwork`.",
  },
  EI3004: {
    severity: "error",
    title: "A network binding can not keep the client's Host",
    why: "A `vpcNetwork` binding takes the Host from the URL it fetches, which is the endpoint's. A cluster that routes by the client's Host would answer with the wrong Service, or 404.",
    fix: "Use `via.vpcService`, or set `host: endpoint` and route by X-Forwarded-Host in the cluster.",
  },
  EI3005: {
    severity: "warning",
    title: "No cluster takes traffic for a Service",
    why: "All clusters that hold this Service are drained, by `drain: true` or a weight of 0: requests are answered 503.",
    fix: "Let at least one of the clusters take requests: a weight above 0, and no `drain`.",
  },
  EI3006: {
    severity: "error",
    title: "A host outside the zone of its endpoint",
    why: "The endpoint is reached by a name of the zone while the client's Host is kept (`cf.resolveOverride`), which the platform ignores without a word for hosts of other zones: requests would go elsewhere.",
    fix: "Reach the endpoint through `via.vpcService`, give it a name in the host's own zone and that zone with --zone, or set `host: endpoint`.",
  },
  EI3007: {
    severity: "error",
    title: "A port name that nothing resolves",
    why: "The edge reaches this Service at its own load balancer and needs the port's number. The rule names the port, and no Service manifest was given that has it.",
    fix: "Give the Service's manifest with -f, or write the port's number.",
  },
  EI3008: {
    severity: "warning",
    title: "An address that the cluster's VPC service does not lead to",
    why: "A `via.vpcService` binding leads to one address, the cluster's `spec.endpoint`. The address of a single Service, from `spec.services` or from a status, is another one: the edge reaches it over the public network, although the cluster was meant to be reached privately.",
    fix: "Use `via.vpcNetwork`, which leads to every address of the cluster, or take the Service's entry away so that it is reached at the cluster's endpoint.",
  },
  EI3009: {
    severity: "warning",
    title: "A cluster's ingress gets a Host that its rules do not name",
    why: "With `host: endpoint` the cluster's own ingress gets the endpoint's name as Host, and the client's in X-Forwarded-Host alone. Behind that endpoint a controller reads the same Ingresses again and looks for a rule by the Host: it finds none, or that of another host, and answers with its default backend. ingress-nginx chooses its rule by the Host only, also with `use-forwarded-headers`.",
    fix: "Make the cluster's controller route by X-Forwarded-Host, or set `host: client`, with `via.vpcService` or a zone by --zone, or name the Service's own load balancer in `spec.services`.",
  },
  EI3010: {
    severity: "warning",
    title: "A cluster of which nobody knows how far it is",
    why: "Other clusters of the same priority say where they are, by `region` or `near`, and rules prefer the nearest cluster (`loadBalancing.type: Nearest`, the default). A cluster that says nothing comes after all of those that do: it takes requests only where they can't.",
    fix: "Give the cluster a `region`, or one of another priority if it is to stand by.",
  },
  EI3020: {
    severity: "error",
    title: "A service that the edge asks has no address outside of its cluster",
    why: "The URL has a name that is resolved inside a cluster alone: a Service, as in `oauth2-proxy.auth.svc.cluster.local`, or another name without a public domain. The edge stands outside. It reaches such a Service at a load balancer of its own, which `spec.services` of a Cluster names, or the `status` of the Service's manifest; the cluster's ingress does not lead to it. Without its answer no request would be let in.",
    fix: "Give the Service an entry in `spec.services` of its Clusters, or write a URL with a public name, or with a host that this edge serves, as in `https://$host/oauth2/auth`.",
  },
  EI3021: {
    severity: "error",
    title: "A route that asks itself, or another that asks",
    why: "The URL leads to a host of this edge, and there to a rule that asks a service in its turn. Such a question is refused, so that none goes on for ever, and each request to the route would be answered 500. Mostly the rule for the auth service's own path is missing, or has the same annotations as the rules that it guards.",
    fix: "Give the auth service's path a rule of its own, in an Ingress without `auth-url`, as for `/oauth2` of oauth2-proxy.",
  },
  EI3022: {
    severity: "error",
    title: "A host of this edge that serves nothing where it is asked",
    why: "The URL leads to a host of this edge, and no rule of that host takes its path: each question would be answered 404, and each request to the route 500.",
    fix: "Add an Ingress with the path of the auth service to the manifests, or correct the URL.",
  },
  EI3023: {
    severity: "warning",
    title: "Credentials that cross the Internet in the clear",
    why: "The question has the client's cookies and its `Authorization`, and the answer decides who is let in. By `http:` both can be read on their way, and the answer forged.",
    fix: "Write an `https:` URL.",
  },
  EI3024: {
    severity: "error",
    title: "A copy that comes back to its own route",
    why: "The URL of `mirror` has a host of this edge, and the copy is, or may be, taken by the rule that it is made of: the Service would get each request twice, each order and each payment. Without a path in the URL the copy has the path of its request, so that the route's own host always leads back. So it is where a copy with the path of its request goes to the route's own Service by another way: another host whose rule leads there, the Service itself by `backendRef`, or its address. Not known are names that rules for every host would take, and other ports of a host: the platform asks the origin of such a name, past the edge.",
    fix: "Write a URL that leads elsewhere: another host, or a path that a rule of its own takes, as in `https://shop.example.com/shadow$request_uri`; or name the Service by `backendRef`.",
  },
} as const satisfies Record<string, CatalogueEntry>;
