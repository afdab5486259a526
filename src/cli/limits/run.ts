import * as z from "zod";
import { printable } from "../../compiler/diagnostics/printable.ts";
import { durationText } from "../../compiler/resources/durations.ts";
import { UsageError } from "../output.ts";
import { refused, STATUS_TIMEOUT, unreachable } from "../status/ask.ts";
import { checkedToken, leavesInTheClear } from "../status/run.ts";

export interface LimitsOptions {
  /** Null: the buckets from which the most is taken. */
  readonly key: string | null;
  readonly limit?: string;
  readonly reset: boolean;
  /** The edge's origin, without a slash at its end. */
  readonly url: string;
  readonly token: string | undefined;
  readonly format: "text" | "json";
}

const count = z.number();
const isolateSchema = z.object({
  admitted: count,
  refused: count,
  wouldRefuse: count,
  failedOpen: count,
  failedClosed: count,
  asked: count,
});
const limitsSchema = z.object({
  concurrency: z.array(
    z.object({
      id: z.string(),
      maxRequests: count,
      shadow: z.boolean(),
      isolate: isolateSchema,
      problem: z.string().nullable(),
      keys: z.array(z.object({ key: z.string(), used: count, admitted: count, refused: count })),
    }),
  ),
  limits: z.array(
    z.object({
      id: z.string(),
      requests: count,
      period: count,
      burst: count,
      mode: z.string(),
      shadow: z.boolean(),
      quota: z.string().nullable(),
      isolate: isolateSchema,
      problem: z.string().nullable(),
      buckets: z.array(
        z.object({
          key: z.string(),
          left: count,
          burst: count,
          reset: count,
          held: count,
          admitted: count,
          refused: count,
          used: count.nullable(),
        }),
      ),
    }),
  ),
});
type Limits = z.infer<typeof limitsSchema>;

/** Prints the limits of an edge, or makes one bucket full again. Exit code: 0 done, 2 there is no answer. */
export async function runLimits(options: LimitsOptions): Promise<void> {
  const { key, limit, reset, url, format } = options;
  const token = checkedToken(options.token);
  if (reset && (key === null || limit === undefined)) {
    throw new UsageError("--reset needs a key and --limit: `edge-ingress limits` shows both");
  }
  if (leavesInTheClear(url)) process.stderr.write(`edge-ingress: the token goes to ${url} unencrypted; use https\n`);
  const query = new URLSearchParams({ ...(limit !== undefined && { limit }), ...(key !== null && { key }) });
  const asked = await ask(`${url}/.edge-ingress/limits?${query}`, token, reset ? "POST" : "GET", url);
  if (typeof asked === "string") {
    process.stderr.write(`edge-ingress: ${asked}\n`);
    process.exitCode = 2;
    return;
  }
  process.stdout.write(
    format === "json" ? `${JSON.stringify(asked.json, null, 2)}\n` : formatLimits(asked.limits, key),
  );
}

/** The answer, or a sentence why there is none. */
async function ask(
  url: string,
  token: string,
  method: string,
  origin: string,
): Promise<{ readonly limits: Limits; readonly json: unknown } | string> {
  try {
    const response = await fetch(url, {
      method,
      headers: { authorization: `Bearer ${token}`, accept: "application/json" },
      // Another place must not get the token.
      redirect: "manual",
      signal: AbortSignal.timeout(STATUS_TIMEOUT),
    });
    const text = await response.text();
    const json: unknown = JSON.parse(text.startsWith("{") ? text : "{}");
    const told = z.object({ problem: z.string() }).safeParse(json);
    if (told.success) return `${origin}: ${printable(told.data.problem)}`;
    if (response.status !== 200) {
      const answer = refused(origin, response);
      return answer.ok ? "" : answer.problem;
    }
    const parsed = limitsSchema.safeParse(json);
    if (parsed.success) return { limits: parsed.data, json };
    return `${origin} answers with something that this version can't read: use the version of edge-ingress that the edge was deployed with`;
  } catch (error) {
    if (error instanceof SyntaxError)
      return `${origin} answers with something else than JSON: does edge-ingress listen there?`;
    return unreachable(origin, error, STATUS_TIMEOUT);
  }
}

function formatLimits({ limits, concurrency }: Limits, key: string | null): string {
  if (limits.length + concurrency.length === 0) return "no limits\n";
  const texts = [...limits.map((limit) => formatLimit(limit, key)), ...concurrency.map(formatConcurrency)];
  return texts.join("\n");
}

function formatConcurrency({ id, maxRequests, shadow, isolate, keys, problem }: Limits["concurrency"][number]): string {
  const lines = [
    `${printable(id)}  ${maxRequests} at a time${shadow ? ", shadow" : ""}`,
    ...isolateLines(isolate, shadow),
    ...keys.map(({ key, used, admitted, refused: over }) => {
      const name = key === "" ? "all requests" : printable(key);
      return `  ${name}: ${used} of ${maxRequests} under way; ${admitted} admitted, ${over} refused`;
    }),
  ];
  if (problem !== null) lines.push(`  its objects ${printable(problem)}`);
  else if (keys.length === 0) lines.push("  nothing is under way");
  return `${lines.join("\n")}\n`;
}

function isolateLines(
  { admitted, refused: over, wouldRefuse, failedOpen, failedClosed, asked }: z.infer<typeof isolateSchema>,
  shadow: boolean,
): string[] {
  const lines = [
    `  this isolate: ${admitted} admitted, ${shadow ? `${wouldRefuse} would be refused` : `${over} refused`}, ${asked} object requests`,
  ];
  if (failedOpen > 0) lines.push(`  could not be asked and let pass: ${failedOpen}`);
  if (failedClosed > 0) lines.push(`  could not be asked and refused: ${failedClosed}`);
  return lines;
}

function formatLimit(
  { id, requests, period, burst, mode, shadow, quota, isolate, buckets, problem }: Limits["limits"][number],
  key: string | null,
): string {
  const lines = [
    `${printable(id)}  ${quota === null ? `${requests} in ${durationText(period)}, ${burst} at once, ${mode}` : `as the key's plan says, each ${quota} in UTC`}${shadow ? ", shadow" : ""}`,
    ...isolateLines(isolate, shadow),
  ];
  for (const bucket of buckets) {
    if (bucket.used !== null) {
      lines.push(`  ${printable(bucket.key)}: ${quotaText(bucket)}`);
      continue;
    }
    const held = bucket.held > 0 ? `, ${bucket.held} lent` : "";
    const full = bucket.reset > 0 ? `, full in ${durationText(Math.ceil(bucket.reset / 1000) * 1000)}` : "";
    const name = bucket.key === "" ? "all requests" : printable(bucket.key);
    lines.push(
      `  ${name}: ${bucket.left} of ${bucket.burst} left${full}${held}; ${bucket.admitted} admitted, ${bucket.refused} refused`,
    );
  }
  if (problem !== null) lines.push(`  its objects ${printable(problem)}`);
  else if (buckets.length === 0 && mode === "local") lines.push("  the platform's counters can't be read");
  else if (buckets.length === 0 && key === null) lines.push("  nothing is used");
  return `${lines.join("\n")}\n`;
}

function quotaText({ used, left, burst, reset, refused: over }: Limits["limits"][number]["buckets"][number]): string {
  const ends = `the window ends in ${durationText(Math.ceil(reset / 1000) * 1000)}`;
  // The object knows the plan of those that came alone.
  if (burst === 0) return `${used} used; ${ends}`;
  return `${used} used, ${left} of ${burst} left; ${ends}; ${over} refused`;
}
