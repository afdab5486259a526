import { expandPath } from "../../table/expand.ts";
import type { Mirror } from "../../table/policies/mirror.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { RequestTarget } from "../../table/target.ts";
import { removeSpellings } from "../upstream/headers.ts";
import { lengthOf } from "../upstream/retry.ts";
import type { Stage } from "./chain.ts";
import type { Visit } from "./visit.ts";

/** Bytes of a body that is held for the copy: the annotation's page tells (frontends/ingress/annotations/mirror.ts). */
const LARGEST_BODY = 1024 ** 2;
/** Milliseconds: what goes on after the answer has 30 s in all. */
const TIMEOUT = 10_000;

/** A request whose copy is to be sent. */
export interface Copied {
  /** In the place of the visit's own, whose body may have been read. */
  readonly request: Request;
  /** Sends the copy, on nobody's time; what becomes of it, the log alone tells. */
  send(): void;
}

/** Nothing is done before the request is let through; then `copied` is. */
export function mirror({ mirror: policy }: RulePolicies): Stage | null {
  return policy === null ? null : { handle: () => null };
}

/**
 * What is to be copied; null where nothing is. The body is held first, as by nginx (mirror_request_body): read beside its way
 * to the cluster, an upload that the client breaks off would look whole there. `incomplete`: it broke off.
 */
export async function copied(visit: Visit, target: RequestTarget): Promise<Copied | "incomplete" | null> {
  const { rule, request } = visit;
  const { mirror: policy } = rule.policies;
  if (policy === null || request.headers.has("upgrade") || !isCopied(policy, visit)) return null;
  const hasBody = request.body !== null && policy.body;
  if (!hasBody) return { request, send: () => send(policy, visit, target, null) };
  const length = lengthOf(request.headers);
  if (length === null || length > LARGEST_BODY || ["GET", "HEAD"].includes(request.method)) return null;
  const body = await request.arrayBuffer().catch(() => null);
  if (body === null) return "incomplete";
  return { request: new Request(request, { body }), send: () => send(policy, visit, target, body) };
}

function isCopied({ percent, onlyServices }: Mirror, { rule }: Visit): boolean {
  const mayCount = rule.backends.some(({ targets }) =>
    targets.some(({ endpoint }) => !onlyServices || endpoint.mode === "service"),
  );
  return mayCount && (percent >= 100 || Math.random() * 100 < percent);
}

function send(
  { service, path, onlyServices }: Mirror,
  visit: Visit,
  target: RequestTarget,
  body: ArrayBuffer | null,
): void {
  if (onlyServices && visit.answeredBy?.mode === "ingress") return;
  const { request, rule, toCluster, waitUntil, ask } = visit;
  const asked = expandPath(path, { ...visit, target });
  if (asked === null) return;
  const headers = new Headers(request.headers);
  for (const name of rule.policies.identityHeaders) removeSpellings(headers, name);
  const edits = toCluster.removalsFor("service");
  const question = { service, method: request.method, path: asked, headers, edits, timeout: TIMEOUT, isAnswer, body };
  waitUntil(
    ask(question)
      .then((answer) => answer?.body?.cancel())
      .catch(() => undefined),
  );
}

const isAnswer = () => true;
