/** What the edge is built for, here and on the platform. */
export const COMPATIBILITY_DATE = "2026-04-01";
/** Tells of clients that leave before there is an answer: their slots of concurrency limits are free at once. */
export const COMPATIBILITY_FLAGS = ["enable_request_signal"] as const;
