import type { ConcurrencyTerms } from "../../table/policies/concurrency-limit.ts";
import { SLOT_RENEWED } from "../../table/slot.ts";
import { countsOf } from "./counts.ts";
import type { ObjectFailures } from "./failures.ts";
import { objectNameOf } from "./objects.ts";
import type { SlotAnswer, SlotRef } from "./protocol.ts";

/** One concurrency limit of one request. */
export interface SlotClaim {
  readonly terms: ConcurrencyTerms;
  readonly key: string;
}

/** What slots are taken of. Each rejects where the object is gone, overloaded or not there. */
export interface SlotSurroundings {
  now(): number;
  enter(object: string, refs: readonly SlotRef[], slot: string): Promise<readonly SlotAnswer[]>;
  stay(object: string, refs: readonly SlotRef[], slot: string): Promise<void>;
  leave(object: string, refs: readonly SlotRef[], slot: string): Promise<void>;
  wait(milliseconds: number): Promise<void>;
  /** Lets work go on after the request. */
  after(work: Promise<unknown>): void;
  /** Told once for each request that a limit could not judge. */
  undecided(limit: string, cause: string): void;
}

export type Entry =
  /** `leave` gives the slots back; a second call says nothing. */
  | { readonly passes: true; readonly leave: () => void }
  | { readonly passes: false; readonly cause: "refused" | "undecided"; readonly by: readonly ConcurrencyTerms[] };

/** Takes slots for the requests of one isolate. */
export class ConcurrencyLimiter {
  readonly #isolate: string;
  readonly #failures: ObjectFailures;
  #made = 0;

  constructor(isolate: string, failures: ObjectFailures) {
    this.#isolate = isolate;
    this.#failures = failures;
  }

  /** A slot of each limit, or of none; no later than the shortest deadline among them. */
  async enter(claims: readonly SlotClaim[], around: SlotSurroundings): Promise<Entry> {
    const slot = `${this.#isolate}/${++this.#made}`;
    const deadline = around.now() + Math.min(...claims.map(({ terms }) => terms.deadline));
    const byObject = Map.groupBy(claims, ({ terms, key }) => objectNameOf(terms, key));
    const outcomes = await Promise.all(
      [...byObject].map(([object, asked]) => this.#ask(object, asked, slot, deadline, around)),
    );
    const leave = () => {
      for (const { hold } of outcomes) hold?.end();
    };
    const over = outcomes.flatMap(({ full }) => full);
    const closed = outcomes.flatMap((outcome) => outcome.closed);
    if (over.length === 0 && closed.length === 0) {
      for (const { terms } of claims) countsOf(terms.id).admitted++;
      return { passes: true, leave };
    }
    leave();
    for (const { id, shadow } of over) countsOf(id)[shadow ? "wouldRefuse" : "refused"]++;
    return over.length > 0
      ? { passes: false, cause: "refused", by: over }
      : { passes: false, cause: "undecided", by: closed };
  }

  async #ask(
    object: string,
    claims: readonly SlotClaim[],
    slot: string,
    deadline: number,
    around: SlotSurroundings,
  ): Promise<Outcome> {
    const all = claims.map(({ terms }) => terms);
    if (this.#failures.isLeftAlone(object, around.now())) {
      return { full: [], closed: undecided(all, "left alone after failures", around), hold: null };
    }
    for (const { id } of all) countsOf(id).asked++;
    const refs = claims.map(({ terms: { id, maxRequests }, key }) => ({ id, key, most: maxRequests }));
    const reply = around.enter(object, refs, slot).then(
      (answers) => {
        this.#failures.answered(object);
        return answers;
      },
      (error: unknown) => {
        this.#failures.failed(object, around.now());
        return error instanceof Error ? error.message : String(error);
      },
    );
    around.after(reply);
    // Whatever becomes of the answer: one that comes too late may have taken a slot all the same.
    const hold = new Hold(object, refs, slot, reply, around);
    const late = around.wait(deadline - around.now()).then(() => "slow" as const);
    const answers = await Promise.race([reply, late]);
    if (answers === "slow") this.#failures.failed(object, around.now());
    if (typeof answers === "string") return { full: [], closed: undecided(all, answers, around), hold };
    return { full: all.filter((_, index) => answers[index]?.isFull === true), closed: [], hold };
  }
}

interface Outcome {
  readonly full: readonly ConcurrencyTerms[];
  /** Those that can't be judged and refuse then. */
  readonly closed: readonly ConcurrencyTerms[];
  /** Null: nobody was asked. */
  readonly hold: Hold | null;
}

/** Counts limits that could not be asked, and tells those that refuse. */
function undecided(
  all: readonly ConcurrencyTerms[],
  cause: string,
  around: SlotSurroundings,
): readonly ConcurrencyTerms[] {
  for (const { id, onFailure } of all) {
    countsOf(id)[onFailure === "closed" ? "failedClosed" : "failedOpen"]++;
    around.undecided(id, cause);
  }
  return all.filter(({ onFailure }) => onFailure === "closed");
}

/** The slots of one request at one object: named again until it ends, then given back. What is lost runs out there. */
class Hold {
  readonly #object: string;
  readonly #refs: readonly SlotRef[];
  readonly #slot: string;
  readonly #around: SlotSurroundings;
  readonly #timer: ReturnType<typeof setInterval>;
  /** One after the other, so that no word of the slot comes behind its end. */
  #told: Promise<unknown>;
  #isTaken = false;
  #hasEnded = false;

  constructor(
    object: string,
    refs: readonly SlotRef[],
    slot: string,
    reply: Promise<readonly SlotAnswer[] | string>,
    around: SlotSurroundings,
  ) {
    this.#object = object;
    this.#refs = refs;
    this.#slot = slot;
    this.#around = around;
    this.#told = reply.then((answers) => {
      this.#isTaken = typeof answers !== "string" && answers.every(({ admitted }) => admitted);
    });
    this.#timer = setInterval(() => this.#stay(), SLOT_RENEWED);
  }

  #stay(): void {
    this.#tell(() => this.#around.stay(this.#object, this.#refs, this.#slot));
  }

  end(): void {
    if (this.#hasEnded) return;
    this.#hasEnded = true;
    clearInterval(this.#timer);
    this.#tell(() => this.#around.leave(this.#object, this.#refs, this.#slot));
  }

  #tell(say: () => Promise<void>): void {
    this.#told = this.#told.then(() => {
      if (!this.#isTaken) return;
      for (const { id } of this.#refs) countsOf(id).asked++;
      return say();
    });
    this.#told = this.#told.catch(() => undefined);
    this.#around.after(this.#told);
  }
}
