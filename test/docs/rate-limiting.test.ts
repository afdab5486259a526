import { describe, expect, test } from "vitest";
import { parse } from "yaml";
import { limitPromises } from "../../src/compiler/policies/rate-limits.ts";
import { KEY_PARTS } from "../../src/table/policies/rate-limit.ts";
import { cluster, compiled } from "../support/compiled.ts";
import { readPage } from "./markdown.ts";

/** The examples of `docs/rate-limiting.md`, run through the compiler. */
const page = readPage("docs/rate-limiting.md");
const examples = [...page.matchAll(/^```yaml\n([\s\S]*?)\n```$/gm)].map(([, text = ""]) => text);

const SHOP = `apiVersion: networking.k8s.io/v1
kind: Ingress
metadata: { name: shop, namespace: shop }
spec:
  rules:
    - host: shop.example.com
      http: { paths: [{ path: /, pathType: Prefix, backend: { service: { name: web, port: { number: 80 } } } }] }
`;

describe("the examples compile, and their limits are promised something", () => {
  test.each(examples.map((text) => [parse(text).metadata.name as string, text]))("%s", (_, text) => {
    const { output, diagnostics } = compiled([cluster("eu"), SHOP, text].join("\n---\n"));
    expect(diagnostics.filter(({ severity }) => severity !== "info").map(({ message }) => message)).toEqual([]);
    const { rateLimit, concurrencyLimit } = parse(text).spec;
    const limits = (rateLimit ?? concurrencyLimit).limits ?? ([] as { name: string }[]);
    expect(
      limitPromises(output?.router.hosts ?? [])
        .map(({ id }) => id.split("/")[2])
        .sort(),
    ).toEqual(limits.map(({ name }: { name: string }) => name).sort());
  });
});

test("the promise that the page quotes is the compiler's", () => {
  const [, quoted = ""] = /^```text\n(limit .*)\n```$/m.exec(page) ?? [];
  const policy = `apiVersion: edge-ingress.dev/v1alpha1
kind: EdgePolicy
metadata: { name: everywhere, namespace: shop }
spec:
  targetRefs: [{ kind: Ingress, name: shop }]
  rateLimit: { limits: [{ name: leased, requests: 1000, period: 1s, key: [], mode: leased }] }
`;
  const { diagnostics } = compiled([cluster("eu"), SHOP, policy].join("\n---\n"));
  expect(diagnostics.find(({ code }) => code === "EI6040")?.message).toBe(quoted);
});

test("every part of a key stands in the table", () => {
  for (const part of KEY_PARTS) expect(page).toMatch(new RegExp(`^\\| .*\\b${part}\\b.* \\|`, "m"));
});
