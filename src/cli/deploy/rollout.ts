import { messageOf } from "../output.ts";
import type { Platform, Share, Stamp } from "./platform.ts";

export interface RolloutOptions {
  /** Parts of the requests that the new version takes, one after the other, in per cent; the last is 100. */
  readonly steps: readonly number[];
  /** URLs that are asked at each step. */
  readonly probes: readonly string[];
  /** Milliseconds of each step. */
  readonly stepTime: number;
  /** Per cent of the answers of a step that may be errors. */
  readonly maxErrors: number;
  readonly name: string;
}

/** Requests of one step: enough to see one in a hundred fail now and then, and few beside what a site has. */
const PROBES_PER_STEP = 30;
/** Milliseconds that one answer may take. */
const PATIENCE = 10_000;

/** How a rollout ended. */
export type Rollout =
  | { readonly ok: true }
  /** `back`: whether the version before takes all requests again. */
  | { readonly ok: false; readonly why: string; readonly back: boolean };

/**
 * Gives the new version more and more of the requests, as long as what it answers is well. An error is a status of 500
 * or more, or no answer. Where there are too many, or a step fails, the versions before take all requests again.
 */
export async function rollOut(
  platform: Platform,
  version: string,
  before: readonly Share[],
  stamp: Stamp,
  options: RolloutOptions,
  say: (line: string) => void,
): Promise<Rollout> {
  const back = async (why: string): Promise<Rollout> => {
    say(`${why}: going back`);
    try {
      await platform.activate(before, null);
      return { ok: false, why, back: true };
    } catch (error) {
      return { ok: false, why: `${why}; and going back failed: ${messageOf(error)}`, back: false };
    }
  };
  for (const percentage of options.steps) {
    const [kept] = [...before].sort((a, b) => b.percentage - a.percentage);
    const rest = percentage === 100 || kept === undefined ? [] : [{ ...kept, percentage: 100 - percentage }];
    try {
      await platform.activate([{ version, percentage }, ...rest], stamp);
    } catch (error) {
      return back(messageOf(error));
    }
    say(`${version} takes ${percentage} % of the requests`);
    if (options.probes.length === 0) continue;
    const { asked, errors, last } = await watch(version, options);
    const rate = (errors / asked) * 100;
    if (rate > options.maxErrors) {
      return back(`${errors} of ${asked} probes failed at ${percentage} % (${last}), more than ${options.maxErrors} %`);
    }
    say(`${asked - errors} of ${asked} probes are well at ${percentage} %`);
  }
  return { ok: true };
}

async function watch(version: string, { probes, stepTime, name }: RolloutOptions) {
  let errors = 0;
  let last = "";
  for (let count = 0; count < PROBES_PER_STEP; count++) {
    const url = probes[count % probes.length] as string;
    const problem = await probe(url, name, version);
    if (problem !== null) {
      errors++;
      last = `${url}: ${problem}`;
    }
    await new Promise((resolve) => setTimeout(resolve, stepTime / PROBES_PER_STEP));
  }
  return { asked: PROBES_PER_STEP, errors, last };
}

/** Asks the new version where the zone lets clients choose one, else whichever the platform draws. */
async function probe(url: string, name: string, version: string): Promise<string | null> {
  try {
    const answer = await fetch(url, {
      headers: { "Cloudflare-Workers-Version-Overrides": `${name}="${version}"` },
      redirect: "manual",
      signal: AbortSignal.timeout(PATIENCE),
    });
    await answer.body?.cancel();
    return answer.status >= 500 ? `${answer.status}` : null;
  } catch (error) {
    return messageOf(error);
  }
}
