import { expect, test } from "vitest";
import { openTable } from "../../../src/table/reader.ts";
import { compiled } from "../../support/compiled.ts";
import { cluster, documents, ingress } from "./manifests.ts";

const services = (second = "") =>
  `services: [{ namespace: shop, name: web, endpoint: "http://web.a.test", healthCheck: { path: /web } }${second}]`;

/** Which path each endpoint is probed at, by its id. */
function probedAt(...texts: readonly string[]) {
  const { output, diagnostics } = compiled(documents(...texts));
  const opened = output === null ? null : openTable(output.table.buffer);
  if (opened === null || !opened.ok) throw new Error(JSON.stringify(diagnostics));
  const { table } = opened;
  const all = Array.from({ length: table.endpointCount }, (_, index) => table.endpoint(index));
  return Object.fromEntries(all.map(({ id, healthCheck }) => [id, healthCheck?.path ?? null]));
}

test("a cluster's check is for its ingress; a Service's load balancer has its own, or none", () => {
  const a = cluster("a", `endpoint: "http://a.test", healthCheck: { path: /healthz }, ${services()}`);
  const b = cluster("b", `services: [{ namespace: shop, name: web, endpoint: "http://web.b.test" }]`);
  const c = cluster("c", `endpoint: "http://c.test", healthCheck: { path: /healthz }`);
  expect(probedAt(a, b, c, ingress())).toEqual({
    "ingress c http://c.test:80": "/healthz",
    "service a http://web.a.test:80": "/web",
    "service b http://web.b.test:80": null,
  });
});

test("of two Services behind one load balancer the first check counts", () => {
  const second = `, { namespace: shop, name: other, endpoint: "http://web.a.test", healthCheck: { path: /other } }`;
  expect(probedAt(cluster("a", services(second)), ingress())).toEqual({ "service a http://web.a.test:80": "/web" });
});

test("a check for an ingress that the cluster does not have is a warning", () => {
  const { diagnostics } = compiled(
    documents(cluster("a", `healthCheck: { path: /healthz }, ${services()}`), ingress()),
  );
  expect(diagnostics.map(({ code }) => code)).toContain("EI1234");
});
