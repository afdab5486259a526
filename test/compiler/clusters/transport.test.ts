import { describe, expect, test } from "vitest";
import { type EndpointDraft, endpointId } from "../../../src/compiler/clusters/endpoint-draft.ts";
import { inZone, type PlatformOptions, settleTransports } from "../../../src/compiler/clusters/transport.ts";
import type { Transport } from "../../../src/compiler/ir/cluster.ts";

const at = { file: "clusters.yaml", line: 3, column: 5, length: 1 };

function draft(over: Partial<EndpointDraft> = {}, hostname = "lb.zone.test", port = 443): EndpointDraft {
  const url = { scheme: "https", hostname, port } as const;
  const usual = { cluster: "eu-west", mode: "ingress", host: "client", via: null, bypasses: null, at } as const;
  return { ...usual, url, isClusterEndpoint: true, ...over };
}

function settled(drafts: readonly EndpointDraft[], options: Partial<PlatformOptions> = {}) {
  const byId = new Map(drafts.map((each) => [endpointId(each), each]));
  return settleTransports(byId, { platform: "cloudflare", zones: ["zone.test"], ...options });
}

const service: Transport = { name: "service-binding", binding: "CLUSTER_EU_WEST" };
const network: Transport = { name: "network-binding", binding: "NETWORK_EU_WEST" };
const zone: Transport = { name: "zone-name", zone: "zone.test" };
const publicName: Transport = { name: "public-name" };
const workerd = { platform: "workerd" } as const;

describe("how an endpoint is reached", () => {
  test.each<readonly [string, EndpointDraft, Partial<PlatformOptions>, Transport, readonly string[]]>([
    ["a network that can't keep the client's Host", draft({ via: { vpcNetwork: "n" } }), {}, network, ["EI3004"]],
    ["a bare IPv4 address with its own name", draft({ host: "endpoint" }, "192.0.2.1"), {}, publicName, ["EI3003"]],
    ["a bare IPv6 address with its own name", draft({ host: "endpoint" }, "[2001:db8::1]"), {}, publicName, ["EI3003"]],
    ["the client's Host, outside of all zones", draft({}, "lb.example.com"), {}, service, ["EI3002"]],
    ["the client's Host, a name that only ends alike", draft({}, "lb.notzone.test"), {}, service, ["EI3002"]],
    ["the client's Host, no zones", draft(), { zones: [] }, service, ["EI3002"]],
    ["the client's Host, an IP address", draft({}, "192.0.2.1"), { zones: ["1"] }, service, ["EI3002"]],
    ["the client's Host, in a zone", draft(), {}, zone, []],
    ["the client's Host, the zone itself", draft({}, "zone.test"), {}, zone, []],
    ["the endpoint's own name", draft({ host: "endpoint" }), {}, publicName, []],
    ["a VPC service", draft({ via: { vpcService: "s" } }), {}, service, []],
    [
      "a VPC service, own name, IP address",
      draft({ via: { vpcService: "s" }, host: "endpoint" }, "192.0.2.1"),
      {},
      service,
      [],
    ],
    ["a network, own name", draft({ via: { vpcNetwork: "n" }, host: "endpoint" }), {}, network, []],
    [
      "a network, own name, IP address",
      draft({ via: { vpcNetwork: "n" }, host: "endpoint" }, "192.0.2.1"),
      {},
      network,
      [],
    ],
    ["workerd, in a zone", draft(), workerd, service, []],
    ["workerd, own name, IP address", draft({ host: "endpoint" }, "192.0.2.1"), workerd, service, []],
    ["workerd, a network", draft({ via: { vpcNetwork: "n" } }), workerd, service, []],
  ])("%s", (_, given, options, transport, codes) => {
    const { endpoints, diagnostics } = settled([given], options);
    const { via: _via, bypasses: _bypasses, isClusterEndpoint: _own, ...kept } = given;
    expect([...endpoints.values()]).toEqual([{ ...kept, id: endpointId(given), transport }]);
    expect(diagnostics.map(({ code, position }) => [code, position])).toEqual(codes.map((code) => [code, at]));
  });
});

describe("names of bindings", () => {
  const bindings = (drafts: readonly EndpointDraft[]) =>
    Object.fromEntries(
      [...settled(drafts, workerd).endpoints].map(([id, { transport }]) => [
        id,
        "binding" in transport && transport.binding,
      ]),
    );
  // Names that become the same letters, and addresses of one cluster.
  const drafts = [
    draft({ cluster: "eu.west" }),
    draft(),
    draft({ isClusterEndpoint: false }, "other.test"),
    draft({ mode: "service", isClusterEndpoint: false }, "a.test", 80),
    draft({ mode: "service", isClusterEndpoint: false }, "a-test", 80),
    draft({ mode: "service", isClusterEndpoint: false }, "a.test", 8080),
    draft({ mode: "service", isClusterEndpoint: false, cluster: "eu.west" }, "a.test", 80),
    draft({ cluster: "eu-west-2" }),
    draft({ cluster: "2" }, "[2001:db8::1]"),
  ];

  test("are unique, and letters, digits and _ alone", () => {
    const names = Object.values(bindings(drafts));
    expect(new Set(names).size).toBe(drafts.length);
    for (const name of names) expect(name).toMatch(/^(?:CLUSTER|SERVICE)_[A-Z0-9_]+$/);
    expect(names).toContain("CLUSTER_EU_WEST");
    expect(names.some((name) => /^SERVICE_EU_WEST_A_TEST_8080_[0-9A-F]{8}$/.test(String(name)))).toBe(true);
  });

  test("depend on their own endpoint alone: a name in a configuration never moves to another", () => {
    const expected = bindings(drafts);
    for (const each of drafts) expect(bindings([each])).toEqual({ [endpointId(each)]: expected[endpointId(each)] });
    for (let turn = 1; turn < drafts.length; turn += 1) {
      expect(bindings([...drafts.slice(turn), ...drafts.slice(0, turn)])).toEqual(expected);
    }
    expect(bindings([...drafts].reverse())).toEqual(expected);
  });

  test("one network binding serves all addresses of a cluster, and no other cluster", () => {
    const via = { vpcNetwork: "n" };
    const own = { via, host: "endpoint" } as const;
    const { endpoints } = settled([draft(own), draft(own, "b.test"), draft({ ...own, cluster: "eu.west" })]);
    const names = [...endpoints.values()].map(({ cluster, transport }) => [
      cluster,
      "binding" in transport && transport.binding,
    ]);
    expect(names.toSorted()).toEqual([
      ["eu-west", "NETWORK_EU_WEST"],
      ["eu-west", "NETWORK_EU_WEST"],
      ["eu.west", expect.stringMatching(/^NETWORK_EU_WEST_[0-9A-F]{8}$/)],
    ]);
  });
});

test.each([
  ["zone.test", true],
  ["a.b.zone.test", true],
  ["notzone.test", false],
  ["zone.test.evil", false],
  ["test", false],
])("%s in zone.test: %j", (name, expected) => {
  expect(inZone(name, "zone.test")).toBe(expected);
});
