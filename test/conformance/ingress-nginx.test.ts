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
}

const cases = readNginxCases();

describe.skipIf(cases === null)("ingress-nginx.json", () => {
  const outcomes: Outcome[] = [];

  // Ports are claimed and then listened at, which others on the machine may do in between.
  test.each(cases ?? [])("$name", { retry: 2 }, async (one) => {
    const outcome = await outcomeOf(one);
    outcomes.push(outcome);
    if (isWrong(outcome) && !(outcome.name in HABITS)) expect(outcome.missing).toEqual([]);
  });

  test("docs/conformance.md lists what does not hold, and the README counts it", () => {
    if (outcomes.length !== cases?.length) return;
    const habits = outcomes.filter(isWrong).map(({ name }) => name);
    expect(habits.sort(), "what holds, or is reported, is no longer among HABITS").toEqual(Object.keys(HABITS).sort());
    const { passed, reported, wrong } = countsOf(outcomes);
    const row = `| ${passed} of ${outcomes.length}; ${reported} are reported by the compiler; habits without an annotation: ${wrong}`;
    const page = pageOf(outcomes);
    if (process.env.UPDATE_GOLDEN === "1") {
      writeFileSync(PAGE, page);
      const counted = /\| \d+ of \d+; \d+ are reported by the compiler; habits without an annotation: \d+/;
      writeFileSync(README, readFileSync(README, "utf8").replace(counted, row));
    }
    expect(readFileSync(README, "utf8")).toContain(row);
    expect(readFileSync(PAGE, "utf8")).toBe(page);
  });

  afterAll(() => {
    const { passed, reported, wrong } = countsOf(outcomes);
    console.log(
      `ingress-nginx conformance: ${passed} of ${outcomes.length} pass, ${reported} reported by the compiler, ${wrong} wrong`,
    );
  });
});

const isWrong = ({ missing, reported }: Outcome) => missing.length > 0 && reported.length === 0;

async function outcomeOf(one: NginxCase): Promise<Outcome> {
  const world = await worldOf(one);
  try {
    const { output, diagnostics } = world.result;
    const reported = diagnostics.filter(({ severity }) => severity !== "info");
    if (output === null) return { name: one.name, missing: ["it is not compiled"], reported };
    const edge = await world.serve();
    try {
      const missing: string[] = [];
      for (const request of one.requests) missing.push(...(await missingOf(request, edge, world)));
      return { name: one.name, missing, reported };
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

These ${reported} do not hold, and an error or a warning says so:

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
