import { printable } from "../diagnostics/printable.ts";
import { block, cell, code } from "../markdown.ts";
import { type Paint, plain } from "../paint.ts";
import type { Contender, Explanation, Move, OpenLines, Outcome, RuleReport, Source } from "./explanation.ts";

type Filter = NonNullable<RuleReport["filters"]>[number];

const INDENT = "  ";

/** An explanation for people; never ends with a line break, and holds nothing that acts on a terminal. */
export function formatExplanation(explanation: Explanation, paint: Paint = plain): string {
  const { request, taken, moves, losing, outcome, undecided, diagnostics } = explanation;
  const blocks = [
    [`${request.method} ${request.url}`, ...targetLines(explanation)],
    ...(moves.length === 0 ? [] : [["led on", ...moves.flatMap(moveLines)]]),
    ...(taken === null
      ? [[...outcomeLines(outcome), ...indented(undecided.map(openLine))]]
      : takenBlocks(taken, explanation)),
    ...(losing.length === 0 ? [] : [["loses", ...losing.flatMap(losingLines)]]),
    ...(diagnostics.length === 0 ? [] : [["reported", ...diagnostics.map(diagnosticLine)]]),
  ];
  return blocks
    .map((lines) => {
      const [head = "", ...rest] = lines.map(printable);
      return [paint(/^[45]\d\d:/.test(head) ? "error" : "strong", head), ...rest].join("\n");
    })
    .join("\n\n");
}

/** The same for a ticket or a pull request: what becomes of the request, and all the rest as it is. `live` is what `formatLive` says. */
export function formatExplanationMarkdown(explanation: Explanation, live: string | null): string {
  const { request } = explanation;
  const text = [formatExplanation(explanation), ...(live === null ? [] : [live])].join("\n\n");
  return `**${code(`${request.method} ${request.url}`)}: ${cell(answerLine(explanation))}**\n\n${block(text)}`;
}

/** What becomes of the request, on one line. */
export function answerLine({ taken, moves, answered, outcome, undecided }: Explanation): string {
  const said =
    taken === null
      ? (outcomeLines(outcome)[0] ?? "")
      : `taken by ${name(taken)}, ${taken.rule.from}${place(taken.rule.at)}`;
  return [
    ...moves.map(moveLine),
    said,
    ...(answered === null ? [] : [answeredLine(answered)]),
    ...undecided.map(openLine),
  ].join("; ");
}

/** Which lines lead a request from which rule to which path. */
export function moveLine({ from, by, path }: Move): string {
  return `led from ${name(from)} to ${path} by ${sourceText(by)}`;
}

/** Which rule it is, and why it takes or loses. */
export function contenderLine(contender: Contender): string {
  return `${name(contender)}: ${contender.why}`;
}

function targetLines({ target }: Explanation): string[] {
  if (target === null) return [];
  const { host, path, others, query } = target;
  return indented([
    `host   ${host}`,
    `path   ${path}${query}`,
    ...others.map((other) => `or     ${other}, as some servers read it`),
  ]);
}

function outcomeLines(outcome: Outcome): string[] {
  switch (outcome.kind) {
    case "refused":
      return [`400: ${outcome.reason}`];
    case "misled":
      return [`${outcome.status}: ${outcome.reason}`];
    case "not-found":
      return [`404: ${outcome.reason}`];
    case "ambiguous": {
      const readings = outcome.readings.map(
        ({ path, contender }) => `${path} leads to ${contender === null ? "no rule" : name(contender)}`,
      );
      return ["400: servers read this path in ways that lead to different rules", ...indented(readings)];
    }
    case "matched":
      return [];
  }
}

function takenBlocks(taken: Contender, { endpoints, answered, undecided }: Explanation): string[][] {
  const { rule } = taken;
  const { policies, filters = [], alsoFrom, timeouts } = rule;
  const merged = alsoFrom.map(({ from, at }) => `and in ${from}${place(at)}, which is merged into it`);
  const head = [
    `taken by ${name(taken)}`,
    ...indented([
      `${rule.from}${place(rule.at)}`,
      ...merged,
      `why: ${taken.why}`,
      ...(answered === null ? [] : [answeredLine(answered)]),
      ...undecided.map(openLine),
    ]),
  ];
  const addresses = new Map(endpoints.map((endpoint) => [endpoint.id, endpoint]));
  const backends = rule.backends.flatMap(({ service, weight, targets }) => [
    `${service}${rule.backends.length > 1 ? `, weight ${weight}` : ""}`,
    ...indented(
      targets.map(({ endpoint, cluster, share }) => {
        const told = addresses.get(endpoint);
        const way =
          told === undefined
            ? endpoint
            : `${told.address}, ${told.mode} mode, Host of the ${told.host}, ${told.transport.name}`;
        return `${cluster}  ${percent(share)}  ${way}${told === undefined ? "" : place(told.at)}`;
      }),
    ),
  ]);
  const limits = `at most ${timeouts.request} ms in all, ${timeouts.backendRequest} ms for each try (0: no limit)`;
  return [
    head,
    policies.length === 0
      ? ["no policies"]
      : ["policies, in the order in which they act", ...indented(policies.map(policyLine))],
    ...(filters.length === 0 ? [] : [["filters", ...indented(filters.map(filterLine))]]),
    backends.length === 0
      ? [rule.role === "login" ? "answered by the edge itself, for the login" : "no backend: 404"]
      : ["goes to", ...indented([...backends, limits])],
  ];
}

function moveLines(move: Move): string[] {
  const { from, by, path } = move;
  return indented([
    `from ${name(from)}, ${from.rule.from}${place(from.rule.at)}`,
    ...indented([`why: ${from.why}`, `by ${sourceText(by)}`, `to ${path}`]),
  ]);
}

function answeredLine({ by, status }: NonNullable<Explanation["answered"]>): string {
  return `answered with ${status} by ${sourceText(by)}`;
}

function openLine({ by, about, to }: OpenLines): string {
  const does = to.length === 0 ? "answers it" : `leads it to ${to.join(" or ")}`;
  return `unless ${sourceText(by)} ${does} first, which depends on ${about}: --live tells`;
}

function sourceText({ from, at }: Source): string {
  return `${from}${place(at)}`;
}

function policyLine({ field, from, at, sets }: RuleReport["policies"][number]): string {
  return `${field}  ${JSON.stringify(sets)}  ${from}${place(at)}`;
}

function filterLine({ type, from, at, sets }: Filter): string {
  return `${type}  ${JSON.stringify(sets)}  ${from}${place(at)}`;
}

function losingLines(contender: Contender): string[] {
  return indented([contenderLine(contender), ...indented([`${contender.rule.from}${place(contender.rule.at)}`])]);
}

function diagnosticLine({ code, severity, message }: Explanation["diagnostics"][number]): string {
  return `${INDENT}${severity}[${code}]: ${message}`;
}

function name({ hostname, rule }: Contender): string {
  const { path, method, headers, queryParams } = rule.match;
  const more = [
    ...(method === null ? [] : [method]),
    ...headers.map((header) => `header ${header.name}`),
    ...queryParams.map((parameter) => `parameter ${parameter.name}`),
  ];
  const host = hostname === "*" ? "any host" : hostname;
  if (rule.role !== "rule" && rule.role !== "login") return `the default backend of ${host}`;
  return `${path.type} ${path.value}${more.length === 0 ? "" : ` (${more.join(", ")})`} of ${host}`;
}

function place(at: string | null): string {
  return at === null ? "" : ` at ${at}`;
}

function percent(share: number): string {
  return `${Math.round(share * 1000) / 10} %`;
}

function indented(lines: readonly string[]): string[] {
  return lines.map((line) => `${INDENT}${line}`);
}
