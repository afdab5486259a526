import { type HostRouter, matchReadings, type RequestView } from "../../table/match.ts";
import type { Rule } from "../../table/model.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import { openTable, type Table } from "../../table/reader.ts";
import { normaliseTarget, type RequestTarget } from "../../table/target.ts";
import { rememberedOf } from "../remembered.ts";
import type { Answer, DiffInput, Witness } from "./change.ts";

interface PolicyTexts {
  readonly policies: Readonly<Record<string, string>>;
  /** All of them in one. */
  readonly allPolicies: string;
}

/** What a rule does with a request, part by part, each as a text that is equal where the effect is. */
export interface Effect extends PolicyTexts {
  readonly backends: string;
  readonly timeouts: string;
}

export type Decision =
  | { readonly kind: "rule"; readonly rule: Rule; readonly router: HostRouter; readonly target: RequestTarget }
  | { readonly kind: "answer"; readonly status: 400 | 404; readonly reason: string };

/** One of the two routers, asked by the edge's own normalisation and matcher. */
export class Side {
  readonly table: Table;
  readonly #hosts: ReadonlyMap<string, DiffInput["report"]["hosts"][number]>;
  /** Rules of one table share what stands there once. */
  readonly #policiesOf = rememberedOf((policies: Rule["policies"]): PolicyTexts => {
    const texts = policyTexts(policies, this.table);
    return { policies: texts, allPolicies: JSON.stringify(texts) };
  });
  readonly #backendsOf = rememberedOf((backends: Rule["backends"]) =>
    JSON.stringify(
      backends.map(({ name, weight, served, targets }) => ({
        name,
        weight,
        served,
        targets: targets.map((target) => [target.weight, endpointText(target.endpoint.index, this.table)]),
      })),
    ),
  );
  readonly effectOf = rememberedOf(
    ({ policies, backends, requestTimeout, backendRequestTimeout }: Rule): Effect => ({
      ...this.#policiesOf(policies),
      backends: this.#backendsOf(backends),
      timeouts: `${requestTimeout} ${backendRequestTimeout}`,
    }),
  );
  /** Equal for two hosts of which no request tells one from the other: the same rules in the same order. */
  readonly signatureOf = rememberedOf(({ rules }: HostRouter): string => {
    // Each part is JSON or numbers, and so without a line break.
    const parts = rules.flatMap((rule) => {
      const { allPolicies, backends, timeouts } = this.effectOf(rule);
      return [JSON.stringify([rule.pathType, rule.path, rule.conditions]), allPolicies, backends, timeouts];
    });
    return parts.join("\n");
  });

  /** Throws where the table can't be read, or the report is that of another one. */
  constructor({ table: bytes, report }: DiffInput) {
    const opened = openTable(bytes.slice().buffer);
    if (!opened.ok) throw new Error(`the table can't be read: ${opened.reason}`);
    if (opened.table.contentHash !== report.contentHash) throw new Error("the report is that of another table");
    this.table = opened.table;
    this.#hosts = new Map(report.hosts.map((host) => [host.hostname, host]));
  }

  hostnames(): string[] {
    return Array.from({ length: this.table.hostCount }, (_, index) => this.table.hostname(index));
  }

  decide({ method, url, headers }: Witness): Decision {
    const normalised = normaliseTarget(url);
    if (!normalised.ok) return { kind: "answer", status: 400, reason: normalised.reason };
    const { target } = normalised;
    const router = this.table.routerFor(target.host);
    if (router === null) return { kind: "answer", status: 404, reason: "no rule is for this host" };
    const view: RequestView = {
      method,
      header: (name) => headers.find(([one]) => one === name)?.[1] ?? null,
      queryParam: (name) => new URLSearchParams(target.query).get(name),
    };
    const rule = matchReadings(router, target, view);
    if (rule === null) return { kind: "answer", status: 404, reason: `no rule of ${router.hostname} takes this path` };
    if (rule === "ambiguous")
      return { kind: "answer", status: 400, reason: "servers read this path in different ways" };
    return { kind: "rule", rule, router, target };
  }

  answerOf(decision: Decision): Answer {
    if (decision.kind === "answer") return { status: decision.status, reason: decision.reason };
    const { rule, router } = decision;
    const at = this.#hosts.get(router.hostname)?.rules[router.rules.indexOf(rule)]?.at ?? null;
    const name = router.hostname === "*" ? "any host" : router.hostname;
    return { rule: `${rule.pathType} ${rule.path} of ${name}`, from: rule.name, at };
  }
}

/** Each policy that is set, with the numbers of endpoints, which are those of one table, as endpoints. */
function policyTexts(policies: RulePolicies, table: Table): Readonly<Record<string, string>> {
  const named = (key: string, value: unknown): unknown =>
    key === "endpoint" && typeof value === "number" ? endpointText(value, table) : value;
  // Most are not set, and a text made with a function costs ten times as much.
  const textOf = (value: unknown) => (value === null ? "null" : JSON.stringify(value, named));
  return Object.fromEntries(Object.entries(policies).map(([field, value]) => [field, textOf(value)]));
}

function endpointText(index: number, table: Table): string {
  const { id, host, transport, binding, zone } = table.endpoint(index);
  return JSON.stringify([id, host, transport, binding, zone]);
}
