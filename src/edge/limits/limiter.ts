import { bucketOf, type Claim, slotNameOf } from "./claim.ts";
import { countsOf } from "./counts.ts";
import {
  closed,
  countUndecided,
  type Decision,
  judged,
  type Outcome,
  PASSES,
  refused,
  UNKNOWN_WAIT,
  undecided,
} from "./decision.ts";
import { causeOf, ObjectFailures } from "./failures.ts";
import type { Lease } from "./lease.ts";
import { Leases } from "./leases.ts";
import { objectNameOf } from "./objects.ts";
import type { Answer, LeaseAsk } from "./protocol.ts";
import { sooner } from "./sooner.ts";
import type { Surroundings } from "./surroundings.ts";

/** Milliseconds for which a refusal is believed at most: a reset must be seen. */
const REFUSED_FOR = 1_000;
/** How many are remembered. */
const MOST_REFUSALS = 10_000;
/** A shorter refusal is asked for again, so that an exact limit stays exact. */
const SHORT_REFUSAL = 10;
/** Milliseconds after which a lease that lies idle is given back. */
const IDLE_AFTER = 3_000;

/** Decides by limits in one isolate. */
export class Limiter {
  readonly #holder: string;
  readonly #leases = new Leases();
  /** What is believed until when, and when a request could pass. */
  readonly #refused = new Map<string, { readonly until: number; readonly passesAt: number }>();
  readonly #failures: ObjectFailures;

  /** `holder`: the isolate, in asks for leases. */
  constructor(holder: string, failures = new ObjectFailures()) {
    this.#holder = holder;
    this.#failures = failures;
  }

  /**
   * All limits pass, or none is charged. At once where all are leased and have a permit here; else no later than the
   * shortest deadline among them.
   */
  decide(claims: readonly Claim[], surroundings: Surroundings): Decision | Promise<Decision> {
    if (claims.every(({ terms }) => terms.mode === "local")) return this.#decideByLocation(claims, surroundings);
    return this.#decideHere(claims, surroundings) ? PASSES : this.#decideThere(claims, surroundings);
  }

  /** The fast path (`npm run bench -- limits`). */
  #decideHere(claims: readonly Claim[], surroundings: Surroundings): boolean {
    const now = surroundings.now();
    let taken = 0;
    let isHere = true;
    for (const claim of claims) {
      const { terms } = claim;
      if (terms.mode !== "leased") {
        isHere = false;
        continue;
      }
      const lease = this.#leases.of(claim, now);
      lease.arrive(terms.cost);
      if (isHere && lease.take(terms.cost, now)) taken++;
      else isHere = false;
    }
    if (!isHere) {
      for (const claim of claims.slice(0, taken)) {
        const lease = this.#leases.of(claim, now);
        lease.restore(claim.terms.cost, lease.number);
      }
      return false;
    }
    for (const claim of claims) {
      countsOf(claim.terms.id).admitted++;
      const lease = this.#leases.of(claim, now);
      if (lease.isLow(now)) this.#renew(claim, lease, surroundings);
    }
    return true;
  }

  async #decideByLocation(claims: readonly Claim[], surroundings: Surroundings): Promise<Decision> {
    const deadline = surroundings.now() + Math.min(...claims.map(({ terms }) => terms.deadline));
    const refusal = await this.#countHere(claims, deadline, surroundings);
    if (refusal !== null) return refusal;
    for (const { terms } of claims) countsOf(terms.id).admitted++;
    return PASSES;
  }

  /** Of claims that can't even be made out: what `onFailure` says of them. */
  undecidable(claim: Claim, cause: string, surroundings: Surroundings): Decision {
    return countUndecided(claim, cause, surroundings) ? closed([claim]) : PASSES;
  }

  async #decideThere(claims: readonly Claim[], surroundings: Surroundings): Promise<Decision> {
    const began = surroundings.now();
    const deadline = began + Math.min(...claims.map(({ terms }) => terms.deadline));
    const held: { readonly lease: Lease; readonly cost: number; readonly number: number }[] = [];
    const remote: Question[] = [];
    const late: Claim[] = [];
    const withdraw = () => {
      for (const { lease, cost, number } of held) lease.restore(cost, number);
    };
    for (const claim of claims) {
      const { mode, cost } = claim.terms;
      if (mode === "local") continue;
      const permit = mode === "exact" ? this.#refusal(claim, began) : await this.#permit(claim, deadline, surroundings);
      if (permit === "late") late.push(claim);
      else if (permit === "held") {
        const lease = this.#leases.of(claim, began);
        held.push({ lease, cost, number: lease.number });
      } else if (typeof permit === "object") remote.push({ claim, ask: permit });
      else {
        withdraw();
        for (const { claim: begun, ask } of remote) if (ask !== null) this.#leases.of(begun, began).fail(ask.number);
        return refused([claim], permit);
      }
    }
    const byObject = Map.groupBy(remote, ({ claim: { terms, key } }) => objectNameOf(terms, key));
    const outcomes = await Promise.all(
      [...byObject].map(([object, asked]) => this.#ask(object, asked, deadline, surroundings)),
    );
    if (late.length > 0) outcomes.push(undecided("", late, "slow", surroundings));
    const decision = judged(outcomes);
    const local = claims.filter(({ terms }) => terms.mode === "local");
    const final = decision.passes ? ((await this.#countHere(local, deadline, surroundings)) ?? decision) : decision;
    if (final.passes) {
      for (const { terms } of claims) countsOf(terms.id).admitted++;
      return final;
    }
    withdraw();
    for (const { object, claims: charged, answers } of outcomes) {
      if (answers?.every(({ admitted }) => admitted) && charged.length > 0)
        this.#giveBack(object, charged, surroundings);
    }
    return final;
  }

  /** Milliseconds for which an exact bucket is known to be used up; null: it has to be asked. */
  #refusal(claim: Claim, now: number): number | null {
    const known = this.#refused.get(slotNameOf(claim));
    return known !== undefined && known.until > now ? known.passesAt - now : null;
  }

  /**
   * A permit that is here, or comes with the ask of another request; milliseconds of a refusal; or an ask that has been
   * begun, null where there is nothing to lend and the request asks for itself alone.
   */
  async #permit(
    claim: Claim,
    deadline: number,
    surroundings: Surroundings,
  ): Promise<"held" | "late" | number | LeaseAsk | null> {
    const { cost, mostHeld } = claim.terms;
    const before = this.#leases.of(claim, surroundings.now()).refusals;
    for (;;) {
      const now = surroundings.now();
      const lease = this.#leases.of(claim, now);
      if (lease.take(cost, now)) return "held";
      const wait = lease.refusals === before ? lease.refusedFor(now) : lease.retryAfter;
      if (wait > 0) return wait;
      if (now >= deadline) return "late";
      const pending = lease.pendingAt(now);
      if (pending === null) return lease.ask(this.#holder, mostHeld, now);
      if (!lease.lends) return null;
      await Promise.race([pending, surroundings.wait(deadline - now)]);
    }
  }

  async #ask(
    object: string,
    questions: readonly Question[],
    deadline: number,
    surroundings: Surroundings,
  ): Promise<Outcome> {
    const now = surroundings.now();
    const claims = questions.map(({ claim }) => claim);
    const cause = this.#failures.isLeftAlone(object, now)
      ? "left alone after failures"
      : now >= deadline
        ? "slow"
        : null;
    if (cause !== null) {
      for (const { claim, ask } of questions) if (ask !== null) this.#leases.of(claim, now).fail(ask.number);
      return undecided(object, claims, cause, surroundings);
    }
    const late = surroundings.wait(deadline - now).then(() => "slow" as const);
    const answers = await Promise.race([this.#send(object, questions, surroundings), late]);
    if (answers === "slow") this.#failures.failed(object, surroundings.now());
    if (typeof answers === "string") return undecided(object, claims, answers, surroundings);
    return { object, claims, answers };
  }

  /** Resolves with what went wrong where that is so; leases are settled even if nobody waits any more. */
  #send(
    object: string,
    questions: readonly Question[],
    surroundings: Surroundings,
  ): Promise<readonly Answer[] | string> {
    const askedAt = surroundings.now();
    const asks = questions.map(({ claim, ask }) => {
      return { ...bucketOf(claim), cost: claim.terms.cost, reserve: claim.reserve, lease: ask };
    });
    const reply = surroundings.take(object, asks).then(
      (answers) => {
        this.#failures.answered(object);
        for (const [index, answer] of answers.entries()) {
          const { claim, ask } = questions[index] as Question;
          if (ask !== null) this.#settle(claim, ask, askedAt, answer, surroundings);
          else if (!answer.admitted && answer.retryAfter >= SHORT_REFUSAL) this.#remember(claim, askedAt, answer);
        }
        return answers;
      },
      (error: unknown) => {
        for (const { claim, ask } of questions) if (ask !== null) this.#leases.of(claim, askedAt).fail(ask.number);
        this.#failures.failed(object, surroundings.now());
        return causeOf(error);
      },
    );
    for (const { claim } of questions) countsOf(claim.terms.id).asked++;
    surroundings.after(reply);
    return reply;
  }

  #settle(claim: Claim, ask: LeaseAsk, askedAt: number, answer: Answer, surroundings: Surroundings): void {
    const lease = this.#leases.of(claim, askedAt);
    lease.settle(ask.number, askedAt, answer, REFUSED_FOR);
    if (answer.lease !== null && answer.lease.total > 1) this.#watch(claim, lease, surroundings);
  }

  /** Asks for more beside the requests, which go on with what is left. */
  #renew(claim: Claim, lease: Lease, surroundings: Surroundings): void {
    const object = objectNameOf(claim.terms, claim.key);
    const askedAt = surroundings.now();
    if (this.#failures.isLeftAlone(object, askedAt)) return;
    const ask = lease.ask(this.#holder, claim.terms.mostHeld, askedAt);
    countsOf(claim.terms.id).asked++;
    const reply = surroundings.take(object, [{ ...bucketOf(claim), cost: 0, reserve: claim.reserve, lease: ask }]).then(
      ([answer]) => {
        if (answer === undefined) return lease.fail(ask.number);
        lease.settle(ask.number, askedAt, answer, REFUSED_FOR);
        this.#watch(claim, lease, surroundings);
      },
      () => {
        lease.fail(ask.number);
        this.#failures.failed(object, surroundings.now());
      },
    );
    surroundings.after(reply);
  }

  /** Gives back what lies idle: best effort, for where it does not come to that, it is void soon. */
  #watch(claim: Claim, lease: Lease, surroundings: Surroundings): void {
    if (!lease.watch(surroundings.now(), IDLE_AFTER)) return;
    const returned = surroundings.wait(IDLE_AFTER).then(() => {
      if (!lease.isIdle(surroundings.now())) return;
      const ask = lease.surrender(this.#holder, claim.terms.mostHeld);
      countsOf(claim.terms.id).asked++;
      const asks = [{ ...bucketOf(claim), cost: 0, reserve: claim.reserve, lease: ask }];
      return surroundings.take(objectNameOf(claim.terms, claim.key), asks).catch(() => undefined);
    });
    surroundings.after(returned);
  }

  #giveBack(object: string, claims: readonly Claim[], surroundings: Surroundings): void {
    const asks = claims.map((claim) => ({ ...bucketOf(claim), cost: claim.terms.cost }));
    surroundings.after(surroundings.giveBack(object, asks).catch(() => undefined));
  }

  /** Asked last, for what it counts can't be given back. Null: all pass. */
  async #countHere(claims: readonly Claim[], deadline: number, surroundings: Surroundings): Promise<Decision | null> {
    for (const claim of claims) {
      const { terms, key } = claim;
      const counted = surroundings.countHere(terms.binding, `${terms.id}\n${key}`);
      const late = () => surroundings.wait(deadline - surroundings.now());
      const passes = await sooner(counted, late);
      if (passes === false) return refused([claim], UNKNOWN_WAIT);
      if (passes !== true && countUndecided(claim, passes, surroundings)) return closed([claim]);
    }
    return null;
  }

  /** From the time of the ask, which is before the object's: a refusal ends here no later than there. */
  #remember(claim: Claim, askedAt: number, { retryAfter }: Answer): void {
    if (this.#refused.size >= MOST_REFUSALS) this.#refused.clear();
    const until = askedAt + Math.min(retryAfter, REFUSED_FOR);
    this.#refused.set(slotNameOf(claim), { until, passesAt: askedAt + retryAfter });
  }
}

/** What an object is asked of a claim; with what is said of the lease. */
interface Question {
  readonly claim: Claim;
  readonly ask: LeaseAsk | null;
}
