import { type Claim, slotOf } from "./claim.ts";
import { Lease } from "./lease.ts";

/** Of one limit. */
const MOST_LEASES = 10_000;

/** The leases of an isolate. Of a limit that has too many, those that are over are forgotten; where that is not enough, all. */
export class Leases {
  readonly #byLimit = new Map<string, Map<string, Lease>>();

  of(claim: Claim, now: number): Lease {
    const { id } = claim.terms;
    let ofLimit = this.#byLimit.get(id);
    if (ofLimit === undefined) {
      ofLimit = new Map();
      this.#byLimit.set(id, ofLimit);
    }
    const slot = slotOf(claim);
    let lease = ofLimit.get(slot);
    if (lease === undefined) {
      if (ofLimit.size >= MOST_LEASES) forget(ofLimit, now);
      lease = new Lease();
      ofLimit.set(slot, lease);
    }
    return lease;
  }
}

function forget(leases: Map<string, Lease>, now: number): void {
  for (const [slot, lease] of leases) if (lease.isOver(now)) leases.delete(slot);
  if (leases.size >= MOST_LEASES) leases.clear();
}
