import { expect, test, vi } from "vitest";
import { journeyOf } from "../../../src/compiler/explain/journey.ts";
import { readDirectives } from "../../../src/compiler/frontends/ingress/annotations/snippet-lines.ts";
import { SnippetReading } from "../../../src/compiler/frontends/ingress/annotations/snippet-reading.ts";
import { parseTemplate } from "../../../src/compiler/resources/templates.ts";
import { encodeTable } from "../../../src/compiler/table/encode.ts";
import { openTable } from "../../../src/table/reader.ts";
import { normaliseTarget } from "../../../src/table/target.ts";
import { fc } from "../../support/properties.ts";
import { routerOf } from "../../support/router.ts";
import { edgeOf } from "../edge-of.ts";

const LINES = [
  "rewrite ^/a/(.*)$ /b/$1 last;",
  "rewrite ^/b/x$ /c last;",
  "rewrite ^/c$ /a/x last;",
  "rewrite ^/d$ /b;",
  "rewrite ^/b$ /c/y;",
  "rewrite ^/(.*)z$ /$1 last;",
  "rewrite ^/e /c break;",
  "if ($http_x_a = yes) { rewrite ^ /c last; }",
  "if ($http_x_a = yes) { break; }",
  "if ($arg_q) { return 418; }",
  "if ($request_method = POST) { rewrite ^/a /d last; }",
  "if ($uri ~ ^/a/x) { return 302 /elsewhere; }",
  "if ($host = b.test) { rewrite ^ /d last; }",
];
/** What a `server-snippet` may hold. */
const OF_SERVERS = LINES.filter((line) => !line.includes("break"));
const PATHS = ["/", "/a", "/a/x", "/a/xzzz", "/b", "/b/x", "/c", "/d", "/dz", "/e/1", "/q", `/${"z".repeat(12)}`];

function blocksOf(lines: readonly string[], name: "configuration-snippet" | "server-snippet") {
  const context = { name, followedBy: null, relative: false, contentType: "", whyNoHeaders: null, read: parseTemplate };
  const { blocks, findings } = new SnippetReading(readDirectives(lines.join("\n")) ?? [], context);
  expect(findings).toEqual([]);
  return blocks;
}

test("explain leads a request where the edge leads it", async () => {
  vi.spyOn(console, "error").mockImplementation(() => {});
  const some = (lines: readonly string[]) => fc.subarray([...lines], { maxLength: 4 });
  let moved = 0;
  await fc.assert(
    fc.asyncProperty(
      some(OF_SERVERS),
      fc.array(some(LINES), { minLength: 4, maxLength: 4 }),
      fc.record({
        path: fc.constantFrom(...PATHS),
        query: fc.constantFrom("", "?q=1"),
        host: fc.constantFrom("a.test", "b.test"),
        method: fc.constantFrom("GET", "POST"),
        header: fc.boolean(),
      }),
      fc.boolean(),
      async (ofServer, ofPaths, { path, query, host, method, header }, hasRoot) => {
        const server = blocksOf(ofServer, "server-snippet");
        const location = [{ type: "text", value: "/app" }] as const;
        const redirects = hasRoot ? [{ only: "root", status: 302, location, cutSlash: false } as const] : [];
        const rules = ["/", "/b", "/c", "/d"].map((at, index) => ({
          hostname: "*",
          path: at,
          service: `s${index}`,
          targets: { [`s${index}`]: 1 },
          policies: {
            rewriteModule: [...server, ...blocksOf(ofPaths[index] ?? [], "configuration-snippet")],
            redirects,
          },
        }));
        const services = rules.map(({ service }) => service);
        const endpoints = Object.fromEntries(services.map((name) => [name, { mode: "service" as const }]));
        const answers = Object.fromEntries(services.map((name) => [name, () => new Response(name)]));
        const sketch = { rules, endpoints };
        const url = `http://${host}${path}${query}`;
        const headers: [string, string][] = header ? [["x-a", "yes"]] : [];
        const answer = await edgeOf(sketch, answers)(url, { method, headers, redirect: "manual" });

        const opened = openTable(encodeTable(routerOf(sketch)).buffer);
        const target = normaliseTarget(url);
        if (!opened.ok || !target.ok) throw new Error("neither is refused");
        const router = opened.table.routerFor(host);
        if (router === null) throw new Error("there are rules for every host");
        const told = journeyOf(router, target.target, { method, headers }, []);
        expect(told.undecided).toEqual([]);
        if (told.steps.length > 0) moved++;
        if (told.end === "cycle") expect(answer.status).toBe(500);
        else if (told.end === "unreadable" || told.end === "ambiguous") expect(answer.status).toBe(400);
        else if (told.end === null) expect(answer.status).toBe(404);
        else if (told.answered !== null) expect(answer.status).toBe(told.answered.status);
        else if (answer.status === 302) {
          // The redirect of the root is told where lines of a location come after it alone; else it stands among the filters.
          const hasLines = told.end.policies.rewriteModule.some(({ level }) => level === "location");
          expect([hasLines, hasRoot, told.target.path]).toEqual([false, true, "/"]);
        } else
          expect([answer.status, await answer.text()]).toEqual([200, told.end.backends[0]?.name.match(/s\d/)?.[0]]);
      },
    ),
  );
  // Else it says nothing of moves.
  expect(moved).toBeGreaterThan(20);
});
