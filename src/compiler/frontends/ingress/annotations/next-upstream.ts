import { DEFAULT_RETRY, type Retry, type RetryCondition } from "../../../../table/policies/retry.ts";
import type { Unreadable } from "../../../resources/templates.ts";
import type { FamilyValues } from "./family-values.ts";

const CONDITIONS: Readonly<Record<string, readonly RetryCondition[]>> = {
  error: ["connect-failure", "reset", "platform-error"],
  timeout: ["timeout"],
  // The platform tells a broken answer and a reset one alike.
  invalid_header: ["reset"],
};
const STATUS = /^http_(500|502|503|504|403|404|429)$/;
/** nginx does not repeat these unless it is told to (ngx_http_proxy_module, proxy_next_upstream). */
const NON_IDEMPOTENT = ["POST", "PATCH"];
/** As many as EdgePolicy takes. */
const MOST_ATTEMPTS = 16;

/** What `proxy-next-upstream` and its family come to, between clusters; null without them. */
export function readNextUpstream(values: FamilyValues): Retry | null {
  const on = values.get("proxy-next-upstream", conditionsOf);
  const tries = values.get("proxy-next-upstream-tries", numberOf);
  if ((values.values.get("proxy-next-upstream-timeout") ?? "0") !== "0") {
    values.remark("proxy-next-upstream-timeout", "has no timer of its own: the request's 100 s bound all tries");
  }
  if (on === null && tries === null) return null;
  const name = on === null ? "proxy-next-upstream-tries" : "proxy-next-upstream";
  values.remark(name, "holds for tries in other clusters too; a cluster's own ingress tries its pods by itself");
  const { methods, ...conditions } = on ?? { methods: [] };
  const attempts = tries === null ? 2 : tries === 0 ? MOST_ATTEMPTS : Math.min(tries - 1, MOST_ATTEMPTS);
  return { ...DEFAULT_RETRY, attempts, ...conditions, methods: [...DEFAULT_RETRY.methods, ...methods] };
}

type Conditions = Pick<Retry, "on" | "statuses" | "methods"> & Partial<Pick<Retry, "attempts">>;

function conditionsOf(value: string): Conditions | Unreadable {
  const words = value.split(/\s+/);
  if (words.includes("off")) return { on: [], statuses: [], methods: [], attempts: 0 };
  const statuses = words.flatMap((word) => STATUS.exec(word)?.[1] ?? []).map(Number);
  const others = words.filter((word) => !STATUS.test(word) && word !== "non_idempotent");
  if (others.some((word) => !Object.hasOwn(CONDITIONS, word))) {
    return { problem: "has a word that proxy_next_upstream of nginx does not know" };
  }
  return {
    on: [...new Set(others.flatMap((word) => CONDITIONS[word] ?? []))],
    statuses: statuses.sort((a, b) => a - b).map((status) => ({ from: status, to: status })),
    methods: words.includes("non_idempotent") ? NON_IDEMPOTENT : [],
  };
}

function numberOf(value: string): number | Unreadable {
  return /^\d{1,9}$/.test(value) ? Number(value) : { problem: "is no whole number" };
}
