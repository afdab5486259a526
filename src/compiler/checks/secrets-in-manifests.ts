import type { Diagnostic } from "../diagnostics/diagnostic.ts";
import { diagnose } from "../diagnostics/report.ts";
import type { ResourceSet } from "../resources/resource.ts";

/** Texts that give access to something wherever they are read, by forms that nothing else has. */
const SECRETS: readonly (readonly [what: string, form: RegExp])[] = [
  ["a private key", /-----BEGIN [A-Z ]*PRIVATE KEY-----/],
  ["an access key of AWS", /\bAKIA[0-9A-Z]{16}\b/],
  ["a token of GitHub", /\bgh[opsur]_[A-Za-z0-9]{36}/],
  ["a token of Slack", /\bxox[abprs]-[A-Za-z0-9-]{10}/],
  ["a JSON Web Token", /\beyJ[\w-]{8,}\.eyJ[\w-]{8,}\.[\w-]{8}/],
  ["a password in a URL", /:\/\/[^\s/:@$"']+:[^\s/@$"']+@/],
  ["credentials of an Authorization header", /\b(?:Basic|Bearer)\s+[A-Za-z0-9+/_=.-]{16}/i],
];

/** Something that all of these have; most values have none of it. */
const ANY_SECRET = /PRIVATE KEY|AKIA|gh[opsur]_|xox[abprs]-|eyJ|:\/\/[^\s/]*@|(?:basic|bearer)\s/i;

/** Annotations and ConfigMaps that hold a secret: everybody reads them who may read the manifest. No message shows one. */
export function reportSecretsInManifests(resources: ResourceSet): Diagnostic[] {
  const { ingresses, services, configMaps, clusters, edgePolicies } = resources;
  const annotated = [...ingresses, ...services, ...configMaps, ...clusters, ...edgePolicies].flatMap((resource) =>
    findingsIn(resource.metadata.annotations, (name) => resource.locate(["metadata", "annotations", name], "key")),
  );
  const configured = configMaps.flatMap((resource) =>
    findingsIn(resource.body.data, (key) => resource.locate(["data", key], "key")),
  );
  return [...annotated, ...configured];
}

function findingsIn(
  values: Readonly<Record<string, string>>,
  locate: (key: string) => Diagnostic["position"],
): Diagnostic[] {
  return Object.keys(values).flatMap((key) => {
    const value = values[key] as string;
    const found = ANY_SECRET.test(value) ? SECRETS.find(([, form]) => form.test(value)) : undefined;
    return found === undefined ? [] : [diagnose("EI7030", locate(key), `the value holds ${found[0]}`)];
  });
}
