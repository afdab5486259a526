import { randomInt } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { claimPort } from "../../src/cli/dev/ports.ts";

/** Says from which port on the kernel gives free ones; ip(7). */
const RANGE = "/proc/sys/net/ipv4/ip_local_port_range";
const LOWEST = 12_000;
/** Where the kernel says nothing, or gives nearly all. */
const USUAL_END = 32_768;

/**
 * A loopback port that nobody listens on, and that the kernel gives to nobody who asks for any free one: it is still
 * free when a test comes to use it, or comes back to it.
 */
export async function quietPort(): Promise<number> {
  const told = existsSync(RANGE) ? Number.parseInt(readFileSync(RANGE, "utf8"), 10) : USUAL_END;
  const end = told > LOWEST ? told : USUAL_END;
  for (let tries = 1; ; tries++) {
    const port = randomInt(LOWEST, end);
    const claimed = await claimPort(port).catch((error: unknown) => error);
    if (claimed === port) return port;
    if (tries === 100) throw claimed;
  }
}
