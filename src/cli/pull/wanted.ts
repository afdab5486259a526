/** One kind of object that a pull asks for. The RBAC manifest is made from this list: a pull can't need more than it says. */
export interface WantedKind {
  readonly group: string;
  readonly version: string;
  readonly resource: string;
  /** Kinds that a cluster may lack; any other that is missing is an error. */
  readonly mayLack: boolean;
  /** Named objects alone, where the rest is nobody's business. */
  readonly names?: readonly string[];
}

/** The ConfigMap of ingress-nginx, as its chart and its static manifests name it. */
export const CONTROLLER_CONFIG = "ingress-nginx-controller";

export const WANTED: readonly WantedKind[] = [
  { group: "networking.k8s.io", version: "v1", resource: "ingresses", mayLack: false },
  { group: "networking.k8s.io", version: "v1", resource: "ingressclasses", mayLack: false },
  { group: "", version: "v1", resource: "services", mayLack: false },
  { group: "edge-ingress.dev", version: "v1alpha1", resource: "edgepolicies", mayLack: true },
  { group: "", version: "v1", resource: "configmaps", mayLack: false, names: [CONTROLLER_CONFIG] },
];

/** Where the API server has a collection. */
export function collectionPath({ group, version, resource, names }: WantedKind): string {
  const root = group === "" ? `/api/${version}` : `/apis/${group}/${version}`;
  const [name] = names ?? [];
  return `${root}/${resource}${name === undefined ? "" : `?fieldSelector=metadata.name%3D${name}`}`;
}

export interface Rights {
  /** Also to list Secrets, which RBAC can't narrow to their names. */
  readonly secretNames: boolean;
  /** Those of `watch`, else those of `pull`. */
  readonly watches: boolean;
}

/** The least rights that a command needs, as a manifest. */
export function rbacManifest({ secretNames, watches }: Rights): string {
  const command = watches ? "watch" : "pull";
  const verbs = watches ? "list, watch" : "list";
  const rules = WANTED.map(({ group, resource, names }) => {
    const only = names === undefined ? "" : `, resourceNames: ${JSON.stringify(names)}`;
    return `  - { apiGroups: ["${group}"], resources: [${resource}], verbs: [${verbs}]${only} }`;
  });
  const secrets = `  # --secret-names asks for their metadata alone, but RBAC knows no such right: this one reads values too.
  - { apiGroups: [""], resources: [secrets], verbs: [list] }`;
  return `# The least rights for \`edge-ingress ${command}\`. Bind the ServiceAccount's token, or another user, to the ClusterRole.
# ConfigMaps that annotations and the controller name (custom-headers, proxy-set-headers) are read one by one: give \`get\`
# on them by name where there are any.
apiVersion: v1
kind: ServiceAccount
metadata: { name: edge-ingress-${command}, namespace: kube-system }
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRole
metadata: { name: edge-ingress-${command} }
rules:
${[...rules, ...(secretNames ? [secrets] : [])].join("\n")}
---
apiVersion: rbac.authorization.k8s.io/v1
kind: ClusterRoleBinding
metadata: { name: edge-ingress-${command} }
roleRef: { apiGroup: rbac.authorization.k8s.io, kind: ClusterRole, name: edge-ingress-${command} }
subjects:
  - { kind: ServiceAccount, name: edge-ingress-${command}, namespace: kube-system }
`;
}
