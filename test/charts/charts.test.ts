import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { stringify } from "yaml";
import { isBookkeeping } from "../../src/compiler/frontends/ingress/annotations/bookkeeping.ts";
import { PREFIX, registry } from "../../src/compiler/frontends/ingress/annotations/registry.ts";
import { migrationOf } from "../../src/compiler/index.ts";
import { cluster, compiled } from "../support/compiled.ts";

/**
 * Ingresses of the shape that public Helm charts make for ingress-nginx: the annotations are those that the chart's templates,
 * values, comments or documentation have (each file names its source), the manifests our own. `UPDATE_GOLDEN=1` writes what
 * `migrate` says of them to `expected.yaml`.
 */
const HERE = fileURLToPath(new URL("./", import.meta.url));
const charts = readdirSync(HERE).filter((file) => file.endsWith(".yaml") && file !== "expected.yaml");

function migrated(file: string) {
  const result = compiled([cluster("eu"), readFileSync(`${HERE}${file}`, "utf8")].join("---\n"), {
    ingressClass: ["nginx"],
    externalSecrets: true,
  });
  return { result, migration: migrationOf(result) };
}

test("at least 30 charts", () => {
  expect(charts.length).toBeGreaterThanOrEqual(30);
});

test("migrate classes each: ready, ready with differences that are named, or blocked with the reason", () => {
  const said = charts.map((file) => {
    const { migration } = migrated(file);
    const [ingress, ...more] = migration.ingresses;
    expect(more).toEqual([]);
    expect(migration.elsewhere).toEqual([]);
    const reasons = ingress?.reasons.map(({ code, severity, message }) => `${severity}[${code}] ${message}`) ?? [];
    if (ingress?.state !== "ready") expect(ingress?.reasons.some(({ severity }) => severity !== "info")).toBe(true);
    return [file.replace(".yaml", ""), { state: ingress?.state, reasons }] as const;
  });
  const text = stringify(Object.fromEntries(said), { lineWidth: 0 });
  if (process.env.UPDATE_GOLDEN) writeFileSync(`${HERE}expected.yaml`, text);
  expect(text).toBe(readFileSync(`${HERE}expected.yaml`, "utf8"));
});

describe("each annotation is honoured by an entry that reads it, asks for nothing, or is named", () => {
  test.each(charts)("%s", (file) => {
    const { result, migration } = migrated(file);
    const [ingress] = result.resources.ingresses;
    const messages = migration.ingresses.flatMap(({ reasons }) => reasons.map(({ message }) => message));
    const lost = Object.entries(ingress?.metadata.annotations ?? {}).filter(([key, value]) => {
      const name = key.startsWith(PREFIX) ? key.slice(PREFIX.length) : key;
      const entry = key.startsWith(PREFIX) ? registry.get(name) : undefined;
      const isRead = entry?.read !== undefined || entry?.together !== undefined;
      return (
        !isRead &&
        !entry?.inert?.includes(value) &&
        !isBookkeeping(key) &&
        !messages.some((each) => each.includes(name))
      );
    });
    expect(lost).toEqual([]);
    const counted = migration.annotations.map(({ name }) => name);
    const own = Object.keys(ingress?.metadata.annotations ?? {}).filter((key) => key.startsWith(PREFIX));
    expect(counted.sort()).toEqual(own.map((key) => key.slice(PREFIX.length)).sort());
  });
});
