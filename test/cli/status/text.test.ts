import { describe, expect, test } from "vitest";
import { type EdgeStatus, isAllWell, standingOf, statusSchema } from "../../../src/cli/status/schema.ts";
import { duration, formatStatus } from "../../../src/cli/status/text.ts";
import { coloured } from "../../../src/compiler/paint.ts";
import { clusterOf, endpointOf, NOW, SICK, statusOf, WELL } from "../../support/status.ts";

describe("text", () => {
  const plain = (status: EdgeStatus) => formatStatus(status);

  test("the published version that serves, and why a newer one does not", () => {
    const read = { format: 1, bindings: [], publicationFormat: 3, shards: null };
    const told = { version: 41, hash: "", publishedAt: null, checkedAt: NOW, problem: null, ...read };
    const inShards = { ...told, shards: { count: 64, kept: 3, bytes: 3_000_000 } };
    expect(plain(statusOf([], { published: inShards }))).toContain("version 41, 3 of 64 shards in memory, isolate");
    expect(plain(statusOf([], { published: told }))).toContain("table 0312ac15bed4, version 41, isolate");
    const refused = statusOf(WELL.clusters, { published: { ...told, problem: "version 40 is older\u001b[2J" } });
    expect(plain(refused)).toContain(
      "\nwhat is published, or a part of it, does not serve: version 40 is older\\x1b[2J\n",
    );
    expect([isAllWell(WELL), isAllWell(refused)]).toEqual([true, false]);
  });

  test("a line for each endpoint, in columns, with state, since, why; then probes and events", () => {
    const probes = [
      { at: NOW - 1000, took: 500, ok: false, cause: "timeout", location: "" },
      { at: NOW - 2000, took: 500, ok: false, cause: "timeout", location: "weur" },
      { at: NOW - 3000, took: 4, ok: true, cause: "200", location: "" },
      { at: NOW - 4000, took: 4, ok: true, cause: "never shown", location: "" },
    ];
    const sick = endpointOf("us-east", {
      state: "unhealthy",
      since: NOW - 1000,
      cause: "2 bad probes: timeout",
      ejectedUntil: NOW + 29_000,
      ejectionCause: "consecutive-gateway-failure",
      ejections: 1,
      latency: null,
      lastProbes: probes,
    });
    const drained = clusterOf("ap", { state: "unknown", since: null, cause: "", drained: true, slowStart: 0.25 });
    const events = [
      { at: NOW - 1000, endpoint: sick.id, from: "healthy", to: "unhealthy", cause: "timeout" } as const,
      { at: NOW - 65_000, endpoint: sick.id, from: "unknown", to: "healthy", cause: "200" } as const,
    ];
    expect(
      plain(statusOf([clusterOf("eu-west"), { ...clusterOf("us-east"), endpoints: [sick] }, drained], { events })),
    ).toBe(
      `3 clusters, 3 endpoints: 1 healthy, 1 unhealthy, 1 unknown
table 0312ac15bed4, isolate 4f2a in AMS, health snapshot 1 s old
retry budget: 3 of 10 retries used, in an interval of 50 requests

CLUSTER  REGION  PRIORITY  ENDPOINT                          STATE                                 SINCE     WAITING  LATENCY  EJECTIONS  WHY
eu-west  weur    0         ingress https://eu-west.test:443  healthy                               3 m 12 s  1        12 ms    0          2 good probes
us-east  weur    0         ingress https://us-east.test:443  unhealthy, ejected, 29 s left         1 s       1        -        1          2 bad probes: timeout; ejected by this isolate: consecutive-gateway-failure
ap       weur    0         ingress https://ap.test:443       unknown, drained, slow start at 25 %  -         1        12 ms    0          -

Last probes
  ingress eu-west https://eu-west.test:443  1 s ago  good  in 9 ms    200
  ingress us-east https://us-east.test:443  1 s ago  bad   in 500 ms  timeout
                                            2 s ago  bad   in 500 ms  timeout  from weur
                                            3 s ago  good  in 4 ms    200
  ingress ap https://ap.test:443            1 s ago  good  in 9 ms    200

Events
  1 s ago      ingress us-east https://us-east.test:443  healthy → unhealthy  timeout
  1 m 5 s ago  ingress us-east https://us-east.test:443  unknown → healthy    200
`,
    );
  });

  test("backends that are ejected from an endpoint, by endpoint; those whose ejection is over are not there", () => {
    const ejection = (backend: string, left: number) => ({ backend, cause: "consecutive-5xx", until: NOW + left });
    const sick = { backendEjections: [ejection("shop/cart:80", 29_000), ejection("shop/old:80", 0)] };
    const other = { backendEjections: [ejection("pay/api:8080", 61_000)] };
    expect(plain(statusOf([clusterOf("eu-west", sick), clusterOf("us-east", other)]))).toContain(`

Ejected backends
  shop/cart:80  from ingress eu-west https://eu-west.test:443  29 s left     consecutive-5xx
  pay/api:8080  from ingress us-east https://us-east.test:443  1 m 1 s left  consecutive-5xx

`);
  });

  test("of very many ejected backends the first twenty, and how many more there are", () => {
    const backendEjections = Array.from({ length: 23 }, (_, index) => {
      return { backend: `shop/s${index}:80`, cause: "consecutive-5xx", until: NOW + 1000 };
    });
    const text = plain(statusOf([clusterOf("a", { backendEjections })]));
    expect(text.match(/^ {2}shop\/s\d+:80/gm)).toHaveLength(20);
    expect(text).toMatch(/^ {2}and 3 more$/m);
    expect(plain(statusOf([clusterOf("a", { backendEjections: backendEjections.slice(0, 20) })]))).not.toContain(
      "more",
    );
  });

  test("an edge of an older version tells of no backends", () => {
    const { backendEjections: _, ...older } = endpointOf("a");
    const status = { ...WELL, clusters: [{ ...clusterOf("a"), endpoints: [older] }] };
    expect(plain(statusSchema.parse(status))).not.toContain("backends");
  });

  test("that the health object could not be asked, and that nothing is known of it", () => {
    const { isolate } = WELL;
    const text = plain(
      statusOf([clusterOf("a")], { problem: "no answer\u001b[2J", isolate: { ...isolate, snapshotAge: null } }),
    );
    expect(text).toContain("no answer\\x1b[2J; the states below");
    expect(text).toContain("no health snapshot");
  });

  test("nothing that comes from the edge acts on the terminal", () => {
    const evil = "\u001b[31m\u202e\n";
    const endpoint = endpointOf("a", {
      id: evil,
      address: evil,
      mode: evil,
      cause: evil,
      ejectedUntil: NOW + 1,
      ejectionCause: evil,
      backendEjections: [{ backend: evil, cause: evil, until: NOW + 1 }],
      lastProbes: [{ at: NOW, took: 1, ok: true, cause: evil, location: evil }],
    });
    const events = [{ at: NOW, endpoint: evil, from: "healthy", to: "unhealthy", cause: evil } as const];
    const cluster = { ...clusterOf(evil), endpoints: [endpoint], region: evil };
    const isolate = { ...WELL.isolate, id: evil, colo: evil };
    const text = plain(statusOf([cluster], { events, isolate, table: evil, problem: evil }));
    expect(text).not.toMatch(/[\u001b\u202e]/);
    expect(text.trimEnd().split("\n")).toHaveLength(16);
  });

  test("colour marks states and changes no letter", () => {
    const text = formatStatus(SICK, coloured);
    expect(text).toContain("\u001b[31munhealthy\u001b[0m");
    expect(text).toContain("\u001b[32mhealthy\u001b[0m");
    expect(text.replace(/\u001b\[\d+m/g, "")).toBe(plain(SICK));
  });

  test.each([
    [-5, "0 ms"],
    [0.4, "0 ms"],
    [999, "999 ms"],
    [1000, "1 s"],
    [59_999, "59 s"],
    [60_000, "1 m 0 s"],
    [3_599_999, "59 m 59 s"],
    [3_600_000, "1 h 0 m"],
    [90_000_000, "1 d 1 h"],
  ])("%d ms is %s", (milliseconds, text) => expect(duration(milliseconds)).toBe(text));

  test.each([0, null])("a state that began at %s has no since", (since) => {
    expect(plain(statusOf([clusterOf("a", { since })]))).toMatch(/ {2}healthy {2}- /);
  });

  test("an endpoint that is unhealthy and ejected is unhealthy", () => {
    expect(standingOf(endpointOf("a", { state: "unhealthy", ejectedUntil: NOW + 1 }), NOW)).toBe("unhealthy");
  });
});
