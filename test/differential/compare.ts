import type { Asked } from "./requests.ts";
import type { Seen } from "./wire/backend.ts";
import type { Message } from "./wire/messages.ts";

/** What came of a request: the client's answer, and what Services were asked for it. */
export interface Outcome {
  /** Null: the connection was closed in the place of an answer. */
  readonly answer: Message | null;
  readonly seen: readonly Seen[];
}

/** One thing in which both differ; null: not there. */
export interface Disagreement {
  /** `status`, `services`, `upstream target`, `upstream header NAME`, `header NAME`, … */
  readonly what: string;
  readonly nginx: string | null;
  readonly edge: string | null;
  readonly asked: Asked;
  readonly outcomes: { readonly nginx: Outcome; readonly edge: Outcome };
}

/** Headers that are not compared, by name, each with the reason. */
export const NOT_COMPARED: Readonly<Record<string, string>> = {
  date: "the time of the answer",
  connection: "of one connection, and there are two",
  "keep-alive": "of one connection",
  "transfer-encoding": "the framing of one connection",
  "content-length": "the framing of one connection; bodies are compared themselves",
  "cf-connecting-ip": "how the test tells both who asks; nginx is told to take it off",
};

/** An X-Request-ID that the proxy made: 32 hex digits by chance. */
const MADE_ID = /^[0-9a-f]{32}$/;

/** What was compared of a request, and in what both differ. */
export interface Comparison {
  readonly facts: number;
  readonly disagreements: readonly Disagreement[];
}

type Fact = readonly [what: string, nginx: string | null, edge: string | null];

export function compared(asked: Asked, nginx: Outcome, edge: Outcome): Comparison {
  const outcomes: Fact[] = [
    ["status", statusOf(nginx), statusOf(edge)],
    ["services", servicesOf(nginx), servicesOf(edge)],
  ];
  const differing = outcomes.find(differs);
  // Where these differ everything else does, and says nothing more.
  const facts = differing === undefined ? [...outcomes, ...furtherFacts(asked, nginx, edge)] : [differing];
  const both = { nginx, edge };
  const found = facts
    .filter(differs)
    .map(([what, one, other]) => ({ what, nginx: one, edge: other, asked, outcomes: both }));
  return { facts: facts.length, disagreements: found };
}

const differs = ([, nginx, edge]: Fact) => nginx !== edge;

function furtherFacts(asked: Asked, nginx: Outcome, edge: Outcome): readonly Fact[] {
  const sent = (one: Outcome) => headersOf(one.answer?.headers ?? [], asked);
  return [
    ...nginx.seen.flatMap((seen, index) => upstreamFacts(seen, edge.seen[index] as Seen, asked)),
    ...headerFacts("header", sent(nginx), sent(edge)),
    ...(isServices(nginx) ? ([["body", nginx.answer?.body ?? "", edge.answer?.body ?? ""]] as const) : []),
  ];
}

function upstreamFacts(nginx: Seen, edge: Seen, asked: Asked): readonly Fact[] {
  return [
    ["upstream method", nginx.method, edge.method],
    ["upstream target", nginx.target, edge.target],
    ...headerFacts("upstream header", headersOf(nginx.headers, asked), headersOf(edge.headers, asked)),
    ["upstream body", nginx.body, edge.body],
  ];
}

function headerFacts(what: string, nginx: Headers, edge: Headers): readonly Fact[] {
  const names = new Set([...nginx.keys(), ...edge.keys()]);
  return [...names].map((name) => [`${what} ${name}`, nginx.get(name) ?? null, edge.get(name) ?? null] as const);
}

type Headers = ReadonlyMap<string, string>;

function headersOf(all: Message["headers"], asked: Asked): Headers {
  const found = new Map<string, string>();
  const hasId = asked.headers.some(([name]) => name.toLowerCase() === "x-request-id");
  for (const [written, value] of all) {
    const name = written.toLowerCase();
    if (name in NOT_COMPARED) continue;
    const text = name === "x-request-id" && !hasId && MADE_ID.test(value) ? "<made>" : value;
    const before = found.get(name);
    found.set(name, before === undefined ? text : `${before} | ${text}`);
  }
  return found;
}

function statusOf({ answer }: Outcome): string {
  return answer === null ? "closed" : (answer.start.split(" ")[1] ?? "");
}

function servicesOf({ seen }: Outcome): string {
  return seen.map(({ service }) => service).join(", ");
}

/** True where the body is a Service's: pages of errors are each proxy's own. */
function isServices({ answer, seen }: Outcome): boolean {
  return seen.some(({ service }) => answer?.body === service);
}
