import { expect, test } from "vitest";
import { type CompileOutput, diff } from "../../../src/compiler/index.ts";
import { cluster, compiled } from "../../support/compiled.ts";
import { annotated } from "../frontends/ingress/annotations/annotated.ts";

const SNIPPET = "configuration-snippet";

/** The worst of what changes for an Ingress whose annotations do, with `--lenient`. */
function kindOf(was: Readonly<Record<string, string>>, is: Readonly<Record<string, string>>) {
  const made = (annotations: Readonly<Record<string, string>>) => {
    const { output } = compiled([cluster("eu"), annotated(annotations)].join("---\n"), {
      dialect: "ingress-nginx",
      lenient: true,
    });
    return output as CompileOutput;
  };
  return diff(made(was), made(is)).changes[0]?.kind;
}

const REFUSES = { [SNIPPET]: 'if ($http_x_key != "abc") { return 403; }' };
const REFUSES_MORE = {
  [SNIPPET]: 'if ($http_x_key != "abc") { return 403; }\nif ($http_x_more != "abc") { return 403; }',
};
const LEADS_ON = { [SNIPPET]: "rewrite ^/admin/(.*)$ /$1 last;" };
const WRITES = { [SNIPPET]: "rewrite ^/open/(.*)$ /admin/$1 break;" };
const DENIED = { "auth-type": "basic", "auth-secret": "nowhere" };

test.each([
  ["that refused and are gone", REFUSES, {}, "guard-removed"],
  ["of an Ingress that was denied, for its Secret was missing", DENIED, {}, "guard-removed"],
  ["that refuse something else", REFUSES, REFUSES_MORE, "guard-changed"],
  ["that lead requests to other rules now", {}, LEADS_ON, "guard-changed"],
  ["that led requests to other rules", LEADS_ON, {}, "guard-changed"],
  ["that write another path", {}, WRITES, "re-targeted"],
  ["that refuse now", {}, REFUSES, "guard-added"],
  ["that redirect now", {}, { [SNIPPET]: "return 302 https://www.example.net/;" }, "changed"],
])("lines %s", (_, was, is, kind) => {
  expect(kindOf(was, is)).toBe(kind);
});
