import { vi } from "vitest";

/** Asks again and again until nothing is thrown; gives up after so long that something must hang. */
export function eventually(check: () => unknown): Promise<unknown> {
  return vi.waitFor(check, { timeout: 30_000 });
}
