import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Done } from "../../table/rewrite-lines.ts";
import type { RequestTarget } from "../../table/target.ts";
import type { Problem } from "../problem.ts";
import { authorization } from "./authorization.ts";
import { bodySize } from "./body-size.ts";
import { concurrencyLimit, concurrencyLimitByIdentity } from "./concurrency-limit.ts";
import { cors } from "./cors.ts";
import { errorPages } from "./error-pages.ts";
import { clientCertificate } from "./guard/client-certificate/stage.ts";
import { guard } from "./guard/guard.ts";
import { hideCredentials } from "./hide-credentials.ts";
import { mirror } from "./mirror.ts";
import { modifyRequestHeaders, modifyResponseHeaders } from "./modify-headers.ts";
import { rateLimit, rateLimitByIdentity } from "./rate-limit.ts";
import { redirect, strictTransport } from "./redirect.ts";
import { rewriteAnswers } from "./rewrite-answers.ts";
import { rewriteModule } from "./rewrite-module.ts";
import type { Visit } from "./visit.ts";

/** Another path, with which the rules of the host are matched anew. */
export class Moved {
  readonly target: RequestTarget;
  readonly done: Exclude<Done, "none">;

  constructor(target: RequestTarget, done: Moved["done"]) {
    this.target = target;
    this.done = done;
  }
}

/** One thing that is done with requests of a rule before they go to a cluster; null lets the request go on. */
export interface Stage {
  handle(visit: Visit): Answer | Promise<Answer>;
  /** True where a chain is not worth it if there is no other stage: see `lead` in `app.ts`. */
  readonly needsNoChain?: true;
}

type Answer = Response | Problem | Moved | null;

/** Makes the stage of a rule out of its policies; null where they ask for none. Throws for a damaged table. */
export type StageFactory = (policies: RulePolicies) => Stage | null;

/**
 * Every stage, in the order in which a request meets them, which is that of ingress-nginx
 * (shared/reference/ingress-nginx-annotations.md, 4.5): the certificate of TLS, redirect of the root, the size of the body, CORS
 * preflight, lines of snippets, redirects, limits, then the guards. A new one is a file beside this and a line here.
 */
const STAGES: readonly StageFactory[] = [
  clientCertificate(true),
  rewriteModule("server"),
  redirect("root"),
  strictTransport,
  modifyResponseHeaders,
  bodySize,
  cors,
  rewriteModule("location"),
  redirect("always"),
  redirect("http"),
  concurrencyLimit,
  rateLimit,
  hideCredentials,
  clientCertificate(false),
  guard,
  concurrencyLimitByIdentity,
  rateLimitByIdentity,
  authorization,
  modifyRequestHeaders,
  rewriteAnswers,
  errorPages,
  mirror,
];

const chains = new WeakMap<RulePolicies, readonly Stage[] | null>();

/** The stages of rules with these policies, made when they are first asked for; null where there is none. */
export function chainOf(policies: RulePolicies): readonly Stage[] | null {
  const known = chains.get(policies);
  if (known !== undefined) return known;
  const stages = STAGES.map((make) => make(policies)).filter((stage) => stage !== null);
  const chain = stages.every(({ needsNoChain }) => needsNoChain) ? null : stages;
  chains.set(policies, chain);
  return chain;
}

/** Leads a request through the stages; null where all let it go on. What a stage throws is a refusal: see `app.ts`. */
export async function runChain(chain: readonly Stage[], visit: Visit): Promise<Answer> {
  for (const stage of chain) {
    const answer = await stage.handle(visit);
    if (answer !== null) return answer;
  }
  return null;
}
