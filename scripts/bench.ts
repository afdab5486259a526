import { benchAuth } from "./bench/auth.ts";
import { benchChoose } from "./bench/choose.ts";
import { benchCli } from "./bench/cli.ts";
import { benchCompile } from "./bench/compile.ts";
import { benchEdge } from "./bench/edge.ts";
import { benchLimits } from "./bench/limits.ts";
import { benchMatch } from "./bench/match.ts";

/** `npm run bench -- [name…]`: every figure beside a peer's in the same run; speed is never asserted in tests. */
const benches: Readonly<Record<string, () => Promise<void>>> = {
  auth: benchAuth,
  choose: benchChoose,
  cli: benchCli,
  compile: benchCompile,
  edge: benchEdge,
  limits: benchLimits,
  match: benchMatch,
};

const names = process.argv.slice(2);
const unknown = names.filter((name) => !(name in benches));
if (unknown.length > 0) {
  console.error(`no bench named ${unknown.join(", ")}; there are: ${Object.keys(benches).join(", ")}`);
  process.exitCode = 2;
} else {
  for (const name of names.length === 0 ? Object.keys(benches) : names) {
    console.log(`== ${name}`);
    await benches[name]?.();
  }
}
