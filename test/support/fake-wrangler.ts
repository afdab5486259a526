import { chmodSync, existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, dirname, join } from "node:path";
import { directoryWith } from "./manifests.ts";

/** One run of the fake. */
export interface Call {
  readonly args: readonly string[];
  /** What stood in the file of `bulk put`, and its mode. */
  readonly file?: { readonly text: string; readonly mode: number };
  /** What `secret bulk` got by standard input. */
  readonly stdin?: string;
}

/** A wrangler that keeps KV and Worker secrets in files and writes down how it was called. */
export interface FakeWrangler {
  /** For `runCli`. */
  readonly env: Readonly<Record<string, string>>;
  calls(): readonly Call[];
  /** Name to value and metadata; what was put from a file is in base64. */
  entries(): Readonly<Record<string, { readonly value: string; readonly metadata?: unknown }>>;
  /** Worker secrets. */
  secrets(): Readonly<Record<string, string>>;
  /** From now on every call ends so. */
  fail(words: string, code?: number): void;
  /** Environment that holds a process before the nth call that has a text in it, until `release`. */
  hold(label: string, text: string, nth?: number): Readonly<Record<string, string>>;
  /** Resolves when it stands there. */
  held(label: string): Promise<void>;
  release(label: string): void;
  /** Puts something there by hand, and takes it away. */
  put(name: string, value: string, metadata?: unknown): void;
  putBytes(name: string, value: Uint8Array): void;
  remove(name: string): void;
}

const SCRIPT = `#!/usr/bin/env node
const { appendFileSync, existsSync, readFileSync, statSync, writeFileSync } = require("node:fs");
const state = (name) => require("node:path").join(__dirname, name);
const args = process.argv.slice(2);
const isPut = args.slice(0, 3).join(" ") === "kv bulk put";
const file = isPut ? { text: readFileSync(args[3], "utf8"), mode: statSync(args[3]).mode & 0o777 } : undefined;
const isBulk = args.slice(0, 2).join(" ") === "secret bulk";
const stdin = isBulk ? readFileSync(0, "utf8") : undefined;
appendFileSync(state("calls.jsonl"), JSON.stringify({ args, file, stdin }) + "\\n");
if (process.env.FAKE_HOLD) {
  const { label, text, nth = 1 } = JSON.parse(process.env.FAKE_HOLD);
  const isMet = (args.join(" ") + (file?.text ?? "")).includes(text);
  if (isMet) appendFileSync(state(label + ".met"), ".");
  if (isMet && statSync(state(label + ".met")).size === nth) {
    writeFileSync(state(label + ".held"), "");
    while (!existsSync(state(label + ".go"))) Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 20);
  }
}
const entries = JSON.parse(readFileSync(state("entries.json"), "utf8"));
if (existsSync(state("fail.json"))) {
  const { words, code } = JSON.parse(readFileSync(state("fail.json"), "utf8"));
  process.stderr.write(words);
  process.exit(code);
}
const [, what, does, name] = args;
if (isPut) {
  for (const { key, value, metadata, base64 } of JSON.parse(file.text)) {
    entries[key] = { value, metadata, encoding: base64 ? "base64" : undefined };
  }
  writeFileSync(state("entries.json"), JSON.stringify(entries));
  console.log("\\n \\u26c5\\ufe0f wrangler 4.155.0\\nResource location: local\\nSuccess!");
} else if (what === "bulk" && does === "delete" && args.includes("--force")) {
  for (const gone of JSON.parse(readFileSync(name, "utf8"))) delete entries[gone];
  writeFileSync(state("entries.json"), JSON.stringify(entries));
} else if (what === "key" && does === "get") {
  const { value = "Value not found\\n", encoding = "utf8" } = entries[name] ?? {};
  process.stdout.write(Buffer.from(value, encoding));
} else if (what === "key" && does === "put" && args[4] === "--path") {
  const value = readFileSync(args[5], "base64");
  writeFileSync(state("entries.json"), JSON.stringify({ ...entries, [name]: { value, encoding: "base64" } }));
} else if (what === "key" && does === "put") {
  const metadata = JSON.parse(args[args.indexOf("--metadata") + 1]);
  writeFileSync(state("entries.json"), JSON.stringify({ ...entries, [name]: { value: args[4], metadata } }));
} else if (what === "key" && does === "delete") {
  const { [name]: _, ...others } = entries;
  writeFileSync(state("entries.json"), JSON.stringify(others));
} else if (what === "key" && does === "list") {
  const prefix = args.includes("--prefix") ? args[args.indexOf("--prefix") + 1] : "";
  const listed = Object.entries(entries).filter(([key]) => key.startsWith(prefix));
  console.log(JSON.stringify(listed.map(([key, { metadata }]) => ({ name: key, metadata })), null, 2));
} else if (isBulk) {
  const secrets = JSON.parse(readFileSync(state("secrets.json"), "utf8"));
  writeFileSync(state("secrets.json"), JSON.stringify({ ...secrets, ...JSON.parse(stdin) }));
  console.log("Finished processing secrets file");
} else if (args.slice(0, 2).join(" ") === "secret list") {
  const names = Object.keys(JSON.parse(readFileSync(state("secrets.json"), "utf8")));
  console.log(JSON.stringify(names.map((name) => ({ name, type: "secret_text" })), null, 2));
} else process.exit(64);
`;

export function fakeWrangler(): FakeWrangler {
  // Beside "type": "module" of a directory above, a file without an ending would be one too.
  const files = {
    wrangler: SCRIPT,
    "package.json": '{"type":"commonjs"}',
    "entries.json": "{}",
    "secrets.json": "{}",
    "calls.jsonl": "",
  };
  const directory = directoryWith(files);
  const path = (name: string) => join(directory, name);
  chmodSync(path("wrangler"), 0o755);
  const entries = () => JSON.parse(readFileSync(path("entries.json"), "utf8"));
  return {
    env: { PATH: [directory, dirname(process.execPath)].join(delimiter) },
    calls: () =>
      readFileSync(path("calls.jsonl"), "utf8")
        .split("\n")
        .filter((line) => line !== "")
        .map((line) => JSON.parse(line) as Call),
    entries,
    secrets: () => JSON.parse(readFileSync(path("secrets.json"), "utf8")),
    hold: (label, text, nth = 1) => ({ FAKE_HOLD: JSON.stringify({ label, text, nth }) }),
    held: async (label) => {
      while (!existsSync(path(`${label}.held`))) await new Promise((resolve) => setTimeout(resolve, 20));
    },
    release: (label) => writeFileSync(path(`${label}.go`), ""),
    fail: (words, code = 1) => writeFileSync(path("fail.json"), JSON.stringify({ words, code })),
    put: (name, value, metadata) =>
      writeFileSync(path("entries.json"), JSON.stringify({ ...entries(), [name]: { value, metadata } })),
    putBytes(name, bytes) {
      const value = Buffer.from(bytes).toString("base64");
      writeFileSync(path("entries.json"), JSON.stringify({ ...entries(), [name]: { value, encoding: "base64" } }));
    },
    remove(name) {
      const { [name]: _, ...others } = entries();
      writeFileSync(path("entries.json"), JSON.stringify(others));
    },
  };
}
