import { type Behaviour, documents, ingress } from "./behaviour.ts";

const HOST = "shop.test";

/** Which host and which location take a request. */
export const MATCHING: readonly Behaviour[] = [
  {
    name: "Prefix /",
    manifests: ingress({ rules: [`${HOST} Prefix / web`] }),
    hosts: [HOST],
    paths: ["/", "/a", "/a/b/", "/index.html"],
  },
  {
    name: "a Prefix takes whole segments",
    manifests: ingress({ rules: [`${HOST} Prefix /foo web`] }),
    hosts: [HOST],
    paths: ["/foo", "/foo/", "/foo/bar", "/foobar", "/", "/bar"],
  },
  ...[1, 3].map((age) => ({
    name: `a default backend alone before / without host, the ${age === 1 ? "older" : "younger"} one`,
    manifests: documents(
      ingress({ rules: ["* Prefix / web", "* Exact /a exact"], annotations: { "app-root": "/a" }, age: 2 }),
      ingress({ name: "rest", age, rules: [], defaultBackend: "rest" }),
    ),
    hosts: ["other.test"],
    paths: ["/", "/q", "/a"],
  })),
  {
    name: "a default backend alone before / and its app-root without host",
    manifests: documents(
      ingress({ rules: ["* Prefix / web"], annotations: { "app-root": "/a" } }),
      ingress({ name: "rest", age: 2, rules: [], defaultBackend: "rest" }),
      ingress({ name: "more", age: 3, rules: ["* Exact / exact"] }),
    ),
    hosts: ["other.test"],
    paths: ["/", "/q", "/a"],
  },
  {
    name: "Exact takes one path",
    manifests: ingress({ rules: [`${HOST} Exact /foo web`] }),
    hosts: [HOST],
    paths: ["/foo", "/foo/", "/foo/bar", "/"],
  },
  {
    name: "Exact before Prefix of the same path",
    manifests: ingress({ rules: [`${HOST} Prefix /foo wide`, `${HOST} Exact /foo narrow`] }),
    hosts: [HOST],
    paths: ["/foo", "/foo/", "/foo/bar"],
  },
  {
    name: "the longest Prefix",
    manifests: ingress({
      rules: [
        `${HOST} Prefix / root`,
        `${HOST} Prefix /a one`,
        `${HOST} Prefix /a/b two`,
        `${HOST} Prefix /a/b/c three`,
      ],
    }),
    hosts: [HOST],
    paths: ["/", "/a", "/a/b", "/a/b/c", "/a/b/cd", "/a/bc", "/b"],
  },
  {
    name: "ImplementationSpecific is Prefix",
    manifests: ingress({ rules: [`${HOST} ImplementationSpecific /foo web`] }),
    hosts: [HOST],
    paths: ["/foo", "/foo/", "/foo/bar", "/foobar"],
  },
  {
    name: "dots, dashes and case in paths",
    manifests: ingress({ rules: [`${HOST} Prefix /v1.0/my-app_x~ web`, `${HOST} Exact /Case web2`] }),
    hosts: [HOST],
    paths: ["/v1.0/my-app_x~", "/v1.0/my-app_x~/a", "/v1x0/my-app_x~", "/Case", "/case"],
  },
  {
    name: "a path written with a slash at its end answers the one without with 301",
    manifests: ingress({ rules: [`${HOST} Exact /exact/ web`, `${HOST} Prefix /prefix/ web`] }),
    hosts: [HOST],
    paths: ["/exact", "/exact/", "/prefix", "/prefix/", "/prefix/a"],
  },
  {
    name: "no 301 where another path takes the one without the slash",
    manifests: ingress({ rules: [`${HOST} Prefix /foo/ slash`, `${HOST} Exact /foo plain`] }),
    hosts: [HOST],
    paths: ["/foo", "/foo/", "/foo/a"],
  },
  {
    name: "several Ingresses of a host: the oldest has a path",
    manifests: documents(
      ingress({ name: "older", age: 1, rules: [`${HOST} Prefix /foo older`] }),
      ingress({ name: "newer", age: 2, rules: [`${HOST} Prefix /foo newer`, `${HOST} Prefix /bar newer`] }),
    ),
    hosts: [HOST],
    paths: ["/foo", "/bar", "/foo/bar", "/bar/foo"],
  },
  {
    name: "an exact host before a wildcard one",
    manifests: documents(
      ingress({ name: "wild", age: 1, rules: ["*.shop.test Prefix / wild"] }),
      ingress({ name: "exact", age: 2, rules: ["www.shop.test Prefix / exact"] }),
    ),
    hosts: ["www.shop.test", "x.shop.test", "shop.test", "a_b.shop.test"],
    paths: ["/", "/a"],
  },
  {
    name: "a host without paths below a wildcard",
    manifests: documents(
      ingress({ name: "wild", age: 1, rules: ["*.shop.test Prefix / wild"] }),
      ingress({ name: "alone", age: 2, rules: ["alone.shop.test"] }),
      ingress({
        name: "old",
        age: 3,
        annotations: { "permanent-redirect": "https://new.test/" },
        rules: ["old.shop.test"],
      }),
      ingress({
        name: "office",
        age: 4,
        annotations: { "whitelist-source-range": "203.0.113.0/24", "server-alias": "aliased.shop.test" },
        rules: ["office.shop.test"],
      }),
    ),
    hosts: ["x.shop.test", "alone.shop.test", "old.shop.test", "office.shop.test", "aliased.shop.test"],
    paths: ["/", "/a"],
  },
  {
    name: "a rule without a host takes unknown ones",
    manifests: documents(
      ingress({ name: "named", age: 1, rules: [`${HOST} Prefix /named named`] }),
      ingress({ name: "any", age: 2, rules: ["* Prefix /any any"] }),
    ),
    hosts: [HOST, "other.test", "127.0.0.1"],
    paths: ["/named", "/any", "/any/x", "/"],
  },
  {
    name: "a default backend without rules takes what nobody takes",
    manifests: documents(
      ingress({ name: "named", age: 1, rules: [`${HOST} Prefix /named named`] }),
      ingress({ name: "rest", age: 2, rules: [], defaultBackend: "rest" }),
    ),
    hosts: [HOST, "other.test"],
    paths: ["/named", "/", "/x/y"],
  },
  {
    name: "a default backend beside rules is the / of its hosts",
    manifests: ingress({ rules: [`${HOST} Prefix /foo foo`], defaultBackend: "rest" }),
    hosts: [HOST, "other.test"],
    paths: ["/foo", "/", "/x"],
  },
  {
    name: "a default backend of an Ingress that does not name its host first",
    manifests: documents(
      ingress({ name: "older", age: 1, rules: [`${HOST} Prefix /foo foo`] }),
      ingress({
        name: "newer",
        age: 2,
        rules: [`${HOST} Prefix /bar bar`, "own.test Prefix /own own"],
        defaultBackend: "rest",
      }),
    ),
    hosts: [HOST, "own.test"],
    paths: ["/foo", "/bar", "/", "/x", "/own"],
  },
  {
    name: "server-alias",
    manifests: ingress({
      annotations: { "server-alias": "store.test, other.shop.test" },
      rules: [`${HOST} Prefix /foo web`],
    }),
    hosts: [HOST, "store.test", "other.shop.test", "store.shop.test"],
    paths: ["/foo", "/bar", "/foo/x"],
  },
  {
    name: "server-alias that is a host of its own",
    manifests: documents(
      ingress({ name: "aliased", annotations: { "server-alias": "own.test" }, rules: [`${HOST} Prefix / aliased`] }),
      ingress({ name: "own", age: 2, rules: ["own.test Prefix / own"] }),
    ),
    hosts: [HOST, "own.test"],
    paths: ["/", "/x"],
  },
  {
    name: "use-regex: open at the end, without regard to case",
    manifests: ingress({ annotations: { "use-regex": "true" }, rules: [`${HOST} ImplementationSpecific /foo web`] }),
    hosts: [HOST],
    paths: ["/foo", "/FOO", "/foobar", "/x/foo", "/fo"],
  },
  {
    name: "use-regex: the longest expression first",
    manifests: ingress({
      annotations: { "use-regex": "true" },
      rules: [
        `${HOST} ImplementationSpecific /foo/bar/bar literal`,
        `${HOST} ImplementationSpecific /foo/bar/[A-Z0-9]{3} class`,
        `${HOST} ImplementationSpecific /foo/.* rest`,
        `${HOST} ImplementationSpecific /fop/.* rest2`,
      ],
    }),
    hosts: [HOST],
    paths: ["/foo/bar/bar", "/foo/bar/b", "/foo/bar/A1b", "/foo/x", "/foo", "/fop/x"],
  },
  {
    name: "use-regex: classes, choices, anchors",
    manifests: ingress({
      annotations: { "use-regex": "true" },
      rules: [
        `${HOST} ImplementationSpecific /id/[0-9]+$ number`,
        `${HOST} ImplementationSpecific /(en|de)/docs docs`,
        `${HOST} ImplementationSpecific /v\\d+\\.\\d+/ version`,
        `${HOST} ImplementationSpecific /file/\\w+\\.(png|jpg)$ image`,
        `${HOST} ImplementationSpecific /not/(?!this)\\w+ not`,
      ],
    }),
    hosts: [HOST],
    paths: [
      "/id/12",
      "/id/12a",
      "/en/docs/x",
      "/fr/docs",
      "/v1.2/x",
      "/v1x2/x",
      "/file/a.png",
      "/not/this",
      "/not/that",
    ],
  },
  {
    name: "use-regex: an Exact / is hidden by a Prefix /",
    manifests: documents(
      ingress({ name: "landing", age: 1, rules: [`${HOST} Exact / landing`, "bare.test Exact / landing"] }),
      ingress({ name: "app", age: 2, rules: [`${HOST} Prefix / app`] }),
      ingress({
        name: "api",
        age: 3,
        annotations: { "use-regex": "true" },
        rules: [
          `${HOST} ImplementationSpecific /api(/|$)(.*) api`,
          "bare.test ImplementationSpecific /api(/|$)(.*) api",
        ],
      }),
      ingress({ name: "only", age: 4, annotations: { "use-regex": "true" }, rules: ["only.test Exact / only"] }),
      ingress({ name: "wild", age: 5, rules: ["*.test Prefix / wild"] }),
    ),
    hosts: [HOST, "bare.test", "only.test", "x.test"],
    paths: ["/", "/cart", "/api", "/api/x", "/apix"],
  },
  {
    name: "use-regex of one Ingress makes patterns of another's paths",
    manifests: documents(
      ingress({
        name: "regex",
        annotations: { "use-regex": "true" },
        rules: [`${HOST} ImplementationSpecific /re/[0-9]+ regex`],
      }),
      ingress({ name: "plain", age: 2, rules: [`${HOST} Prefix /foo plain`, `${HOST} Exact /exact exact`] }),
    ),
    hosts: [HOST],
    paths: ["/re/1", "/re/x", "/foo", "/foobar", "/FOO", "/exact", "/exact/x", "/EXACT"],
  },
  {
    name: "use-regex on a wildcard host",
    manifests: ingress({
      annotations: { "use-regex": "true" },
      rules: ["*.shop.test ImplementationSpecific /a|/b web", "*.shop.test ImplementationSpecific /c.d web2"],
    }),
    hosts: ["x.shop.test", "shop.test"],
    paths: ["/a", "/b", "/c.d", "/cxd", "/x/b"],
  },
];
