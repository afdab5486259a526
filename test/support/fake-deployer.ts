import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { directoryWith } from "./manifests.ts";

export interface UploadedVersion {
  readonly id: string;
  readonly message: string;
  /** The hash that the uploaded table bears. */
  readonly table: string;
  readonly config: Record<string, unknown>;
}

interface State {
  readonly versions: readonly UploadedVersion[];
  /** What serves; empty: there is no Worker. */
  readonly shares: readonly { readonly version_id: string; readonly percentage: number }[];
}

/** A wrangler that keeps the versions of one Worker in a file: what `deploy` asks of it, in milliseconds and not in seconds. */
export interface FakeDeployer {
  /** For `runCli`. */
  readonly env: Readonly<Record<string, string>>;
  state(): State;
  set(change: Partial<State>): void;
  /** Environment that holds a process before the nth call that begins with this text, until `release`. */
  hold(text: string, nth?: number): Readonly<Record<string, string>>;
  /** Resolves when it stands there. */
  held(): Promise<void>;
  release(): void;
}

const SCRIPT = `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } = require("node:fs");
const { dirname, join } = require("node:path");
const at = (name) => join(__dirname, name);
const args = process.argv.slice(2);
const line = args.join(" ");
const { text, nth } = JSON.parse(process.env.FAKE_HOLD ?? '{"text":"none","nth":1}');
if (line.startsWith(text)) {
  appendFileSync(at("met"), ".");
  if (statSync(at("met")).size === nth) {
    writeFileSync(at("held"), "");
    while (!existsSync(at("go"))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}
const state = JSON.parse(readFileSync(at("state.json"), "utf8"));
const save = () => writeFileSync(at("state.json"), JSON.stringify(state));
const directory = dirname(args[args.indexOf("--config") + 1]);
const config = () => JSON.parse(readFileSync(join(directory, "wrangler.json"), "utf8"));
const push = () => {
  const id = "version-" + (state.versions.length + 1);
  const message = args[args.indexOf("--message") + 1];
  const table = readFileSync(join(directory, "table.bin")).subarray(16, 48).toString("hex");
  state.versions.push({ id, message, table, config: config() });
  writeFileSync(process.env.WRANGLER_OUTPUT_FILE_PATH, JSON.stringify({ version_id: id }) + "\\n");
  return id;
};
if (line.startsWith("deploy --dry-run")) config();
else if (line.startsWith("deployments status")) {
  if (state.shares.length === 0) {
    process.stderr.write("This Worker does not exist on your account. [code: 10007]");
    process.exit(1);
  }
  console.log(JSON.stringify({ versions: state.shares }));
} else if (line.startsWith("versions view")) {
  const { message } = state.versions.find(({ id }) => id === args[2]);
  console.log(JSON.stringify({ annotations: { "workers/message": message } }));
} else if (line.startsWith("versions upload")) push();
else if (line.startsWith("versions deploy")) {
  const specs = args.filter((arg) => /^[^ ]+@\\d+%$/.test(arg)).map((arg) => arg.slice(0, -1).split("@"));
  state.shares = specs.map(([version_id, percentage]) => ({ version_id, percentage: Number(percentage) }));
} else if (line.startsWith("deploy ")) state.shares = [{ version_id: push(), percentage: 100 }];
else if (!line.startsWith("triggers deploy")) process.exit(64);
save();
`;

export function fakeDeployer(): FakeDeployer {
  const start: State = { versions: [], shares: [] };
  const directory = directoryWith({
    wrangler: SCRIPT,
    "package.json": '{"type":"commonjs"}',
    "state.json": JSON.stringify(start),
  });
  const path = (name: string) => join(directory, name);
  chmodSync(path("wrangler"), 0o755);
  const state = (): State => JSON.parse(readFileSync(path("state.json"), "utf8"));
  return {
    env: { PATH: [directory, dirname(process.execPath)].join(delimiter) },
    state,
    set: (change) => writeFileSync(path("state.json"), JSON.stringify({ ...state(), ...change })),
    hold: (text, nth = 1) => ({ FAKE_HOLD: JSON.stringify({ text, nth }) }),
    held: async () => {
      while (!existsSync(path("held"))) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    release: () => writeFileSync(path("go"), ""),
  };
}
