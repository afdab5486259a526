import { printable } from "../diagnostics/printable.ts";
import { cell } from "../markdown.ts";
import { type Paint, plain, type Style } from "../paint.ts";
import { type MigratedIngress, type Migration, type Reason, STATES, type State } from "./migration.ts";

const WORDS: Readonly<Record<State, string>> = {
  blocked: "blocked",
  differs: "ready with differences",
  ready: "ready",
  "left-out": "left out: its class is not served",
};

const STYLES: Readonly<Record<State, Style>> = {
  blocked: "error",
  differs: "warning",
  ready: "good",
  "left-out": "faint",
};

/** A migration for people; never ends with a line break. */
export function formatMigration(
  { totals, ingresses, annotations, elsewhere }: Migration,
  paint: Paint = plain,
): string {
  const told = ingresses.map((ingress) => {
    const name = paint("strong", printable(ingress.name));
    const head = `${name}: ${paint(STYLES[ingress.state], WORDS[ingress.state])}`;
    const at = ingress.at === null ? "" : ` (${printable(ingress.at)})`;
    return [`${head}${at}`, ...reasonsOf(ingress).map(reasonLine).map(printable)].join("\n");
  });
  const blocks = [
    ...(elsewhere.length === 0 ? [] : [["elsewhere", ...elsewhere.map(reasonLine)]]),
    ...(annotations.length === 0 ? [] : [annotationLines(annotations)]),
    [totalsLine(totals)],
  ];
  return [...told, ...blocks.map((lines) => lines.map(printable).join("\n"))].join("\n\n");
}

/** The same as Markdown. */
export function formatMigrationMarkdown({ totals, ingresses, annotations, elsewhere }: Migration): string {
  const rows = ingresses.map(
    (ingress) =>
      `| ${cell(ingress.name)} | ${WORDS[ingress.state]} | ${cell(reasonsOf(ingress).map(reasonText).join("; "))} |`,
  );
  const used = annotations.map(
    ({ name, class: kind, ingresses: count, errors, warnings }) =>
      `| ${cell(name)} | ${kind ?? "unknown"} | ${count} | ${errors} | ${warnings} |`,
  );
  return [
    `**${totalsLine(totals)}**`,
    ["| Ingress | State | Why |", "| --- | --- | --- |", ...rows].join("\n"),
    ...(elsewhere.length === 0 ? [] : [elsewhere.map((reason) => `- ${cell(reasonText(reason))}`).join("\n")]),
    ...(used.length === 0
      ? []
      : [
          ["| Annotation | Class | Ingresses | Errors | Warnings |", "| --- | --- | --- | --- | --- |", ...used].join(
            "\n",
          ),
        ]),
  ].join("\n\n");
}

/** An info says that nothing is lost. */
function reasonsOf({ reasons }: MigratedIngress): readonly Reason[] {
  return reasons.filter(({ severity }) => severity !== "info");
}

function reasonLine(reason: Reason): string {
  return `  ${reasonText(reason)}${reason.at === null ? "" : ` (${reason.at})`}`;
}

function reasonText({ severity, code, message }: Reason): string {
  return `${severity}[${code}] ${message}`;
}

function annotationLines(annotations: Migration["annotations"]): string[] {
  const width = Math.max(...annotations.map(({ name }) => name.length));
  return [
    "annotations of ingress-nginx",
    ...annotations.map(({ name, class: kind, ingresses, errors, warnings }) => {
      const found = [
        ...(errors > 0 ? [`${errors} blocked`] : []),
        ...(warnings > 0 ? [`${warnings} with differences`] : []),
      ];
      const count = `${ingresses} ${ingresses === 1 ? "Ingress" : "Ingresses"}`;
      return `  ${name.padEnd(width)}  ${kind ?? "?"}  ${[count, ...found].join(", ")}`;
    }),
  ];
}

function totalsLine(totals: Migration["totals"]): string {
  const said = STATES.filter((state) => totals[state] > 0).map(
    (state) => `${totals[state]} ${state === "left-out" ? "left out" : WORDS[state]}`,
  );
  return said.join(", ") || "no Ingress";
}
