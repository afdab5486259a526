import { readFileSync } from "node:fs";
import { parseAllDocuments } from "yaml";

export type Tree = Record<string, unknown>;

const example = (name: string) => readFileSync(new URL(`../../examples/${name}`, import.meta.url), "utf8");

/** The examples by their names, as they are. */
export const EXAMPLES: Readonly<Record<string, string>> = Object.fromEntries(
  ["two-services.yaml", "shop/ingress.yaml", "tls-host.yaml", "demo-page.yaml", "clusters.yaml"].map((name) => [
    name,
    example(name),
  ]),
);

export const TWO = EXAMPLES["two-services.yaml"] as string;
export const SHOP = EXAMPLES["shop/ingress.yaml"] as string;
export const TLS = EXAMPLES["tls-host.yaml"] as string;
export const CLUSTERS = EXAMPLES["clusters.yaml"] as string;

/** The objects of a manifest as plain data. */
export function documentsOf(text: string): Tree[] {
  return parseAllDocuments(text).map((document) => document.toJS() as Tree);
}
