import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { afterAll, describe, expect, test } from "vitest";
import type { Diagnostic } from "../../src/compiler/index.ts";
import {
  answerOf,
  type NginxCase,
  type NginxRequest,
  readNginxCases,
  type WantedHeaders,
} from "../support/ingress-nginx-cases.ts";
import { type Edge, type World, worldOf } from "../support/ingress-nginx-world.ts";
import type { Recorded } from "../support/recorder.ts";
import { type GotResponse, send } from "../support/request.ts";

/**
 * ingress-nginx's behaviour, case by case: it holds, or the compiler said that it does not. What does not hold stands in
 * `docs/conformance.md` and is counted in the README: `UPDATE_GOLDEN=1 vitest run --project node test/conformance/ingress-nginx.test.ts` writes it.
 */
const README = fileURLToPath(new URL("../../README.md", import.meta.url));
const PAGE = fileURLToPath(new URL("../../docs/conformance.md", import.meta.url));

/**
 * What ingress-nginx does without an annotation that the compiler could name: known to be otherwise here, and no case
 * is added to these.
 */
const HABITS: Readonly<Record<string, string>> = {
  "percent-encoded letters match the decoded path":
    "the path goes on as it came; here [as it was matched](normalisation.md#what-is-forwarded), so that no server can read another one",
};

interface Outcome {
  readonly name: string;
  /** What the case wanted and did not get; empty: it holds. */
  readonly missing: readonly string[];
  /** What the compiler said of it: errors and warnings. */
  readonly reported: readonly Diagnostic[];
  /** Of what is not compiled: what the case did not get with `--lenient`. Null: it is compiled without. */
  readonly missingLeniently: readonly string[] | null;
}

const cases = readNginxCases();

describe.skipIf(cases === null)("ingress-nginx.json", () => {
  /** By name: a test that is tried again has one outcome. */
  const byName = new Map<string, Outcome>();

  // Ports are claimed and then listened at, which others on the machine may do in between.
  test.each(cases ?? [])("$name", { retry: 2 }, async (one) => {
    const outcome = await outcomeOf(one);
    byName.set(one.name, outcome);
    if (isWrong(outcome) && !(outcome.name in HABITS)) expect(outcome.missing).toEqual([]);
    expect(outcome.missingLeniently ?? [], "with --lenient").toEqual([]);
  });

  test("docs/conformance.md lists what does not hold, and the README counts it", () => {
    const outcomes = [...byName.values()];
    if (outcomes.length !== cases?.length) return;
    const habits = outcomes.filter(isWrong).map(({ name }) => name);
    expect(habits.sort(), "what holds, or is reported, is no longer among HABITS").toEqual(Object.keys(HABITS).sort());
    const { passed, reported, wrong } = countsOf(outcomes);
    const row = `| ${passed} of ${outcomes.length}; ${reported} are errors of the compiler, and hold with --lenient; habits without an annotation: ${wrong}`;
    const page = pageOf(outcomes);
    if (process.env.UPDATE_GOLDEN === "1") {
      writeFileSync(PAGE, page);
      const counted = /\| \d+ of \d+; \d+ are [^;|]+; habits without an annotation: \d+/;
      writeFileSync(README, readFileSync(README, "utf8").replace(counted, row));
    }
    expect(readFileSync(README, "utf8")).toContain(row);
    expect(readFileSync(PAGE, "utf8")).toBe(page);
  });

  afterAll(() => {
    const outcomes = [...byName.values()];
    const { passed, reported, wrong } = countsOf(outcomes);
    console.log(
      `ingress-nginx conformance: ${passed} of ${outcomes.length} pass, ${reported} reported by the compiler, ${wrong} wrong; of those reported ${outcomes.filter(holdsLeniently).length} hold with --lenient`,
    );
  });
});

const isWrong = ({ missing, reported }: Outcome) => missing.length > 0 && reported.length === 0;

const holdsLeniently = ({ missingLeniently }: Outcome) => missingLeniently?.length === 0;

async function outcomeOf(one: NginxCase): Promise<Outcome> {
  const { missing, reported } = await playedIn(one, false);
  const { name } = one;
  if (missing !== null) return { name, missing, reported, missingLeniently: null };
  const leniently = await playedIn(one, true);
  const missingLeniently = leniently.missing ?? ["it is not compiled with --lenient either"];
  return { name, missing: ["it is not compiled"], reported, missingLeniently };
}

/** What the requests of a case did not get; null where it is not compiled. */
async function playedIn(one: NginxCase, lenient: boolean) {
  const world = await worldOf(one, { lenient });
  try {
    const { output, diagnostics } = world.result;
    const reported = diagnostics.filter(({ severity }) => severity !== "info");
    if (output === null) return { missing: null, reported };
    const edge = await world.serve();
    try {
      const missing: string[] = [];
      for (const request of one.requests) missing.push(...(await missingOf(request, edge, world)));
      return { missing, reported };
    } finally {
      await edge.close();
    }
  } finally {
    await world.close();
  }
}

async function missingOf(request: NginxRequest, edge: Edge, { backends, auth }: World): Promise<string[]> {
  for (const backend of backends) {
    backend.requests.length = 0;
    backend.answer = answerOf(request, backend.name.split(/[/:]/)[1] as string);
  }
  auth.requests.length = 0;
  auth.answer = request.auth ?? { unavailable: true };
  const { host, path, method, body, scheme, clientIp, expect: wanted } = request;
  const https = scheme === "https";
  const headers = new Map(Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value]));
  if (clientIp !== undefined) headers.set("cf-connecting-ip", clientIp);
  const declared = Number(headers.get("content-length") ?? 0);
  const sent = body ?? (declared > 0 ? "x".repeat(declared) : undefined);
  const response = await send({
    port: https ? edge.httpsPort : edge.port,
    host,
    path,
    method,
    headers: Object.fromEntries(headers),
    https,
    ...(sent !== undefined && { body: sent }),
  });
  const asked = backends.flatMap(({ name, requests }) => requests.map((seen) => ({ name, seen })));
  const last = asked.sort((a, b) => a.seen.at - b.seen.at).at(-1) ?? null;
  return [
    ...differing("status", response.status, wanted.status),
    ...differing("Service", last?.name ?? null, wanted.service),
    ...(wanted.location === undefined ? [] : differing("Location", response.headers.location, wanted.location)),
    ...(wanted.backendPath === undefined ? [] : differing("path", last?.seen.path, wanted.backendPath)),
    ...differingHeaders("to the client", response, wanted.responseHeaders),
    ...differingHeaders("to the Service", last?.seen, wanted.requestHeaders),
    ...differingQuestion(auth.requests[0], wanted.authRequest),
  ].map((problem) => `${method} ${host}${path}: ${problem}`);
}

function differingQuestion(
  asked: Recorded | undefined,
  { method, url, headers }: NonNullable<NginxRequest["expect"]["authRequest"]> = {},
): string[] {
  const { hostname, pathname, search } = new URL(url ?? "http://none");
  return [
    ...(method === undefined ? [] : differing("the question's method", asked?.method, method)),
    ...(url === undefined ? [] : differing("its path", asked?.path, `${pathname}${search}`)),
    ...(url === undefined ? [] : differing("its Host", asked?.headers.host?.replace(/:\d+$/, ""), hostname)),
    ...differingHeaders("to the auth service", asked, headers),
  ];
}

function differing(what: string, got: unknown, wanted: unknown): string[] {
  return got === wanted ? [] : [`${what} is ${JSON.stringify(got)} and not ${JSON.stringify(wanted)}`];
}

function differingHeaders(
  where: string,
  message: Pick<GotResponse | Recorded, "headers"> | undefined,
  wanted: WantedHeaders = {},
): string[] {
  return Object.entries(wanted).flatMap(([name, value]) => {
    const got = message?.headers[name.toLowerCase()];
    const joined = got === undefined ? null : [got].flat().join(", ");
    if (value === null || typeof value === "string") return differing(`${name} ${where}`, joined, value);
    return patternOf(value.matches).test(joined ?? "") ? [] : [`${name} ${where} is ${JSON.stringify(joined)}`];
  });
}

/** PCRE's `(?i)` is a flag here. */
function patternOf(text: string): RegExp {
  return text.startsWith("(?i)") ? new RegExp(text.slice(4), "i") : new RegExp(text);
}

function countsOf(outcomes: readonly Outcome[]) {
  const failed = outcomes.filter(({ missing }) => missing.length > 0);
  const wrong = failed.filter(isWrong).length;
  return { passed: outcomes.length - failed.length, reported: failed.length - wrong, wrong };
}

function pageOf(outcomes: readonly Outcome[]): string {
  const { passed, reported, wrong } = countsOf(outcomes);
  const failed = outcomes.filter(({ missing }) => missing.length > 0);
  const rowsOf = (some: readonly Outcome[], says: (outcome: Outcome) => string) =>
    some.map((outcome) => `| ${outcome.name.replaceAll("|", "\\|")} | ${says(outcome)} |`).join("\n");
  return `# Conformance with ingress-nginx

[\`test/conformance/ingress-nginx.test.ts\`](../test/conformance/ingress-nginx.test.ts) writes this page. It runs each case of
\`../shared/conformance/ingress-nginx.json\` through the compiler and the worker on workerd, before load balancers of
single Services: the edge alone does what the annotations say. \`use-forwarded-headers\` of the controller's ConfigMap is
\`--trusted-proxy\` here.

Of ${outcomes.length} cases, ${passed} hold.

## Reported by the compiler

These ${reported} do not hold, for the compiler stops at them with an error. With \`--lenient\`, which does what the controller does, they hold:

| Case | Reported |
| --- | --- |
${rowsOf(
  failed.filter((outcome) => outcome.reported.length > 0),
  reportedOf,
)}

## Habits without an annotation

Not holding, and no diagnostic says so, for ingress-nginx does it without being asked: ${wrong}.

| Case | In ingress-nginx |
| --- | --- |
${rowsOf(failed.filter(isWrong), ({ name }) => HABITS[name] ?? "")}
`;
}

/** Codes with the annotations, or other things, that they name first. */
function reportedOf({ reported }: Outcome): string {
  const about = Map.groupBy(reported, ({ code }) => code);
  const codes = [...about].map(([code, diagnostics]) => {
    const names = diagnostics.map(({ message }) => /^Ingress \S+: ([a-z][\w-]*) /.exec(message)?.[1] ?? "");
    return `[${code}](diagnostics/${code}.md) ${[...new Set(names)].sort().join(", ")}`.trim();
  });
  return codes.join("; ");
}
