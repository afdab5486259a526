import { requestUri } from "../../table/expand.ts";
import type { Rule } from "../../table/model.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import { DEFAULT_RULE_POLICIES } from "../../table/policies/rule-policies.ts";
import { PROBLEMS, type Problem } from "../problem.ts";
import type { ForwardContext } from "../upstream/exchange.ts";
import type { Forwarder } from "../upstream/forward.ts";
import type { Stage } from "./chain.ts";
import type { Visit } from "./visit.ts";

/** Nothing is done before there is an answer; then `errorPage` is. */
export function errorPages({ errorPages: policy }: RulePolicies): Stage | null {
  return policy === null ? null : { handle: () => null };
}

const UNAVAILABLE: ReadonlySet<Problem> = new Set(["badGateway", "unavailable"]);

/**
 * What the default backend says in the place of an answer: of a Service, or the edge's own. A request that the rule's Service
 * can't be sent goes there as it is (`default-backend`); for an error (`custom-http-errors`) it asks for `/` there.
 * The answer itself, where it is not to be replaced or the default backend gives none.
 */
export async function errorPage(
  answer: Response | Problem,
  visit: Visit,
  context: ForwardContext,
  forwarder: Pick<Forwarder, "forward">,
): Promise<Response | Problem> {
  const { rule, request, target } = visit;
  const policy = rule.policies.errorPages;
  // 495 and 496 of nginx, which no list of statuses names.
  if (policy === null || answer === "certificate") return answer;
  const isProblem = typeof answer === "string";
  const standsIn = isProblem && policy.standsIn && UNAVAILABLE.has(answer);
  const status = isProblem ? PROBLEMS[answer].status : answer.status;
  const isReplaced =
    policy.statuses.includes(status) &&
    (visit.answeredBy === null || (policy.intercepts && visit.answeredBy.mode === "service"));
  if (!standsIn && !isReplaced) return answer;
  for (const [name, value] of told(visit, standsIn ? 503 : status)) {
    if (value !== "" && !(standsIn && name === "X-Original-URI")) context.edits?.set(name, value);
    else context.edits?.remove(name);
  }
  const query = target.query === "?" ? "" : target.query;
  const asked = standsIn
    ? { ...context.target, path: target.path, others: target.others }
    : { ...target, path: "/", others: [], query };
  const headers = new Headers(request.headers);
  for (const name of ["content-length", "expect", "upgrade"]) headers.delete(name);
  const again = new Request(request.url, { method: request.method, headers });
  const page = await forwarder.forward(ruleOf(rule), again, { ...context, target: asked, rewritten: undefined });
  if (typeof page === "string") return answer;
  if (!isProblem) answer.body?.cancel().catch(() => undefined);
  return page;
}

/** What ingress-nginx tells its default backend (rootfs/etc/nginx/template/nginx.tmpl, "custom_upstream"). */
function told({ rule, request, target }: Visit, status: number): readonly (readonly [name: string, value: string])[] {
  const [, namespace = "", name = ""] = /^Ingress ([^/]+)\/(.+)$/.exec(rule.name) ?? [];
  const [, service = "", port = ""] = /^[^/]+\/([^:]+):(.+)$/.exec(rule.backends[0]?.name ?? "") ?? [];
  return [
    ["X-Code", String(status)],
    ["X-Format", request.headers.get("accept") ?? ""],
    ["X-Original-URI", requestUri({ target })],
    ["X-Namespace", namespace],
    ["X-Ingress-Name", name],
    ["X-Service-Name", service],
    ["X-Service-Port", port],
  ];
}

const rules = new WeakMap<Rule, Rule>();

function ruleOf(rule: Rule): Rule {
  const known = rules.get(rule);
  if (known !== undefined) return known;
  const backends = rule.backends.slice(-1).map((backend) => ({ ...backend, weight: 1 }));
  const { dialect } = rule.policies;
  const made = { ...rule, backends, policies: { ...DEFAULT_RULE_POLICIES, dialect } };
  rules.set(rule, made);
  return made;
}
