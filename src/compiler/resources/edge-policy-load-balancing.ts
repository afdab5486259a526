import * as z from "zod";
import {
  DEFAULT_LOAD_BALANCING,
  DEFAULT_SESSION,
  HASH_SOURCES,
  type LoadBalancing,
} from "../../table/policies/load-balancing.ts";
import { duration } from "./durations.ts";
import { httpToken } from "./names.ts";
import { between, exactly, type Fields, formed, integer, oneOf, type Report, rule } from "./schema.ts";

const TYPES = ["Nearest", "Weighted", "LeastLatency", "ConsistentHash"] as const satisfies LoadBalancing["type"][];

/** What browsers cut a cookie's life to (RFC 6265bis, 5.5). */
const LONGEST_COOKIE = 400 * 24 * 3_600_000;

/** The sources that need a name; that of a query parameter may be any text. */
const NAMED: readonly string[] = ["Header", "Cookie", "QueryParam"];

const consistentHash = exactly({
  type: oneOf(HASH_SOURCES),
  name: z.string().nullish(),
  boundedLoad: z.number().check(rule(boundRule)).nullish(),
}).check(between(nameOfSource));

const sessionPersistence = exactly({
  sessionName: z.string().check(formed("EI1237", "the session's cookie", httpToken)),
  absoluteTimeout: duration("the timeout", { least: 1000, most: LONGEST_COOKIE, orZero: true }).nullish(),
});

/** `spec.loadBalancing` of an EdgePolicy. */
export const loadBalancing = exactly({
  type: oneOf(TYPES).nullish(),
  consistentHash: consistentHash.nullish(),
  sessionPersistence: sessionPersistence.nullish(),
  healthyPanicThreshold: integer(0, 100, "EI1233", "healthyPanicThreshold").nullish(),
})
  .check(between(hashWithType))
  .transform(({ type, consistentHash: hash, sessionPersistence: session, healthyPanicThreshold }): LoadBalancing => {
    const { sessionName = "", absoluteTimeout } = session ?? {};
    return {
      type: type ?? DEFAULT_LOAD_BALANCING.type,
      consistentHash: hash
        ? { type: hash.type, name: hash.name ?? "", template: [], boundedLoad: hash.boundedLoad ?? 0 }
        : null,
      sessionPersistence: session
        ? { ...DEFAULT_SESSION, sessionName, absoluteTimeout: Math.ceil((absoluteTimeout ?? 0) / 1000) }
        : null,
      healthyPanicThreshold: healthyPanicThreshold ?? DEFAULT_LOAD_BALANCING.healthyPanicThreshold,
    };
  });

/** Envoy's hash_balance_factor: under the mean there is no room for all requests. */
function boundRule(bound: number, report: Report): void {
  if (bound === 0 || (Number.isInteger(bound) && bound >= 100 && bound <= 10_000)) return;
  const message = `boundedLoad ${bound} must be a whole number of per cent of the mean from 100 to 10000, or 0`;
  report({ code: "EI1233", message });
}

function nameOfSource({ type, name }: Fields, report: Report): void {
  if (typeof type !== "string") return;
  if (!NAMED.includes(type)) {
    if (name === undefined || name === null) return;
    report({ code: "EI1239", message: `a hash of ${type} takes no name`, path: ["name"], part: "key" });
  } else if (name === undefined || name === null || name === "") {
    report({ code: "EI1239", message: `a hash of ${type} needs a name` });
  } else if (typeof name === "string" && type !== "QueryParam") {
    const reason = httpToken(name);
    if (reason !== null)
      report({ code: "EI1237", message: `the name ${JSON.stringify(name)} ${reason}`, path: ["name"] });
  }
}

function hashWithType({ type, consistentHash: hash }: Fields, report: Report): void {
  const isHash = type === "ConsistentHash";
  const isWritten = hash !== undefined && hash !== null;
  if (isWritten && !isHash) {
    const message = "consistentHash is only used with `type: ConsistentHash`";
    report({ code: "EI1239", message, path: ["consistentHash"], part: "key" });
  } else if (isHash && !isWritten) {
    report({ code: "EI1239", message: "ConsistentHash needs `consistentHash`, which says of what", path: ["type"] });
  }
}
