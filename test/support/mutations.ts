import { stringify } from "yaml";
import { BAD_TEXTS } from "./bad-texts.ts";
import { CLUSTERS, documentsOf, EXAMPLES, SHOP, TLS, type Tree, TWO } from "./examples.ts";

/** A kind of bad input: one file, which takes the place of an example. */
export interface BadInput {
  readonly name: string;
  readonly content: string | Uint8Array;
}

type Path = readonly (string | number)[];

const textOf = (documents: readonly unknown[]) => documents.map((each) => stringify(each)).join("---\n");

/** Every path in a tree, parents before their children. */
function pathsIn(value: unknown, path: Path = []): Path[] {
  if (typeof value !== "object" || value === null) return [];
  const keys = Array.isArray(value) ? [...value.keys()] : Object.keys(value);
  return keys.flatMap((key) => [[...path, key], ...pathsIn((value as Tree)[key], [...path, key])]);
}

function parentOf(tree: unknown, path: Path): Tree {
  return path.slice(0, -1).reduce<unknown>((at, key) => (at as Tree)[key], tree) as Tree;
}

/** The example with one of its fields changed: `change` gets the object or list that holds it, and its key. */
function edited(text: string, index: number, path: Path, change: (parent: Tree, key: string | number) => void): string {
  const documents = documentsOf(text);
  change(parentOf(documents[index], path), path.at(-1) ?? "");
  return textOf(documents);
}

/** The fields of the kinds that are read, each of the same shape once. */
function fields(): { readonly name: string; readonly text: string; readonly index: number; readonly path: Path }[] {
  const seen = new Set<string>();
  return [TLS, TWO, SHOP, CLUSTERS].flatMap((text) =>
    documentsOf(text).flatMap((document, index) =>
      pathsIn(document).flatMap((path) => {
        const name = `${document.kind}.${path.join(".").replace(/\.?\b[0-9]+\b/g, "[]")}`;
        if (seen.has(name)) return [];
        seen.add(name);
        return [{ name, text, index, path }];
      }),
    ),
  );
}

const WRONG: readonly (readonly [string, unknown])[] = [
  ["a list", [1]],
  ["an object", { wrong: true }],
  ["a text", "wrong type"],
  ["a number", -1.5],
  ["a boolean", true],
  ["null", null],
];

const sameType = (a: unknown, b: unknown) =>
  typeof a === typeof b && Array.isArray(a) === Array.isArray(b) && (a === null) === (b === null);

/** Two wrong types for each field: taken in turn, so that each type comes to many fields. */
function wrongTypes(): BadInput[] {
  return fields().flatMap(({ name, text, index, path }, number) => {
    const now = parentOf(documentsOf(text)[index], path)[path.at(-1) ?? ""];
    const others = WRONG.filter(([, value]) => !sameType(value, now));
    return [number, number + 1].map((turn) => {
      const [what, value] = others[turn % others.length] as readonly [string, unknown];
      return { name: `${name} is ${what}`, content: edited(text, index, path, (parent, key) => (parent[key] = value)) };
    });
  });
}

function missingFields(): BadInput[] {
  return fields().map(({ name, text, index, path }) => ({
    name: `${name} is missing`,
    content: edited(text, index, path, (parent, key) =>
      Array.isArray(parent) ? parent.splice(Number(key), 1) : delete parent[key],
    ),
  }));
}

function unknownFields(): BadInput[] {
  return fields()
    .filter(({ path }) => typeof path.at(-1) === "string")
    .map(({ name, text, index, path }) => ({
      name: `a misspelt field instead of ${name}`,
      content: edited(text, index, path, (parent, key) => {
        parent[`${key}x`] = parent[key];
        delete parent[key];
      }),
    }));
}

function repeatedLines(): BadInput[] {
  const lines = TWO.split("\n");
  return lines.flatMap((line, index) => {
    if (!/^\s*[a-zA-Z]+:/.test(line) || index > 22) return [];
    const content = lines.toSpliced(index, 0, line).join("\n");
    return [{ name: `line ${index + 1} twice: ${line.trim()}`, content }];
  });
}

function truncations(): BadInput[] {
  return Object.entries(EXAMPLES).flatMap(([name, text]) =>
    Array.from({ length: 9 }, (_, index) => Math.floor((text.length * (index + 1)) / 10)).map((at) => ({
      name: `${name} cut off after ${at} characters`,
      content: text.slice(0, at),
    })),
  );
}

const HOSTILE: Readonly<Record<string, string>> = {
  "an escape sequence": "\u001b[2J\u001b]0;x\u0007",
  "a carriage return": "a\rb",
  "line breaks": "a\n\nb: c\n---\nd",
  NUL: "a\0b",
  "C1 controls": "\u009b31m\u0085",
  "text turned around": "\u202eevil\u2066",
  "a zero width space": "a\u200bb",
  "line separators": "a\u2028b\u2029c",
  "a lone surrogate": "a\ud800b",
  "characters beyond the first plane": "\u{1f600}\u{e0001}",
  __proto__: "__proto__",
  constructor: "constructor",
  "a megabyte": "x".repeat(1_000_000),
  "a megabyte of wide characters": "漢".repeat(333_333),
  "a megabyte of dots": "a.".repeat(500_000),
  "a megabyte of slashes": "/".repeat(1_000_000),
  "nothing but space": " \t ",
  "the empty text": "",
  "a template": "{{ .Values.host }}",
  "a path upwards": "../../etc/passwd",
  "a URL with a password": "https://user:HUNTER2@example.com/",
};

const IN_INGRESS = (document: Tree) => parentOf(document, ["spec", "rules", 0, "host"]);
const IN_PATH = (document: Tree) => parentOf(document, ["spec", "rules", 0, "http", "paths", 0, "path"]);
const PLACES: Readonly<Record<string, (documents: readonly Tree[], text: string) => void>> = {
  host: ([ingress], text) => Object.assign(IN_INGRESS(ingress as Tree), { host: text }),
  path: ([ingress], text) => Object.assign(IN_PATH(ingress as Tree), { path: text }),
  "path behind /": ([ingress], text) => Object.assign(IN_PATH(ingress as Tree), { path: `/${text}` }),
  "Service name": ([ingress], text) =>
    Object.assign(parentOf(ingress, ["spec", "rules", 0, "http", "paths", 0, "backend", "service", "name"]), {
      name: text,
    }),
  name: ([ingress], text) => Object.assign(ingress?.metadata as Tree, { name: text }),
  namespace: ([ingress], text) => Object.assign(ingress?.metadata as Tree, { namespace: text }),
  class: ([ingress], text) => Object.assign(ingress?.spec as Tree, { ingressClassName: text }),
  "annotation name": ([ingress], text) =>
    Object.assign(ingress?.metadata as Tree, { annotations: Object.fromEntries([[text, "x"]]) }),
  "annotation value": ([ingress], text) =>
    Object.assign(ingress?.metadata as Tree, {
      annotations: { "nginx.ingress.kubernetes.io/proxy-read-timeout": text },
    }),
  field: ([ingress], text) => Object.defineProperty(ingress?.spec, text, { value: 1, enumerable: true }),
  kind: ([ingress], text) => Object.assign(ingress as Tree, { kind: text }),
  creationTimestamp: ([ingress], text) => Object.assign(ingress?.metadata as Tree, { creationTimestamp: text }),
};

/** As YAML with its own escapes, and as JSON, whose escapes let every character in. */
function hostileTexts(): BadInput[] {
  return Object.entries(HOSTILE).flatMap(([what, text]) =>
    Object.entries(PLACES).map(([place, put], index) => {
      const documents = documentsOf(TWO);
      put(documents, text);
      const content =
        index % 2 === 0 ? textOf(documents) : documents.map((each) => JSON.stringify(each)).join("\n---\n");
      return { name: `${what} as ${place}`, content };
    }),
  );
}

function rawCharacters(): BadInput[] {
  const characters = [
    "\u0000",
    "\u0007",
    "\u001b[31m",
    "\u007f",
    "\u0080",
    "\u202e",
    "\ufffe",
    "\ufeff",
    "\t",
    "\r",
    "\u2028",
  ];
  return characters.flatMap((character) => {
    const code = character.codePointAt(0)?.toString(16);
    return [
      { name: `U+${code} in a value`, content: TWO.replace("example.com", `exa${character}mple.com`) },
      { name: `U+${code} in an indentation`, content: TWO.replace("\n    - host", `\n  ${character}  - host`) },
      { name: `U+${code} between documents`, content: TWO.replace("---", `${character}\n---`) },
    ];
  });
}

/** All kinds, by the example that they take the place of. */
export function badInputs(): readonly BadInput[] {
  return [
    ...Object.entries(BAD_TEXTS).map(([name, content]) => ({ name, content })),
    ...truncations(),
    ...wrongTypes(),
    ...missingFields(),
    ...unknownFields(),
    ...repeatedLines(),
    ...hostileTexts(),
    ...rawCharacters(),
  ];
}
