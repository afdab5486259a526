import { stringify } from "yaml";
import type { Report } from "../report.ts";
import type { LoggedRequest } from "./access-log.ts";
import type { TableAnswer, TableAsker } from "./ask.ts";
import { servicesOf } from "./judge.ts";

/** Why a logged request makes no test. */
export type PassedOver =
  | "of a host that the log does not name (--host)"
  | "with something in the path that may be a secret"
  | "to a Service that no rule of these manifests leads to"
  | "that were answered, and that no rule takes"
  | "that lines of a snippet may lead elsewhere, by what the log does not tell";

interface Recorded {
  readonly method: string;
  readonly url: string;
  readonly expect: Readonly<Record<string, unknown>>;
}

/** How segments are written that may be secrets or name a person: a random text, a long number, an address of mail. */
const REDACTED = "redacted";
const TELLING = [/^(?=.*[a-z])(?=.*\d)[\w.~=+%-]{16,}$/i, /^[\w~=+-]{32,}$/, /^eyJ/, /^\d{6,}$/, /@|%40/i, /[;=]/];

/**
 * Gathers tests from logged requests: one for each rule, method and Service, the one of the shortest path. Where the log
 * names the Service that a controller chose, that is what is expected; else what the table says now. Neither headers nor
 * queries are in a test, and no segment of a path that may be a secret.
 */
export class Recorder {
  readonly #asker: TableAsker;
  readonly #host: string | null;
  /** Services by the name that ingress-nginx gives their upstream. */
  readonly #services: ReadonlyMap<string, string>;
  readonly #hosts: readonly string[];
  readonly #secure: ReadonlySet<string>;
  readonly #tests = new Map<string, Recorded>();
  readonly passedOver = new Map<PassedOver, number>();

  constructor(asker: TableAsker, { hosts, tls }: Report, host: string | null) {
    this.#asker = asker;
    this.#host = host;
    const rules = hosts.flatMap((each) => each.rules);
    const services = rules.flatMap(({ backends }) => backends.map(({ service }) => service));
    this.#services = new Map(services.map((name) => [name.replace(/[/:]/g, "-"), name]));
    this.#hosts = hosts.map(({ hostname }) => hostname);
    this.#secure = new Set(tls.map(({ hostname }) => hostname));
  }

  add(logged: LoggedRequest): void {
    const service = logged.upstream === null ? null : (this.#services.get(logged.upstream) ?? null);
    if (logged.upstream !== null && service === null && !logged.upstream.includes("default-backend")) {
      this.#passOver("to a Service that no rule of these manifests leads to");
      return;
    }
    const host = this.#host ?? logged.host ?? this.#hostFor(logged, service);
    if (host === null) {
      this.#passOver("of a host that the log does not name (--host)");
      return;
    }
    const { method } = logged;
    const asked = (path: string) => this.#asker.ask({ method, url: `http://${host}${path}`, headers: [] });
    const path = withoutSecrets(logged.path);
    const answer = asked(path);
    if (path !== logged.path && takenId(answer) !== takenId(asked(logged.path))) {
      this.#passOver("with something in the path that may be a secret");
      return;
    }
    if (answer.untold !== null) {
      this.#passOver("that lines of a snippet may lead elsewhere, by what the log does not tell");
      return;
    }
    const expect = expectationsOf(answer, service, logged.status);
    if (expect === null) {
      this.#passOver("that were answered, and that no rule takes");
      return;
    }
    const scheme = this.#secure.has(host.toLowerCase()) ? "https" : "http";
    const key = `${method} ${takenId(answer) ?? host} ${JSON.stringify(expect)}`;
    const before = this.#tests.get(key);
    const url = `${scheme}://${host}${path}`;
    if (before !== undefined && !isShorter(url, before.url)) return;
    this.#tests.set(key, { method, url, expect });
  }

  get count(): number {
    return this.#tests.size;
  }

  /** A RouteTest, the same for the same requests in any order; ends with a line break. */
  toYaml(): string {
    const text = (value: unknown) => JSON.stringify(value);
    const tests = [...this.#tests.values()].sort((a, b) =>
      text([a.url, a.method, a.expect]) < text([b.url, b.method, b.expect]) ? -1 : 1,
    );
    return stringify({
      apiVersion: "edge-ingress.dev/v1alpha1",
      kind: "RouteTest",
      metadata: { name: "recorded" },
      spec: { tests: tests.map(({ method, url, expect }) => ({ request: { method, url }, expect })) },
    });
  }

  /** The only host whose rules lead the path to the Service; null where there is none, or more than one. */
  #hostFor({ method, path }: LoggedRequest, service: string | null): string | null {
    if (service === null) return null;
    const leading = this.#hosts.filter((hostname) => {
      const host = hostname === "*" ? "any-other.invalid" : hostname.replace(/^\*/, "any-other");
      const { taken } = this.#asker.ask({ method, url: `http://${host}${path}`, headers: [] });
      return taken?.report.backends.some((backend) => backend.service === service);
    });
    // A wildcard stands for hosts that the log would have to name.
    const [only, other] = leading;
    return only === undefined || other !== undefined || only.startsWith("*") ? null : only;
  }

  #passOver(why: PassedOver): void {
    this.passedOver.set(why, (this.passedOver.get(why) ?? 0) + 1);
  }
}

function withoutSecrets(path: string): string {
  const segments = path.split("/");
  return segments.map((segment) => (TELLING.some((form) => form.test(segment)) ? REDACTED : segment)).join("/");
}

function takenId({ taken }: TableAnswer): string | null {
  return taken === null ? null : JSON.stringify([taken.hostname, taken.report.at, taken.report.match.path.value]);
}

/** Null where a request had an answer that these manifests do not explain. */
function expectationsOf(answer: TableAnswer, service: string | null, status: number): Recorded["expect"] | null {
  const { taken } = answer;
  // What the controller did is the truth, also where these manifests say something else: then the test fails.
  if (service !== null && (taken === null || taken.report.backends.length < 2)) return { service };
  if (taken === null) return status === answer.status ? { route: "none", status } : null;
  const ingress = taken.report.from.replace(/^Ingress /, "");
  const { path } = taken.report.match;
  const isRule = taken.report.role === "rule" && taken.report.from.startsWith("Ingress ");
  const value = path.type === "RegularExpression" ? path.written : path.value;
  const services = servicesOf(taken.report).split(", ");
  return {
    ...(isRule && { route: { ingress, path: value } }),
    ...(services[0] !== "no service" && { service: services.length === 1 ? services[0] : services }),
    ...(!isRule && services[0] === "no service" && { route: { host: taken.hostname } }),
  };
}

function isShorter(a: string, b: string): boolean {
  return a.length < b.length || (a.length === b.length && a < b);
}
