import { expect, inject, test } from "vitest";
import { MergedRoutes } from "../../../src/compiler/checks/merged-routes.ts";
import { reachOf } from "../../../src/compiler/checks/unreachable-rules.ts";
import type { CompileResult } from "../../../src/compiler/compile.ts";
import { Side } from "../../../src/compiler/diff/side.ts";
import type { MergedHost } from "../../../src/compiler/ir/merge.ts";
import { fc } from "../../support/properties.ts";
import { checked, type IngressSketch, ingress } from "./manifests.ts";

const RUNS = Number(process.env.UNREACHABLE_RUNS ?? 200);
const REQUESTS = 40;
const TIMEOUT = 300_000 + RUNS * 400;

const PATTERNS = [
  "/a",
  "/a/b",
  "/[ab]",
  "/a.*",
  "/a$",
  "/(a|b)/?",
  "/a(/|$)(.*)",
  "/.",
  "/(?!a).*",
  "/a\\b",
  "/x{2}",
  "/a$|b$",
  "/$",
];
const PLAIN = ["/", "/a", "=/a", "=/a/b", "/a/b", "/b/", "=/", "~/a;x", "~/a%2Fb", "~/a//b", "~/b%20c"];
const patterned: fc.Arbitrary<IngressSketch> = fc.record({
  name: fc.constantFrom("one", "two", "three"),
  namespace: fc.constantFrom("shop", "other"),
  hosts: fc.dictionary(
    fc.constantFrom("a.test", "*.test", "*"),
    fc
      .uniqueArray(fc.constantFrom(...PATTERNS), { minLength: 1, maxLength: 5 })
      .map((paths) => paths.map((path) => `~${path}`)),
    { minKeys: 1, maxKeys: 2 },
  ),
  annotations: fc.constant({ "use-regex": "true" }),
});
const plain: fc.Arbitrary<IngressSketch> = fc.record({
  name: fc.constantFrom("one", "two", "three"),
  namespace: fc.constantFrom("shop", "other"),
  hosts: fc.dictionary(
    fc.constantFrom("a.test", "*.test", "*"),
    fc.uniqueArray(fc.constantFrom(...PLAIN), { minLength: 1, maxLength: 5 }),
    { minKeys: 1, maxKeys: 2 },
  ),
});
const ingresses = fc.uniqueArray(fc.oneof(patterned, plain), {
  minLength: 1,
  maxLength: 3,
  selector: ({ namespace, name }) => `${namespace}/${name}`,
});

const piece = fc.constantFrom("a", "b", "/", "x", ";x", "%2F", "//", ".", "%20c", "ab", "B");
const request = fc
  .record({ host: fc.constantFrom("a.test", "b.test", "elsewhere.org"), parts: fc.array(piece, { maxLength: 6 }) })
  .map(({ host, parts }) => `https://${host}/${parts.join("")}`);

const placeOf = ({ position }: CompileResult["diagnostics"][number]) =>
  position === null ? null : `${position.file}:${position.line}:${position.column}`;

test(
  `what is called unreachable is reached by no request, and all else by one (${RUNS} manifests, seed ${inject("propertySeed")})`,
  () => {
    let [unreached, reached] = [0, 0];
    fc.assert(
      fc.property(ingresses, fc.array(request, { minLength: REQUESTS, maxLength: REQUESTS }), (sketches, requests) => {
        const { output, diagnostics } = checked(sketches.map(ingress));
        if (output === null) return;
        const side = new Side(output);
        const takerOf = (url: string) => side.answerOf(side.decide({ method: "GET", url, headers: [] }));
        const findings = diagnostics.filter(({ code }) => code === "EI5005");
        const places = new Set(findings.map(placeOf));
        const asked = new Set([...requests, ...requests.map((url) => `${url}/`)]);
        for (const { message, related } of findings) {
          unreached += 1;
          const witness = /GET (\S+)/.exec(message)?.[1];
          if (witness === undefined) continue;
          const answer = takerOf(witness);
          if (related.length === 0) expect(message).toMatch("status" in answer ? `is answered ${answer.status}` : "!");
          else expect("at" in answer ? answer.at : answer).toBe(placeOf({ ...related[0], code: "" } as never));
          asked.add(witness);
        }
        for (const url of asked) {
          const answer = takerOf(url);
          if ("at" in answer && places.has(answer.at)) throw new Error(`${url} reaches ${JSON.stringify(answer)}`);
        }
        const hosts: readonly MergedHost[] = output.router.hosts.map(({ hostname, wildcard, rules }) => ({
          hostname,
          wildcard,
          rules: rules.map(({ rule, mergedFrom }) => ({ rule, mergedFrom, scope: rule.owner.scope })),
        }));
        const routes = new MergedRoutes(hosts);
        for (const host of hosts) {
          for (const merged of host.rules) {
            const { at, role, match } = merged.rule;
            const { path } = match;
            if (role !== "rule" || at === null) continue;
            const place = `${at.file}:${at.line}:${at.column}`;
            if (places.has(place)) continue;
            const reach = reachOf(routes, host, merged);
            // Whether all readings of its paths lead to rules that do the same is not proved.
            if (reach.kind === "unknown" && path.type === "RegularExpression" && path.written.includes(";")) continue;
            if (reach.kind !== "reached") throw new Error(`${place} is ${reach.kind}, and was not reported`);
            expect(takerOf(reach.url), reach.url).toMatchObject({ at: place });
            reached += 1;
          }
        }
      }),
      { numRuns: RUNS },
    );
    expect(unreached).toBeGreaterThan(RUNS / 50);
    expect(reached).toBeGreaterThan(RUNS);
  },
  TIMEOUT,
);
