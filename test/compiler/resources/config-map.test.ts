import { describe, expect, it } from "vitest";
import { load, marked, places } from "./documents.ts";

describe("a ConfigMap", () => {
  it("is read by its texts", () => {
    const { resources, diagnostics } = load(
      'apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a, namespace: b }\ndata: { X-Team: "42", "b": "" }\nbinaryData: { c: AA== }',
    );
    expect(diagnostics).toEqual([]);
    expect(resources.configMaps[0]?.metadata).toMatchObject({ namespace: "b", name: "a" });
    expect(resources.configMaps[0]?.body).toEqual({ data: { "X-Team": "42", b: "" } });
  });

  it.each(["", "\ndata:", "\ndata: {}"])("has none where %j is written", (data) => {
    const { resources } = load(`apiVersion: v1\nkind: ConfigMap\nmetadata: { name: a }${data}`);
    expect(resources.configMaps[0]?.body).toEqual({ data: {} });
  });

  it("is refused with what is no text, which is not shown", () => {
    const { text, marks } = marked(`{ apiVersion: v1, kind: ConfigMap, metadata: { name: a }, data: { a: ▸4242 } }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: b }, data: ▸[HUNTER2] }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: c }, data: { a: HUNTER2 } }
---
{ apiVersion: v1, kind: ConfigMap, metadata: { name: ▸c }, data: { a: HUNTER3 } }`);
    const { diagnostics } = load(text);
    expect(places(diagnostics)).toEqual(["EI1205", "EI1205", "EI1218"].map((code, index) => `${code} ${marks[index]}`));
    expect(JSON.stringify(diagnostics)).not.toMatch(/HUNTER|4242/);
  });
});
