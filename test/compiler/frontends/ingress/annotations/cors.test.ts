import { describe, expect, test } from "vitest";
import { readAnnotated } from "./annotated.ts";

const read = (annotations: Readonly<Record<string, string>>) =>
  readAnnotated({ "enable-cors": "true", ...annotations });

/** What ingress-nginx does unasked, and the edge's own policy does not. */
const UNASKED = { allowCredentials: true };

describe("CORS is read:", () => {
  test.each<[what: string, annotations: Record<string, string>, sets: object]>([
    ["switched on alone", {}, UNASKED],
    ["one origin", { "cors-allow-origin": "https://a.test" }, { ...UNASKED, allowOrigins: ["https://a.test"] }],
    ["in small letters", { "cors-allow-origin": "https://A.Test" }, { ...UNASKED, allowOrigins: ["https://a.test"] }],
    [
      "several, with blanks and commas too many",
      { "cors-allow-origin": " https://a.test:8080,  ,http://*.b.test, app://c , null," },
      { ...UNASKED, allowOrigins: ["https://a.test:8080", "http://*.b.test", "app://c", "null"] },
    ],
    ["any among others", { "cors-allow-origin": "https://a.test, *" }, UNASKED],
    ["a blank list", { "cors-allow-origin": "   " }, UNASKED],
    ["no origin at all", { "cors-allow-origin": ",," }, { ...UNASKED, allowOrigins: [] }],
    ["no credentials", { "cors-allow-credentials": "false" }, {}],
    ["methods", { "cors-allow-methods": "POST, GET" }, { ...UNASKED, allowMethods: "POST, GET" }],
    [
      "methods, as they are written",
      { "cors-allow-methods": "post,GET PUT," },
      { ...UNASKED, allowMethods: "post,GET PUT," },
    ],
    ["headers", { "cors-allow-headers": "DNT, User-Agent" }, { ...UNASKED, allowHeaders: "DNT, User-Agent" }],
    ["exposed headers", { "cors-expose-headers": "X-A, *" }, { ...UNASKED, exposeHeaders: "X-A, *" }],
    ["an age", { "cors-max-age": "600" }, { ...UNASKED, maxAge: "600" }],
    ["an age that forbids to remember", { "cors-max-age": "-1" }, { ...UNASKED, maxAge: "-1" }],
  ])("%s", (_, annotations, sets) => {
    expect(read(annotations)).toEqual({ sets, said: [], fields: ["cors"] });
  });

  test("an origin without a scheme is passed over, and said to be", () => {
    expect(read({ "cors-allow-origin": "a.test:8080, https://b.test" })).toEqual({
      sets: { ...UNASKED, allowOrigins: ["https://b.test"] },
      said: ["EI4015 cors-allow-origin has no scheme in entry 1"],
      fields: ["cors"],
    });
  });

  test.each([{}, { "enable-cors": "false" }, { "enable-cors": "" }])("nothing, unless it is switched on: %j", (on) => {
    const annotations = { ...on, "cors-allow-origin": "https://a.test", "cors-max-age": "1" };
    expect(readAnnotated(annotations)).toEqual({ sets: {}, said: [], fields: [] });
  });
});

describe("nothing is published where a value can't be read, for ingress-nginx would allow more:", () => {
  const origin = "EI4006 cors-allow-origin has something else than an origin as entry";
  test.each<[annotations: Record<string, string>, said: string]>([
    [{ "enable-cors": "yes" }, "EI4006 enable-cors is neither true nor false"],
    [{ "cors-allow-origin": "https://a.test/" }, `${origin} 1`],
    [{ "cors-allow-origin": "https://a.test, https://b.test/x" }, `${origin} 2`],
    [{ "cors-allow-origin": "HTTPS://a.test" }, `${origin} 1`],
    [{ "cors-allow-origin": "https://a.*.test" }, `${origin} 1`],
    [{ "cors-allow-origin": "https://a_b.test" }, `${origin} 1`],
    [{ "cors-allow-origin": "https://a.test https://b.test" }, `${origin} 1`],
    [{ "cors-allow-origin": "https://$host" }, `${origin} 1`],
    [{ "cors-allow-credentials": "no" }, "EI4006 cors-allow-credentials is neither true nor false"],
    [{ "cors-allow-methods": "GET;POST" }, "EI4006 cors-allow-methods must be methods with a comma between"],
    [{ "cors-allow-methods": "*" }, "EI4006 cors-allow-methods must be methods with a comma between"],
    [{ "cors-allow-methods": "GET,  POST" }, "EI4006 cors-allow-methods must be methods with a comma between"],
    [
      { "cors-allow-methods": `${"A".repeat(5000)}!` },
      "EI4006 cors-allow-methods must be methods with a comma between",
    ],
    [{ "cors-allow-headers": "*" }, "EI4006 cors-allow-headers must be names of headers with commas between"],
    [
      { "cors-allow-headers": "X-A\r\nX-B: c" },
      "EI4006 cors-allow-headers must be names of headers with commas between",
    ],
    [
      { "cors-expose-headers": "X-A;X-B" },
      "EI4006 cors-expose-headers must be names of headers, or `*`, with a comma between",
    ],
    [{ "cors-max-age": "1h" }, "EI4006 cors-max-age must be a whole number of seconds"],
    [{ "cors-max-age": "1.5" }, "EI4006 cors-max-age must be a whole number of seconds"],
  ])("%j", (annotations, said) => {
    expect(read(annotations)).toEqual({ sets: null, said: [said], fields: [] });
  });
});
