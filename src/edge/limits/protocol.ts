import type { LimitTerms } from "../../table/gcra.ts";
import type { QuotaWindow } from "../../table/quota.ts";

/** Which bucket of which limit. The terms come along: objects know no table, and may be older than who asks. */
export interface BucketRef extends LimitTerms {
  readonly id: string;
  readonly key: string;
  /** A count in a window of the calendar, of `requests` at most, in place of a rate. */
  readonly window?: QuotaWindow;
}

/** One limit of one request, or of none: a cost of 0 is about the lease alone. */
export interface Ask extends BucketRef {
  readonly cost: number;
  /** Requests of the burst that are left to others. */
  readonly reserve: number;
  readonly lease: LeaseAsk | null;
}

/** What an isolate says of the permits that it holds, and how many more it could use. */
export interface LeaseAsk {
  /** The isolate. */
  readonly holder: string;
  /** Counts its asks about this bucket, from 1: an older one that comes late says nothing. */
  readonly number: number;
  /** Permits that it still has. */
  readonly held: number;
  /** Those that it ever used. */
  readonly used: number;
  readonly want: number;
  /** That all isolates may hold. */
  readonly most: number;
}

/** Times in milliseconds from now. */
export interface Answer {
  readonly admitted: boolean;
  /** Requests of cost 1 that would still pass. */
  readonly left: number;
  /** Until the whole burst may pass. */
  readonly reset: number;
  /** Until the request could pass; 0 where it did. */
  readonly retryAfter: number;
  /** What the isolate holds from now on; null: nothing changes. */
  readonly lease: LeaseAnswer | null;
}

export interface LeaseAnswer {
  readonly total: number;
  /** Milliseconds from now in which there are too few permits left to lend. */
  readonly notBefore: number;
  /** Whether there is room for a lease at all; else each request has to ask. */
  readonly lends: boolean;
}

/** What an object tells of one bucket. */
export interface Usage {
  readonly id: string;
  readonly key: string;
  readonly left: number;
  readonly burst: number;
  readonly reset: number;
  /** Permits that isolates hold. */
  readonly held: number;
  /** Since the object last started. */
  readonly admitted: number;
  readonly refused: number;
  /** When a request last found it full, in milliseconds since the epoch, and how many were admitted from that one on. */
  readonly fullAt: number;
  readonly admittedSince: number;
  /** When the last of them was admitted; 0: none was. */
  readonly lastAt: number;
  /** When the last of them was refused: then there was nothing left. */
  readonly refusedAt: number;
  /** What passed in the window; null: no quota. `burst` is 0 where nobody asked since the object knows of it. */
  readonly used: number | null;
}

/** Which slots of which concurrency limit. */
export interface SlotRef {
  readonly id: string;
  readonly key: string;
  /** Slots that there are. */
  readonly most: number;
}

export interface SlotAnswer {
  /** Whether the request has a slot in all that were asked for together. */
  readonly admitted: boolean;
  /** Whether it is this one that has no slot left. */
  readonly isFull: boolean;
}

/** What an object tells of one key of a concurrency limit. */
export interface SlotUsage {
  readonly id: string;
  readonly key: string;
  /** Requests under way. */
  readonly used: number;
  /** Since there was last none under way for some time. */
  readonly admitted: number;
  readonly refused: number;
}

/** The methods of an object. */
export interface LimitsApi {
  /** All of them pass, or none is charged. */
  take(asks: readonly Ask[]): Promise<readonly Answer[]>;
  /** What was charged and not used, for another limit refused the request. */
  giveBack(asks: readonly (BucketRef & { readonly cost: number })[]): Promise<void>;
  /** So many buckets of a limit: those from which the most is taken. */
  usage(id: string, most: number): Promise<readonly Usage[]>;
  /** One bucket, whether it is in memory or not. */
  look(ref: BucketRef): Promise<Usage>;
  reset(ref: BucketRef): Promise<void>;
  /** Slots for a request, in all of them or in none. */
  enter(refs: readonly SlotRef[], slot: string): Promise<readonly SlotAnswer[]>;
  /** The request is still under way. */
  stay(refs: readonly SlotRef[], slot: string): Promise<void>;
  /** It has ended. */
  leave(refs: readonly SlotRef[], slot: string): Promise<void>;
  /** So many keys of a concurrency limit: those with the most under way. */
  slots(id: string, most: number): Promise<readonly SlotUsage[]>;
  slotsOf(ref: SlotRef): Promise<SlotUsage>;
}
