import { describe, expect, it } from "vitest";
import { load, marked, places } from "./documents.ts";

describe("a Secret", () => {
  it("is read by name and type alone", () => {
    const { resources, diagnostics } = load(
      "apiVersion: v1\nkind: Secret\nmetadata: { name: users }\ntype: kubernetes.io/tls\ndata: { a: 1 }\nstringData: 7",
    );
    expect(diagnostics).toEqual([]);
    expect(resources.secrets[0]?.body.type).toBe("kubernetes.io/tls");
    expect(resources.secrets[0]?.body.content.keys).toEqual(["a"]);
  });

  it("is Opaque where it has no type", () => {
    expect(load("apiVersion: v1\nkind: Secret\nmetadata: { name: a }").resources.secrets[0]?.body.type).toBe("Opaque");
  });

  it("gives no value away, wherever it may stand", () => {
    const { text, marks } = marked(`apiVersion: v1
kind: Secret
metadata:
  name: ▸HUNTER2-a
  namespace: ▸HUNTER2-b
  ▸password: HUNTER2-c
  creationTimestamp: ▸HUNTER2-d
  annotations: { ok: HUNTER2-e, n: ▸4242424242, bool: ▸true, list: ▸[HUNTER2-f] }
  labels: { l: ▸"HUNTER2 g" }
type: ▸4242424242
data: HUNTER2-h
---
apiVersion: v1
kind: Secret
metadata: ▸HUNTER2-i
type: ▸[HUNTER2-j]
---
{ apiVersion: v1, kind: Secret, metadata: { name: same }, data: { a: HUNTER2-k } }
---
{ apiVersion: v1, kind: Secret, metadata: { name: ▸same }, data: { a: HUNTER2-l } }`);
    const { diagnostics } = load(text);
    const codes = [
      "EI1210",
      "EI1211",
      "EI1209",
      "EI1215",
      "EI1212",
      "EI1212",
      "EI1212",
      "EI1213",
      "EI1205",
      "EI1205",
      "EI1205",
      "EI1218",
    ];
    expect(places(diagnostics)).toEqual(codes.map((code, index) => `${code} ${marks[index]}`));
    expect(JSON.stringify(diagnostics)).not.toMatch(/HUNTER2|4242/);
  });
});
