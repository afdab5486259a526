import { expect, test } from "vitest";
import { readIngresses } from "../../../../src/compiler/frontends/ingress/index.ts";
import { ingress, path, resources } from "./resources.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";

function web(name: string, host: string, at: string, annotations: Readonly<Record<string, string>>) {
  const body = { ingressClassName: "nginx", rules: [{ host, paths: [path(at)] }] };
  const written = Object.entries(annotations).map(([key, value]) => [PREFIX + key, value]);
  return ingress(name, body, { annotations: Object.fromEntries(written) });
}

/** `host path: type` of each text that a line of a path answers. */
function types(...ingresses: readonly ReturnType<typeof web>[]) {
  const flags = { ingressClass: ["nginx"], controller: [], defaultBackend: null };
  return readIngresses(resources({ ingresses }), flags).rules.flatMap(({ hostname, match, filters }) =>
    filters.flatMap((filter) =>
      filter.type === "RewriteModule" && filter.level === "location"
        ? filter.blocks.map(({ actions }) => `${hostname} ${match.path.value}: ${actions[0]?.contentType}`)
        : [],
    ),
  );
}

const ANSWER = { "configuration-snippet": "return 200 a;" };
const TYPED = { "server-snippet": "default_type text/plain;" };

test("default_type of a server holds for texts of all Ingresses of the host", () => {
  expect(types(web("b", "a.test", "/x", TYPED), web("a", "a.test", "/y", ANSWER))).toEqual(["a.test /y: text/plain"]);
  expect(types(web("b", "b.test", "/x", TYPED), web("a", "a.test", "/y", ANSWER))).toContain("a.test /y: text/html");
});

test("and that of a snippet which an older Ingress's takes the place of does not", () => {
  const older = { "server-snippet": "gzip off;" };
  expect(types(web("b", "a.test", "/x", older), web("a", "a.test", "/y", { ...ANSWER, ...TYPED }))).toEqual([
    "a.test /y: text/html",
  ]);
});

test("a path says it itself", () => {
  const own = { "configuration-snippet": "default_type application/json; return 200 []; " };
  expect(types(web("b", "a.test", "/x", TYPED), web("a", "a.test", "/y", own))).toEqual([
    "a.test /y: application/json",
  ]);
});
