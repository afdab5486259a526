import type { ResourceSet } from "../resources/resource.ts";
import { networkBinding, serviceBinding } from "./bindings.ts";

/** What the binding of a Cluster's `via` has to lead to. */
export interface ClusterBinding {
  readonly binding: string;
  readonly kind: "vpcService" | "vpcNetwork";
  readonly id: string;
}

/** The bindings that Clusters ask for with `via`; neither the table nor the report holds their ids. */
export function clusterBindings({ clusters }: Pick<ResourceSet, "clusters">): ClusterBinding[] {
  return clusters.flatMap(({ metadata: { name }, body: { via, endpoint, host } }): ClusterBinding[] => {
    if (via === null) return [];
    if ("vpcNetwork" in via) return [{ binding: networkBinding(name), kind: "vpcNetwork", id: via.vpcNetwork }];
    if (endpoint === null) return [];
    const draft = { cluster: name, mode: "ingress", url: endpoint, host, via, bypasses: null, at: null } as const;
    return [{ binding: serviceBinding({ ...draft, isClusterEndpoint: true }), kind: "vpcService", id: via.vpcService }];
  });
}
