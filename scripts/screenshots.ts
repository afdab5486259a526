/**
 * Writes docs/terminal/: what commands print on a terminal of 80 columns. Run `npm run screenshots` after a build; a test holds
 * pictures and commands together.
 */
import { spawnSync } from "node:child_process";
import { closeSync, mkdtempSync, openSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { terminalSvg } from "./terminal/svg.ts";

const ROOT = fileURLToPath(new URL("..", import.meta.url));

/** The directory of the pictures. */
export const PICTURES = join(ROOT, "docs/terminal");

interface Shot {
  readonly args: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
}

const CLASS = ["--ingress-class", "nginx"];

/** By name; the manifests are those of test/cli/formats. */
export const SHOTS: Readonly<Record<string, Shot>> = {
  check: { args: ["check", "-f", "problems.yaml", ...CLASS] },
  "check-no-colour": { args: ["check", "-f", "problems.yaml", ...CLASS], env: { NO_COLOR: "1" } },
  diff: { args: ["diff", "before.yaml", "after.yaml", ...CLASS] },
  explain: { args: ["explain", "-f", "before.yaml", ...CLASS, "https://shop.example.com/admin"] },
  "explain-code": { args: ["explain", "EI5001"] },
  migrate: { args: ["migrate", "-f", "problems.yaml", ...CLASS] },
  test: { args: ["test", "routes.yaml", "-f", "before.yaml", ...CLASS, "--coverage"] },
};

/** The picture of one of them, by the built command line. */
export function screenshot({ args, env = {} }: Shot): string {
  const directory = mkdtempSync(join(tmpdir(), "edge-ingress-screenshot-"));
  try {
    // One file for both streams, so that their order stays.
    const path = join(directory, "output");
    const file = openSync(path, "w");
    const pretend = pathToFileURL(join(ROOT, "scripts/terminal/pretend.js")).href;
    const { error } = spawnSync(process.execPath, ["--import", pretend, join(ROOT, "bin/edge-ingress.js"), ...args], {
      cwd: join(ROOT, "test/cli/formats"),
      stdio: ["ignore", file, file],
      env: { ...withoutColours(process.env), EDGE_INGRESS_CACHE: "off", ...env },
    });
    closeSync(file);
    if (error !== undefined) throw error;
    const set = Object.entries(env).map(([name, value]) => `${name}=${value} `);
    return terminalSvg(`${set.join("")}edge-ingress ${args.join(" ")}`, readFileSync(path, "utf8"));
  } finally {
    rmSync(directory, { recursive: true });
  }
}

/** What asks for colours, or for none, comes from the shot alone. */
function withoutColours({ NO_COLOR: _, FORCE_COLOR: __, ...env }: NodeJS.ProcessEnv): NodeJS.ProcessEnv {
  return env;
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const [name, shot] of Object.entries(SHOTS)) writeFileSync(join(PICTURES, `${name}.svg`), screenshot(shot));
}
