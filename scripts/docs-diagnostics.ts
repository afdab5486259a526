/**
 * Writes docs/diagnostics/ from the catalogue of codes: a page for each code, and an index. Run
 * `node scripts/docs-diagnostics.ts`; a test holds the two together.
 */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { catalogue } from "../src/compiler/diagnostics/catalogue/index.ts";
import type { CatalogueEntry, Severity } from "../src/compiler/diagnostics/diagnostic.ts";

/** The directory of the pages. */
export const DIAGNOSTICS = new URL("../docs/diagnostics/", import.meta.url);

interface Family {
  /** What the codes of the family begin with. */
  readonly prefix: string;
  readonly title: string;
  /** One sentence: what the family is about. */
  readonly about: string;
}

const families: readonly Family[] = [
  { prefix: "EI10", title: "Finding and reading files", about: "What `-f` and `spec.manifests` name." },
  { prefix: "EI11", title: "From text to documents", about: "YAML and JSON syntax, before anything is a resource." },
  {
    prefix: "EI12",
    title: "The shape of a resource",
    about: "Types, fields, names and duplicates; Cluster, EdgePolicy.",
  },
  { prefix: "EI13", title: "Comments", about: "Comments in manifests that allow a warning or an info." },
  { prefix: "EI2", title: "Ingress", about: "Ingress and IngressClass: validity, classes, paths, backends, TLS." },
  { prefix: "EI3", title: "Clusters and addresses", about: "Where a Service is reached, and how." },
  { prefix: "EI4", title: "Annotations", about: "What ingress-nginx or another controller would act on." },
  { prefix: "EI5", title: "The merged routes", about: "Rules of several Ingresses that meet." },
  { prefix: "EI6", title: "Policies", about: "EdgePolicies, and the rules that they are attached to." },
  { prefix: "EI7", title: "Secrets", about: "Secrets that routes need. No message shows what one holds." },
  { prefix: "EI8", title: "RouteTests", about: "What `edge-ingress test` reads. The other commands do not." },
];

const GENERATED = "made from the compiler's catalogue by `node scripts/docs-diagnostics.ts`";

const WEIGHT: Readonly<Record<Severity, string>> = {
  error: "**error**: nothing is compiled.",
  warning: "**warning**: the table is compiled.",
  info: "**info**: the table is compiled.",
};

/** Every page by its file name, the index included. */
export function diagnosticsPages(): ReadonlyMap<string, string> {
  const codes: readonly (readonly [string, CatalogueEntry])[] = Object.entries(catalogue).sort(([a], [b]) =>
    a < b ? -1 : 1,
  );
  const pages = codes.map(([code, entry]) => [`${code}.md`, codePage(code, entry)] as const);
  return new Map([["README.md", indexPage(codes)], ...pages]);
}

function codePage(code: string, { severity, title, why, fix }: CatalogueEntry): string {
  const family = familyOf(code);
  return `# ${code}: ${escapeMarkdown(title)}

${WEIGHT[severity]}

## Why it is reported

${escapeMarkdown(why)}

## What to do

${escapeMarkdown(fix)}

---
Family: [${family.title}](README.md#${anchorOf(family.title)}). This page is ${GENERATED}.
`;
}

function indexPage(codes: readonly (readonly [string, CatalogueEntry])[]): string {
  const sections = families.map((family) => {
    const rows = codes
      .filter(([code]) => familyOf(code) === family)
      .map(([code, { severity, title }]) => `| [${code}](${code}.md) | ${severity} | ${escapeMarkdown(title)} |`);
    return [
      `## ${family.title}`,
      "",
      family.about,
      "",
      "| Code | Severity | What it says |",
      "| --- | --- | --- |",
      ...rows,
    ].join("\n");
  });
  return `# Diagnostics

The ${codes.length} codes of the compiler. A code keeps its meaning: it is never given to another problem. An error stops the compile,
and nothing is written; warnings and infos do not change the exit code.

This page is ${GENERATED}.

${sections.join("\n\n")}
`;
}

function familyOf(code: string): Family {
  const family = families.find(({ prefix }) => code.startsWith(prefix));
  if (family === undefined) throw new Error(`${code} belongs to no family: name it in scripts/docs-diagnostics.ts`);
  return family;
}

/** How GitHub names the anchor of a heading that has letters and spaces only. */
function anchorOf(heading: string): string {
  return heading.toLowerCase().replaceAll(" ", "-");
}

/** The catalogue's texts hold code spans and otherwise plain words: what Markdown would take for markup is escaped. */
function escapeMarkdown(text: string): string {
  return text
    .split(/(`[^`]*`)/)
    .map((part) => (part.startsWith("`") ? part : part.replace(/[\\<*[\]|]/g, "\\$&")))
    .join("");
}

/** The names of pages that stand in the directory without a code of theirs. */
export function leftOverPages(): readonly string[] {
  const pages = diagnosticsPages();
  return readdirSync(DIAGNOSTICS).filter((name) => !pages.has(name));
}

if (import.meta.main) {
  mkdirSync(DIAGNOSTICS, { recursive: true });
  for (const [name, text] of diagnosticsPages()) writeFileSync(new URL(name, DIAGNOSTICS), text);
  for (const name of leftOverPages()) rmSync(new URL(name, DIAGNOSTICS));
}
