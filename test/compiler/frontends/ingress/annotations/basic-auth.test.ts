import { describe, expect, test } from "vitest";
import { compiled } from "../../../../support/compiled.ts";
import { annotated, readAnnotated } from "./annotated.ts";

const external = { externalSecrets: true };

/** What the annotations come to where Secrets are not among the manifests. */
function read(annotations: Readonly<Record<string, string>>) {
  const { output, diagnostics } = compiled(CLUSTER + annotated(annotations), external);
  const policies = output?.report.hosts.flatMap(({ rules }) => rules.flatMap((rule) => rule.policies)) ?? [];
  return {
    sets: output === null ? null : policies.map(({ sets }) => sets),
    said: diagnostics.map(({ code, message }) => `${code} ${message.replace("Ingress shop/shop: ", "")}`),
  };
}

const CLUSTER = `apiVersion: edge-ingress.dev/v1alpha1
kind: Cluster
metadata: { name: eu }
spec: { endpoint: "http://eu.test" }
---
`;

const EXPECTED =
  "EI7002 auth-secret of Ingress shop/shop names a Secret of namespace shop that must be at the edge at run time";
const USERS = { secret: "shop/users", key: "auth", realm: "" };

describe("users are asked for", () => {
  test.each<[what: string, more: Record<string, string>, sets: object]>([
    ["of a file", {}, USERS],
    ["of a file, as it is written", { "auth-secret-type": "auth-file" }, USERS],
    ["of a map", { "auth-secret-type": "auth-map" }, { ...USERS, key: null }],
    ["of a Secret with its namespace", { "auth-secret": "shop/users" }, USERS],
    [
      "with a realm",
      { "auth-realm": "Authentication Required - shop" },
      { ...USERS, realm: "Authentication Required - shop" },
    ],
    ["with an empty realm", { "auth-realm": "" }, USERS],
    ["with spaces around", { "auth-type": " basic ", "auth-secret": " users\n" }, USERS],
  ])("%s", (_, more, sets) => {
    expect(read({ "auth-type": "basic", "auth-secret": "users", ...more })).toEqual({ sets: [sets], said: [EXPECTED] });
  });
});

describe("nothing is published", () => {
  test.each<[what: string, annotations: Record<string, string>, said: string[]]>([
    [
      "for digest",
      { "auth-type": "digest", "auth-secret": "users" },
      ["EI4006 auth-type is `digest`, which the edge does not do: it would have to keep passwords"],
    ],
    ["for another type", { "auth-type": "Basic", "auth-secret": "users" }, ["EI4006 auth-type must be `basic`"]],
    ["without a Secret", { "auth-type": "basic" }, ["EI4006 auth-type asks for users, and there is no auth-secret"]],
    [
      "for an empty Secret",
      { "auth-type": "basic", "auth-secret": " " },
      ["EI4006 auth-type asks for users, and there is no auth-secret"],
    ],
    ["for an empty type", { "auth-type": "" }, ["EI4006 auth-type is empty, and guards nothing"]],
    [
      "for a Secret without a type",
      { "auth-secret": "users" },
      ["EI4006 auth-secret guards nothing without auth-type"],
    ],
    [
      "for a Secret with an empty type",
      { "auth-type": "", "auth-secret": "users" },
      ["EI4006 auth-type is empty, and guards nothing", "EI4006 auth-secret guards nothing without auth-type"],
    ],
    ["for a realm alone", { "auth-realm": "shop" }, ["EI4006 auth-realm guards nothing without auth-type"]],
    [
      "for a layout alone",
      { "auth-secret-type": "auth-file" },
      ["EI4006 auth-secret-type guards nothing without auth-type"],
    ],
    [
      "for a Secret of another namespace",
      { "auth-type": "basic", "auth-secret": "blog/users" },
      ["EI4006 auth-secret names a Secret of another namespace"],
    ],
    ...["/users", "shop/", "shop/users/auth", "Users", "us ers", "../users", "shop//users", "users:auth"].map(
      (value): [string, Record<string, string>, string[]] => [
        `for the Secret ${JSON.stringify(value)}`,
        { "auth-type": "basic", "auth-secret": value },
        ["EI4006 auth-secret is not the name of a Secret, nor namespace and name with '/' between"],
      ],
    ),
    [
      "for another layout",
      { "auth-type": "basic", "auth-secret": "users", "auth-secret-type": "map" },
      ["EI4006 auth-secret-type must be `auth-file` or `auth-map`"],
    ],
    [
      "for the realm that switches nginx off",
      { "auth-type": "basic", "auth-secret": "users", "auth-realm": "off" },
      ["EI4006 auth-realm is `off`, by which nginx asks for nothing: another text is needed"],
    ],
    ...['a"b', "a\\b", "a$host", "a\u0000b", "ä", "a,b"].map((value): [string, Record<string, string>, string[]] => [
      `for the realm ${JSON.stringify(value)}`,
      { "auth-type": "basic", "auth-secret": "users", "auth-realm": value },
      ["EI4006 auth-realm must be letters, digits, spaces and some of -._~/:"],
    ]),
  ])("%s", (_, annotations, said) => {
    expect(read(annotations)).toEqual({ sets: null, said });
  });

  test("where the Secret is not among the manifests and nobody said that it is elsewhere", () => {
    const { sets, said } = readAnnotated({ "auth-type": "basic", "auth-secret": "users" });
    expect({ sets, said }).toEqual({
      sets: null,
      said: [
        "EI7001 auth-secret of Ingress shop/shop names a Secret that is not among those of namespace shop, of which there are none",
      ],
    });
  });
});
