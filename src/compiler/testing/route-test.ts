import * as z from "zod";
import type { Diagnostic, Position } from "../diagnostics/diagnostic.ts";
import { objectFields } from "../resources/kind.ts";
import { metadataWarnings, toMetadata } from "../resources/metadata.ts";
import { dnsSubdomain, httpToken } from "../resources/names.ts";
import {
  between,
  exactly,
  type Fields,
  formed,
  integer,
  isMapping,
  oneOf,
  parseDocument,
  type Report,
  rule,
} from "../resources/schema.ts";
import type { SourceDocument } from "../sources/document.ts";

/** What a test asks: a request as a client sends it. */
export interface TestRequest {
  readonly method: string;
  /** `http://host/path?query`, as it goes over the wire. */
  readonly url: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  readonly client: TestClient;
}

/** Who sends it, as the platform would tell; undefined: it tells nothing. */
export interface TestClient {
  readonly address?: string | undefined;
  readonly country?: string | undefined;
  readonly continent?: string | undefined;
  readonly colo?: string | undefined;
  readonly asn?: number | undefined;
}

/** The rule that must take a request; what is undefined may be anything. */
export interface ExpectedRoute {
  /** `namespace/name`. */
  readonly ingress?: string | undefined;
  readonly host?: string | undefined;
  readonly path?: string | undefined;
  readonly pathType?: "Exact" | "PathPrefix" | "RegularExpression" | undefined;
}

/** What the cluster must get. */
export interface ExpectedForward {
  readonly host?: string | undefined;
  /** With its query. */
  readonly path?: string | undefined;
  readonly headers?: ExpectedHeaders | undefined;
}

/** Null: no header of that name. */
export type ExpectedHeaders = Readonly<Record<string, string | null>>;

/** What must happen; what is undefined may be anything. One at least is there. */
export interface Expectations {
  readonly route?: ExpectedRoute | "none" | undefined;
  /** `namespace/name:port`, all that the rule shares requests out among. */
  readonly service?: readonly string[] | undefined;
  /** In the order in which they are tried. */
  readonly clusters?: readonly string[] | undefined;
  readonly status?: number | undefined;
  readonly redirect?: string | undefined;
  readonly headers?: ExpectedHeaders | undefined;
  readonly forwarded?: ExpectedForward | undefined;
}

/** One test of a RouteTest. */
export interface RouteTestCase {
  /** `namespace/name` of the RouteTest. */
  readonly suite: string;
  readonly name: string;
  readonly request: TestRequest;
  readonly expect: Expectations;
  readonly at: Position;
  /** Where an expectation stands, by its keys below `expect`. */
  locate(path: readonly string[]): Position;
}

const METADATA = { name: dnsSubdomain, namespaced: true };
const PATH_TYPES = ["Exact", "PathPrefix", "RegularExpression"] as const;
const COUNTRY = /^[A-Z][A-Z0-9]$/;

const sendable = (what: string, form: (text: string) => string | null) =>
  z.string().check(formed("EI8002", what, form));

const url = sendable("the URL", (text) => {
  if (!/^https?:\/\/[^/?#]+\//.test(text)) return "must be one with a path, as in https://shop.example.com/";
  if (/#/.test(text)) return "must have no fragment, which clients do not send";
  return /^[!-~]+$/.test(text) ? null : "must be as it goes over the wire, where other characters are percent-encoded";
});

const headerValue = (text: string) =>
  /^[\t -~\u0080-\u00ff]*$/.test(text) ? null : "must be a value of HTTP, on one line";

const client = exactly({
  address: sendable("the address", (text) =>
    /^[0-9A-Fa-f.:]+$/.test(text) ? null : "must be an IP address, as in 198.51.100.7",
  ).optional(),
  country: sendable("the country", (text) =>
    COUNTRY.test(text) ? null : "must be two capitals of ISO 3166, as in DE",
  ).optional(),
  continent: oneOf(["AF", "AN", "AS", "EU", "NA", "OC", "SA"], "EI8002").optional(),
  colo: sendable("the colo", (text) => (/^[A-Z]{3}$/.test(text) ? null : "must be three capitals")).optional(),
  asn: integer(1, 2 ** 32 - 1, "EI8002", "the number of an autonomous system").optional(),
});

const headerNames = rule<Readonly<Record<string, unknown>>>((headers, report) => {
  for (const name of Object.keys(headers)) {
    const reason = httpToken(name);
    if (reason !== null) report({ code: "EI8002", message: `the header's name ${reason}`, path: [name], part: "key" });
  }
});

const request = exactly({
  method: sendable("the method", httpToken).optional(),
  url,
  headers: z.record(z.string(), sendable("the header", headerValue)).check(headerNames).optional(),
  client: client.optional(),
});

const expectedHeaders = z.record(z.string(), z.string().nullable()).check(headerNames).check(rule(notNothing));

const route = z.union([
  z.literal("none"),
  exactly({
    ingress: z
      .string()
      .check(
        formed("EI8003", "the Ingress", (text) =>
          /^([a-z0-9-]+\/)?[a-z0-9.-]+$/.test(text) ? null : "must be namespace/name, as in shop/cart",
        ),
      )
      .optional(),
    host: z.string().optional(),
    path: z.string().optional(),
    pathType: oneOf(PATH_TYPES).optional(),
  }).check(between(notNothing)),
]);

const service = z
  .string()
  .check(
    formed("EI8003", "the service", (text) =>
      /^[a-z0-9-]+\/[a-z0-9.-]+:[a-z0-9-]+$/.test(text) ? null : "must be namespace/name:port, as in shop/cart:80",
    ),
  );

const texts = <Item extends z.ZodType<string>>(item: Item) => z.array(item).check(rule(notEmpty));

const expectations = exactly({
  route: route.optional(),
  service: z.union([service, texts(service)]).optional(),
  clusters: texts(z.string()).optional(),
  status: integer(200, 599, "EI8003", "the status").optional(),
  redirect: z.string().optional(),
  headers: expectedHeaders.optional(),
  forwarded: exactly({
    host: z.string().optional(),
    path: z.string().optional(),
    headers: expectedHeaders.optional(),
  })
    .check(between(notNothing))
    .optional(),
})
  .check(between(notNothing))
  .check(between(possible));

export const routeTestSchema = exactly({
  ...objectFields(METADATA),
  spec: exactly({
    tests: z.array(exactly({ name: z.string().optional(), request, expect: expectations })).check(
      rule<readonly unknown[]>((tests, report) => {
        if (tests.length === 0) report({ code: "EI8001", message: "a RouteTest without tests" });
      }),
    ),
  }),
});

/** The tests of a document of kind RouteTest; none where it is invalid, and then diagnostics say why. */
export function parseRouteTest(document: SourceDocument): {
  readonly tests: readonly RouteTestCase[];
  readonly diagnostics: readonly Diagnostic[];
} {
  const parsed = parseDocument(routeTestSchema, document);
  const diagnostics = [...parsed.diagnostics, ...metadataWarnings(document, METADATA)];
  if (parsed.value === null) return { tests: [], diagnostics };
  const { spec } = parsed.value;
  const { namespace, name: suite } = toMetadata(parsed.value.metadata, METADATA);
  const tests = spec.tests.map(({ name, request: asked, expect }, index): RouteTestCase => {
    const method = asked.method ?? "GET";
    return {
      suite: `${namespace}/${suite}`,
      name: name ?? `${method} ${asked.url}`,
      request: { method, url: asked.url, headers: Object.entries(asked.headers ?? {}), client: asked.client ?? {} },
      expect: { ...expect, route: inNamespace(expect.route, namespace), service: listOf(expect.service) },
      at: document.locate(["spec", "tests", index]),
      locate: (path) => document.locate(["spec", "tests", index, "expect", ...path], "key"),
    };
  });
  return { tests, diagnostics };
}

function inNamespace(route: Expectations["route"], namespace: string): Expectations["route"] {
  if (route === undefined || route === "none" || route.ingress === undefined) return route;
  return { ...route, ingress: route.ingress.includes("/") ? route.ingress : `${namespace}/${route.ingress}` };
}

function listOf(service: string | readonly string[] | undefined): readonly string[] | undefined {
  return typeof service === "string" ? [service] : service;
}

function notNothing(fields: Fields, report: Report): void {
  if (Object.values(fields).every((value) => value === undefined)) {
    report({ code: "EI8001", message: "nothing is expected here, so this can't fail" });
  }
}

function notEmpty(items: readonly unknown[], report: Report): void {
  if (items.length === 0) report({ code: "EI8001", message: "an empty list expects nothing" });
}

/** What contradicts itself would fail for a reason that is none of the routes'. */
function possible({ route: taken, service: goesTo, clusters, forwarded, status, redirect }: Fields, report: Report) {
  if (taken === "none" && [goesTo, clusters, forwarded, redirect].some((value) => value !== undefined)) {
    report({ code: "EI8003", message: "a request that no rule takes goes to no service", path: ["route"] });
  }
  if (taken === "none" && typeof status === "number" && status !== 404 && status !== 400) {
    report({ code: "EI8003", message: "a request that no rule takes is answered 404 or 400", path: ["status"] });
  }
  if (redirect === undefined) return;
  if (typeof status === "number" && (status < 300 || status > 399)) {
    report({ code: "EI8003", message: `a redirect does not have the status ${status}`, path: ["status"] });
  }
  if (isMapping(forwarded)) {
    report({ code: "EI8003", message: "a request that is redirected reaches no cluster", path: ["forwarded"] });
  }
}
