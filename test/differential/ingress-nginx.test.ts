import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { BEHAVIOURS } from "./behaviours/index.ts";
import type { Disagreement } from "./compare.ts";
import { WANTED_DIFFERENCES, type WantedDifference, wantedAs } from "./differences.ts";
import { missingNginx } from "./nginx.ts";
import { differencesPage } from "./page.ts";
import { Differential } from "./run.ts";

/**
 * The edge on workerd against a real nginx with the configuration that the ingress-nginx controller would write for the
 * same manifests: both get the same requests, before the same Services. `DIFFERENTIAL_REQUESTS=2000` asks as many of
 * each behaviour.
 */
const REQUESTS = Number(process.env.DIFFERENTIAL_REQUESTS ?? 300);
const PAGE = fileURLToPath(new URL("../../docs/differences-from-nginx.md", import.meta.url));

test("docs/differences-from-nginx.md lists each difference that is wanted", () => {
  const page = differencesPage(BEHAVIOURS, WANTED_DIFFERENCES);
  if (process.env.UPDATE_GOLDEN === "1") writeFileSync(PAGE, page);
  expect(readFileSync(PAGE, "utf8")).toBe(page);
});

test("there are sixty behaviours or more, each of its own name", () => {
  expect(BEHAVIOURS.length).toBeGreaterThanOrEqual(60);
  expect(new Set(BEHAVIOURS.map(({ name }) => name)).size).toBe(BEHAVIOURS.length);
});

const missing = missingNginx();
if (missing !== null) console.warn(`the edge is not compared with nginx: ${missing}`);

test.runIf(process.env.REQUIRE_NGINX === "1")("nginx is there, as CI asks for it", () => {
  expect(missing).toBeNull();
});

describe.skipIf(missing !== null)(`the edge against nginx${missing === null ? "" : `: ${missing}`}`, () => {
  const occurred = new Map<WantedDifference, number>();
  const total = { behaviours: 0, requests: 0, facts: 0, wanted: 0 };
  let differential: Differential;

  beforeAll(async () => {
    differential = await Differential.start(BEHAVIOURS);
  });

  afterAll(async () => {
    await differential?.close();
    const { behaviours, requests, facts, wanted } = total;
    console.log(
      `differential test against nginx: ${behaviours} behaviours, ${requests} requests to each, ${facts} facts compared: ` +
        `${facts - wanted} agree, ${wanted} differ in ${occurred.size} wanted ways`,
    );
  });

  test.each(BEHAVIOURS.map((behaviour, index) => ({ ...behaviour, behaviour, index })))(
    "$name",
    async ({ behaviour, index }) => {
      const comparisons = await differential.compare(behaviour, index, REQUESTS);
      const unwanted: string[] = [];
      for (const { facts, disagreements } of comparisons) {
        total.facts += facts;
        for (const disagreement of disagreements) {
          const wanted = wantedAs(disagreement);
          if (wanted === undefined) unwanted.push(told(disagreement));
          else {
            occurred.set(wanted, (occurred.get(wanted) ?? 0) + 1);
            total.wanted++;
          }
        }
      }
      total.behaviours++;
      total.requests += comparisons.length;
      expect(unwanted.slice(0, 20), `${unwanted.length} that nobody wants`).toEqual([]);
    },
  );

  test("each difference that is wanted occurs", () => {
    if (total.behaviours < BEHAVIOURS.length) return;
    const idle = WANTED_DIFFERENCES.filter((each) => !occurred.has(each)).map(({ edge }) => edge);
    expect(idle, "these are no differences, or no request shows them").toEqual([]);
  });
});

function told({ what, nginx, edge, asked: { method, https, host, target, headers, client } }: Disagreement): string {
  const request = `${method} ${https ? "https" : "http"}://${host}${target} from ${client} ${JSON.stringify(headers)}`;
  return `${what}: nginx ${JSON.stringify(nginx)}, the edge ${JSON.stringify(edge)}: ${request}`;
}
