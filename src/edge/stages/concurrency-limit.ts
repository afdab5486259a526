import type { ConcurrencyLimit, ConcurrencyTerms } from "../../table/policies/concurrency-limit.ts";
import { isProved } from "../../table/policies/rate-limit.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import { slotRefusal } from "../limits/answer.ts";
import type { SlotClaim } from "../limits/concurrency.ts";
import { isExempt } from "../limits/exempt.ts";
import { limitersOfIsolate } from "../limits/isolate.ts";
import { keyOf } from "../limits/key.ts";
import { SlotsSurroundings } from "../limits/surroundings.ts";
import { logLimited } from "../observe/refusals.ts";
import { relayed } from "../upstream/relay.ts";
import { untilEnd } from "../upstream/until-end.ts";
import type { Stage } from "./chain.ts";
import type { Visit } from "./visit.ts";

/** Slots that a request has until its end. */
export interface HeldSlots {
  readonly names: readonly string[];
  leave(): void;
}

/** Limits of what anybody can tell of a request: before the rate limits, as in ingress-nginx. */
export function concurrencyLimit({ concurrencyLimit: policy }: RulePolicies): Stage | null {
  return policy === null ? null : stageOf(policy, ({ key }) => !key.some(isProved));
}

/** Limits of who sends a request, once the guard has proved it. */
export function concurrencyLimitByIdentity({ concurrencyLimit: policy }: RulePolicies): Stage | null {
  return policy === null ? null : stageOf(policy, ({ key }) => key.some(isProved));
}

function stageOf({ limits, exempt }: ConcurrencyLimit, isOurs: (terms: ConcurrencyTerms) => boolean): Stage | null {
  const ours = limits.filter(isOurs);
  const enforced = ours.filter(({ shadow }) => !shadow);
  const shadows = ours.filter(({ shadow }) => shadow);
  if (ours.length === 0) return null;
  return {
    handle(visit) {
      if (isExempt(exempt, visit.client.address)) return null;
      for (const terms of shadows) visit.waitUntil(watch(claimsOf([terms], visit), visit));
      const claims = claimsOf(enforced, visit);
      return claims.length === 0 ? null : enter(claims, visit);
    },
  };
}

async function enter(claims: readonly SlotClaim[], visit: Visit): Promise<Response | null> {
  const entry = await limitersOfIsolate().concurrency.enter(claims, new SlotsSurroundings(visit));
  if (entry.passes) {
    hold(claims, entry.leave, visit);
    return null;
  }
  for (const { id } of entry.by) logLimited(id, entry.cause, visit.requestId);
  return slotRefusal(entry, visit);
}

/** A limit in shadow mode takes slots as if it refused: who would have been refused has none. Nobody waits for it. */
async function watch(claims: readonly SlotClaim[], visit: Visit): Promise<void> {
  if (claims.length === 0) return;
  const entry = await limitersOfIsolate().concurrency.enter(claims, new SlotsSurroundings(visit));
  if (entry.passes) hold(claims, entry.leave, visit);
  else for (const { id } of entry.by) logLimited(id, "shadow", visit.requestId);
}

function hold(claims: readonly SlotClaim[], leave: () => void, visit: Visit): void {
  const { slots, request } = visit;
  slots.held.push({ names: claims.map(nameOf), leave });
  request.signal.addEventListener("abort", leave, { once: true });
  if (slots.hasEnded || request.signal.aborted) leave();
}

/** A request has one slot: what the edge asks on its behalf takes none that it has. */
function claimsOf(limits: readonly ConcurrencyTerms[], visit: Visit): SlotClaim[] {
  const claims = limits.map((terms) => ({ terms, key: keyOf(terms, visit) }));
  const before = visit.slotsBefore;
  if (before === null) return claims;
  return claims.filter((claim) => !before.held.some(({ names }) => names.includes(nameOf(claim))));
}

function nameOf({ terms, key }: SlotClaim): string {
  return `${terms.id}\n${key}`;
}

/** The slots of one request. */
export class RequestSlots {
  readonly held: HeldSlots[] = [];
  hasEnded = false;

  end(): void {
    this.hasEnded = true;
    for (const { leave } of this.held) leave();
  }

  /** The answer, whose end gives the slots back. `isOfCluster`: others are whole already. */
  endWith(response: Response, isOfCluster: boolean, waitUntil: Visit["waitUntil"]): Response {
    const end = () => this.end();
    const { webSocket, body, headers } = response;
    if (webSocket !== null) return new Response(null, { status: 101, headers, webSocket: relayed(webSocket, end) });
    if (body === null || !isOfCluster) {
      this.end();
      return response;
    }
    return new Response(untilEnd(body, headers, end, waitUntil), response);
  }
}
