import { columnsOf, printable } from "../../compiler/diagnostics/printable.ts";
import { type Paint, plain } from "../../compiler/paint.ts";
import {
  backendsEjected,
  type EdgeStatus,
  type EndpointStatus,
  ejectedFor,
  type Standing,
  standingOf,
} from "./schema.ts";

/** So many of the newest probes of each endpoint, of all ejected backends and of all events are shown; JSON has them all. */
const PROBES = 3;
const BACKENDS = 20;
const EVENTS = 10;

const STYLES = { healthy: "good", unknown: "warning", ejected: "error", unhealthy: "error" } as const;
type Look = keyof typeof STYLES | "strong" | "faint";

interface Cell {
  readonly text: string;
  readonly style?: Look;
}
type Row = readonly Cell[];

/** A status for people: what is wrong first in a sentence, then a line for each endpoint, its probes, and events. */
export function formatStatus(status: EdgeStatus, paint: Paint = plain): string {
  const { clusters, events, problem, now } = status;
  const refused = status.published?.problem ?? null;
  const problems = [
    ...(problem === null ? [] : [problemLine(problem, paint)]),
    ...(refused === null ? [] : [refusalLine(refused, paint)]),
  ];
  const blocks = [[...headOf(status), ...problems].join("\n")];
  const rows = clusters.flatMap((cluster) => cluster.endpoints.map((endpoint) => endpointRow(cluster, endpoint, now)));
  if (rows.length > 0) blocks.push(aligned([HEADER, ...rows], paint));
  const ejected = clusters.flatMap(({ endpoints }) => endpoints.flatMap((endpoint) => backendRows(endpoint, now)));
  if (ejected.length > 0) {
    const more = ejected.length > BACKENDS ? [[{ text: `and ${ejected.length - BACKENDS} more` }]] : [];
    blocks.push(`Ejected backends\n${aligned([...ejected.slice(0, BACKENDS), ...more], paint, "  ")}`);
  }
  const probes = clusters.flatMap(({ endpoints }) => endpoints.flatMap((endpoint) => probeRows(endpoint, now)));
  if (probes.length > 0) blocks.push(`Last probes\n${aligned(probes, paint, "  ")}`);
  const shown = events.slice(0, EVENTS).map((event) => eventRow(event, now));
  if (shown.length > 0) blocks.push(`Events\n${aligned(shown, paint, "  ")}`);
  return `${blocks.join("\n\n")}\n`;
}

const HEADER: Row = [
  "CLUSTER",
  "REGION",
  "PRIORITY",
  "ENDPOINT",
  "STATE",
  "SINCE",
  "WAITING",
  "LATENCY",
  "EJECTIONS",
  "WHY",
].map((text) => ({ text, style: "faint" }));

function headOf({ table, published, isolate, clusters, now }: EdgeStatus): string[] {
  const { id, colo, snapshotAge, retryBudget } = isolate;
  const { active, allowed, used } = retryBudget;
  const standings = clusters.flatMap(({ endpoints }) => endpoints.map((endpoint) => standingOf(endpoint, now)));
  const counts = (["healthy", "unhealthy", "ejected", "unknown"] as const)
    .map((standing) => [standings.filter((one) => one === standing).length, standing] as const)
    .filter(([number]) => number > 0)
    .map(([number, standing]) => `${number} ${standing}`);
  const age = snapshotAge === null ? "no health snapshot" : `health snapshot ${duration(snapshotAge)} old`;
  return [
    `${clusters.length} clusters, ${standings.length} endpoints${counts.length === 0 ? "" : `: ${counts.join(", ")}`}`,
    `table ${printable(table).slice(0, 12)}${published?.version == null ? "" : `, version ${published.version}`}${shardsText(published)}, isolate ${printable(id || "-")} in ${printable(colo || "an unknown place")}, ${age}`,
    `retry budget: ${used} of ${allowed} retries used, in an interval of ${active} requests`,
  ];
}

function shardsText(published: EdgeStatus["published"]): string {
  const shards = published?.shards ?? null;
  return shards === null ? "" : `, ${shards.kept} of ${shards.count} shards in memory`;
}

function problemLine(problem: string, paint: Paint): string {
  const line = `${printable(problem)}; the states below are what this isolate knows by itself`;
  return painted({ text: line, style: "unhealthy" }, paint);
}

function refusalLine(problem: string, paint: Paint): string {
  return painted(
    { text: `what is published, or a part of it, does not serve: ${printable(problem)}`, style: "unhealthy" },
    paint,
  );
}

function endpointRow(cluster: EdgeStatus["clusters"][number], endpoint: EndpointStatus, now: number): Row {
  const standing = standingOf(endpoint, now);
  return [
    { text: printable(cluster.name), style: "strong" },
    { text: printable(cluster.region ?? "-") },
    { text: `${cluster.priority}` },
    { text: `${printable(endpoint.mode)} ${printable(endpoint.address)}` },
    { text: stateOf(endpoint, now), style: standing },
    { text: endpoint.since ? duration(now - endpoint.since) : "-" },
    { text: `${endpoint.pending}` },
    { text: endpoint.latency === null ? "-" : duration(endpoint.latency) },
    { text: `${endpoint.ejections}` },
    { text: whyOf(endpoint, now) },
  ];
}

function stateOf(endpoint: EndpointStatus, now: number): string {
  const { state, drained, slowStart } = endpoint;
  const ejected = ejectedFor(endpoint, now);
  return [
    ejected > 0 && state !== "unhealthy" ? "" : state,
    ejected > 0 ? `ejected, ${duration(ejected)} left` : "",
    drained ? "drained" : "",
    slowStart === null ? "" : `slow start at ${Math.round(slowStart * 100)} %`,
  ]
    .filter((part) => part !== "")
    .join(", ");
}

function whyOf({ cause, ejectedUntil, ejectionCause, sharedEjectedUntil }: EndpointStatus, now: number): string {
  const reasons = [
    printable(cause),
    (ejectedUntil ?? 0) > now ? `ejected by this isolate: ${printable(ejectionCause ?? "no cause told")}` : "",
    (sharedEjectedUntil ?? 0) > now ? "ejected by several isolates" : "",
  ].filter((reason) => reason !== "");
  return reasons.join("; ") || "-";
}

function backendRows(endpoint: EndpointStatus, now: number): Row[] {
  return backendsEjected(endpoint, now).map(({ backend, cause, until }) => [
    { text: printable(backend), style: "strong" },
    { text: `from ${printable(endpoint.id)}` },
    { text: `${duration(until - now)} left`, style: "ejected" },
    { text: printable(cause) },
  ]);
}

function probeRows({ id, lastProbes }: EndpointStatus, now: number): Row[] {
  return lastProbes
    .slice(0, PROBES)
    .map(({ at, took, ok, cause, location }, index) => [
      { text: index === 0 ? printable(id) : "" },
      { text: ago(now - at) },
      { text: ok ? "good" : "bad", style: ok ? "healthy" : "unhealthy" },
      { text: `in ${duration(took)}` },
      { text: printable(cause) },
      { text: location === "" ? "" : `from ${printable(location)}` },
    ]);
}

function eventRow({ at, endpoint, from, to, cause }: EdgeStatus["events"][number], now: number): Row {
  return [
    { text: ago(now - at) },
    { text: printable(endpoint) },
    { text: `${from} → ${to}`, style: to satisfies Standing },
    { text: printable(cause) },
  ];
}

function ago(milliseconds: number): string {
  return `${duration(milliseconds)} ago`;
}

/** Two units at most: `350 ms`, `12 s`, `3 m 12 s`, `2 d 4 h`. */
export function duration(milliseconds: number): string {
  const whole = Math.max(0, Math.round(milliseconds));
  if (whole < 1000) return `${whole} ms`;
  const seconds = Math.floor(whole / 1000);
  if (seconds < 60) return `${seconds} s`;
  const minutes = Math.floor(seconds / 60);
  if (minutes < 60) return `${minutes} m ${seconds % 60} s`;
  const hours = Math.floor(minutes / 60);
  if (hours < 24) return `${hours} h ${minutes % 60} m`;
  return `${Math.floor(hours / 24)} d ${hours % 24} h`;
}

function aligned(rows: readonly Row[], paint: Paint, indent = ""): string {
  const columns = Math.max(...rows.map((row) => row.length));
  const widths = Array.from({ length: columns }, (_, at) => Math.max(...rows.map((row) => widthOf(row[at]?.text))));
  return rows
    .map((row) => {
      const last = row.findLastIndex(({ text }) => text !== "");
      const cells = row.slice(0, last + 1).map((cell, at) => {
        const missing = at === last ? 0 : (widths[at] as number) - widthOf(cell.text);
        return painted(cell, paint) + " ".repeat(missing);
      });
      return indent + cells.join("  ");
    })
    .join("\n");
}

function widthOf(text = ""): number {
  return [...text].reduce((width, character) => width + columnsOf(character), 0);
}

function painted({ text, style }: Cell, paint: Paint): string {
  if (style === undefined || text === "") return text;
  return paint(style === "strong" || style === "faint" ? style : STYLES[style], text);
}
