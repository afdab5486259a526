/** A run of characters in one style; the codes are those of `src/compiler/paint.ts`. */
interface Span {
  readonly codes: readonly string[];
  readonly text: string;
}

const COLUMNS = 80;
const CHARACTER = 8.43;
const LINE = 19;
const MARGIN = 16;

/** Colours of GitHub's Primer for code, which have a contrast of 4.5 to 1 at least on its light and its dark ground. */
const STYLE = `
    text { font: 14px ui-monospace, SFMono-Regular, Menlo, Consolas, 'DejaVu Sans Mono', monospace; fill: #1f2328 }
    .ground { fill: #ffffff; stroke: #d1d9e0 }
    .c1 { font-weight: 700 }
    .c2 { fill: #59636e }
    .c31 { fill: #cf222e }
    .c32 { fill: #116329 }
    .c33 { fill: #7d4e00 }
    .c36 { fill: #1b7c83 }
    @media (prefers-color-scheme: dark) {
      text { fill: #f0f6fc }
      .ground { fill: #0d1117; stroke: #3d444d }
      .c2 { fill: #9198a1 }
      .c31 { fill: #ff7b72 }
      .c32 { fill: #3fb950 }
      .c33 { fill: #d29922 }
      .c36 { fill: #39c5cf }
    }`;

/** What a terminal of 80 columns shows of a command, as an SVG that is dark where its reader's page is. */
export function terminalSvg(command: string, output: string): string {
  const typed = broken(command).map(
    (line, index) => `\u001b[2m${index === 0 ? "$" : ">"}\u001b[0m \u001b[1m${line}\u001b[0m`,
  );
  const lines = [...typed, ...output.trimEnd().split("\n")];
  const width = Math.ceil(COLUMNS * CHARACTER + 2 * MARGIN);
  const height = lines.length * LINE + 2 * MARGIN;
  const texts = linesOf(lines.join("\n")).flatMap((spans, index) => {
    const text = spans.map(spanText).join("");
    return text === ""
      ? []
      : [`  <text xml:space="preserve" x="${MARGIN}" y="${MARGIN + 14 + index * LINE}">${text}</text>`];
  });
  return [
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width} ${height}" width="${width}" height="${height}" role="img" aria-label="${escaped(command)}">`,
    `  <style>${STYLE}\n  </style>`,
    `  <rect class="ground" x="0.5" y="0.5" width="${width - 1}" height="${height - 1}" rx="6"/>`,
    ...texts,
    "</svg>\n",
  ].join("\n");
}

/** As one breaks a command for a shell. */
function broken(command: string): string[] {
  if (command.length <= COLUMNS - 2) return [command];
  const at = command.lastIndexOf(" ", COLUMNS - 4);
  return [`${command.slice(0, at)} \\`, ...broken(command.slice(at + 1))];
}

/** The spans of each line; a style goes on in the next one, as on a terminal. Throws for what is no text, or would not fit. */
function linesOf(text: string): Span[][] {
  let codes: string[] = [];
  return text.split("\n").map((line) => {
    const spans: Span[] = [];
    for (const part of line.split(/(\u001b\[\d+m)/)) {
      const [, code] = /^\u001b\[(\d+)m$/.exec(part) ?? [];
      if (code === undefined) spans.push({ codes, text: part });
      else codes = code === "0" ? [] : [...codes, code];
    }
    const shown = spans.map((span) => span.text).join("");
    if (/[\u0000-\u001f\u007f-\u009f]/.test(shown)) throw new Error(`not only text: ${JSON.stringify(line)}`);
    if (shown.length > COLUMNS) throw new Error(`longer than ${COLUMNS} columns: ${shown}`);
    return spans.filter((span) => span.text !== "");
  });
}

function spanText({ codes, text }: Span): string {
  if (codes.length === 0) return escaped(text);
  return `<tspan class="${codes.map((code) => `c${code}`).join(" ")}">${escaped(text)}</tspan>`;
}

function escaped(text: string): string {
  return text.replace(/[&<>"]/g, (character) => `&#${character.charCodeAt(0)};`);
}
