/**
 * Writes docs/annotations.md from the registry of annotations. Run `node scripts/docs-annotations.ts`; a test holds the
 * two together.
 */
import { writeFileSync } from "node:fs";
import type { AnnotationEntry, AnnotationFamily } from "../src/compiler/frontends/ingress/annotations/entry.ts";
import { families, PREFIX, registry } from "../src/compiler/frontends/ingress/annotations/registry.ts";
import { CONTROLLER_KEYS } from "../src/compiler/frontends/ingress/controller-keys.ts";

const INTRODUCTION = `# Annotations of ingress-nginx

This page is made from the compiler's own list by \`node scripts/docs-annotations.ts\`.

The compiler reads annotations under \`${PREFIX}\`. Whatever it does not honour it reports by name, and never passes
over in silence:

| In this version | means |
| --- | --- |
| **error** | It guards the route, or limits it. The edge does not honour it yet, and does not publish the route open. |
| warning | The edge does not honour it yet. The route is served without it. |
| info | It concerns the way from the cluster's own ingress to the pods. The edge has no part in it. |

Anything else in that column is what the edge does. The column "Asks for nothing" shows the value that needs no report
(booleans in every spelling that ingress-nginx takes); an empty value asks for nothing either, except where the
annotation guards.

The class says what an edge in front of clusters could do at best: **E** honour it exactly, **P** honour it in part,
**C** leave it to the cluster, **N** not honour it.

A name that ingress-nginx does not have is reported with the nearest one that it has: as an error where it looks like a
guard. So are the annotations of other controllers and unknown ones. Notes of tools (kubectl, Helm, Argo CD,
cert-manager, external-dns and the like) are passed over.`;

/** The text of docs/annotations.md. */
export function annotationsPage(): string {
  return `${[INTRODUCTION, countLine(), ...families.map(section), controllerKeys()].join("\n\n")}\n`;
}

function countLine(): string {
  const entries = [...registry.values()];
  const read = entries.filter(isRead).length;
  const errors = entries.filter((entry) => !isRead(entry) && entry.guards).length;
  return `Of ${entries.length} annotations this version reads ${read}; ${errors} are errors.`;
}

function section(family: AnnotationFamily): string {
  return [
    `## ${family.title}`,
    "",
    "| Annotation | In ingress-nginx | In this version | Asks for nothing | Class |",
    "| --- | --- | --- | --- | --- |",
    ...family.entries.map(row),
    ...(family.notes === undefined ? [] : ["", family.notes]),
  ].join("\n");
}

function row(entry: AnnotationEntry): string {
  const [inert] = entry.inert ?? [];
  const cells = [`\`${entry.name}\``, entry.summary, status(entry), inert ? `\`${inert}\`` : "", entry.class];
  return `| ${cells.map((cell) => cell.replaceAll("|", "\\|")).join(" | ")} |`;
}

function controllerKeys(): string {
  const listed = CONTROLLER_KEYS.filter(({ effect }) => effect === "edge" || effect === "annotation");
  const others = CONTROLLER_KEYS.filter((key) => !listed.includes(key));
  const grouped = Map.groupBy(others, ({ effect, does }) => `${OTHERS[effect]}: ${does}`);
  return [
    "## The ConfigMap of the controller",
    "",
    "Where it is among the manifests (`ingress-nginx-controller`, or a name that ends so), these of its keys hold for Ingresses",
    "of the [dialect](architecture.md#the-dialect) of ingress-nginx; access lists, `proxy-body-size` and",
    "[`global-auth-…`](auth.md#external-authentication) for all.",
    "",
    ...listed.map(({ name, does }) => `- \`${name}\`: ${does}`),
    "",
    "These do not act at the edge. A name that is in neither list is a warning, and an error where it looks like a guard.",
    "",
    ...[...grouped].map(([about, keys]) => `- ${about} ${keys.map(({ name }) => `\`${name}\``).join(", ")}`),
  ].join("\n");
}

const OTHERS: Readonly<Record<string, string>> = {
  guard: "**error**",
  missing: "warning",
  platform: "info",
  cluster: "info",
};

function isRead({ read, together }: AnnotationEntry): boolean {
  return read !== undefined || together !== undefined;
}

function status(entry: AnnotationEntry): string {
  const does = entry.read?.does ?? entry.together;
  const weight = does ?? (entry.guards ? "**error**" : entry.class === "C" ? "info" : "warning");
  return entry.instead === undefined ? weight : `${weight}. Instead: ${entry.instead}`;
}

if (import.meta.main) {
  writeFileSync(new URL("../docs/annotations.md", import.meta.url), annotationsPage());
}
