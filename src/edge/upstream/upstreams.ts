import type { Backend } from "../../table/model.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { BackendState } from "./backend-state.ts";
import { Balancer } from "./balancer.ts";
import { WeightedDraw } from "./choose.ts";
import type { EndpointStates } from "./endpoint-states.ts";
import { RetryBudget, type RetryUsage } from "./retry-budget.ts";
import { WeaklyKept } from "./weakly-kept.ts";

/** One backend under the policies of a rule. */
export interface Upstream {
  readonly backend: BackendState;
  readonly balancer: Balancer;
  readonly budget: RetryBudget;
}

/** The backends of a table as this isolate has them: whose turn it is, and what each has left for retries. */
export class Upstreams {
  readonly #draws = new WeakMap<readonly Backend[], WeightedDraw<Backend>>();
  readonly #upstreams = new WeaklyKept<Backend, Map<RulePolicies, Upstream>>();
  readonly #states: EndpointStates;

  constructor(states: EndpointStates) {
    this.#states = states;
  }

  /** All retry budgets together, for the status. */
  retryUsage(now: number): RetryUsage {
    const all = this.#upstreams.values().flatMap((byPolicies) => [...byPolicies.values()]);
    const usages = all.map(({ budget }) => budget.usage(now));
    const sum = (field: keyof RetryUsage) => usages.reduce((total, usage) => total + usage[field], 0);
    return { active: sum("active"), allowed: sum("allowed"), used: sum("used") };
  }

  /** By weight; null where none has any. */
  choose(backends: readonly Backend[]): Backend | null {
    if (backends.length === 1) return backends[0]?.weight === 0 ? null : (backends[0] ?? null);
    let draw = this.#draws.get(backends);
    if (draw === undefined) {
      draw = new WeightedDraw(backends, ({ weight }) => weight, Math.random());
      this.#draws.set(backends, draw);
    }
    return draw.next();
  }

  of(backend: Backend, policies: RulePolicies): Upstream {
    let byPolicies = this.#upstreams.get(backend);
    if (byPolicies === undefined) {
      byPolicies = new Map();
      this.#upstreams.set(backend, byPolicies);
    }
    let upstream = byPolicies.get(policies);
    if (upstream === undefined) {
      const balancer = new Balancer(backend, policies.loadBalancing, this.#states);
      const budget = new RetryBudget(policies.retry.budget);
      upstream = { backend: this.#states.ofBackend(backend), balancer, budget };
      byPolicies.set(policies, upstream);
    }
    return upstream;
  }
}
