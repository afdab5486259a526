/** Milliseconds after which a slot of a concurrency limit is free again unless its isolate says that it is still used. */
export const SLOT_LIFE = 15_000;

/** Milliseconds after which an isolate says so; an object that starts anew knows its slots then. */
export const SLOT_RENEWED = 5_000;
