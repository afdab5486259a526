import type { Sent } from "../../scripts/chaos/load.ts";

/** The requests of a load that were not answered with 200, a line each. */
export function failuresOf(all: readonly Sent[]): string[] {
  const start = all[0]?.sentAt ?? 0;
  return all
    .filter(({ status }) => status !== 200)
    .map(({ method, sentAt, doneAt, cluster, status, error }) => {
      return `${method} after ${sentAt - start} ms, for ${doneAt - sentAt} ms: ${error ?? status} of ${cluster ?? "the edge"}`;
    });
}
