import { fc } from "../support/properties.ts";

/** Ways to write a path: what it is made of, mixed as nobody would write it who means well. */
export function spelledPath(words: readonly string[]): fc.Arbitrary<string> {
  const word = fc.constantFrom(...words).chain(spelledWord);
  const separator = fc.constantFrom(
    ...["/", "/", "/", "//", "///", "%2F", "%2f", "%5C", "%5c", "/%2F", "%2F/", "%2F%2F", "/%5C", ";/", "/;/", "%3B/"],
  );
  const dots = fc.constantFrom(
    ...[".", "..", "%2e", "%2E%2e", ".%2E", "..;", "..;a=b", ".;", "...", "%2e%2e;", "..%3B", ".%00", "..%20"],
  );
  const parameters = fc.constantFrom("", "", ";", ";a=b", ";%2F", ";%2F..", "%3B", "%3ba", ";;", ";/", ";%5C..%5C");
  const noise = fc.constantFrom(
    "",
    "",
    "x",
    "public",
    "%252F",
    "%25",
    "%3F",
    "%23",
    "+",
    "@",
    "%40",
    "~",
    "*",
    "%C3%A9",
    "%c0%af",
  );
  const element = fc.oneof(
    { weight: 5, arbitrary: fc.tuple(word, parameters).map((parts) => parts.join("")) },
    { weight: 3, arbitrary: fc.tuple(dots, parameters).map((parts) => parts.join("")) },
    { weight: 1, arbitrary: fc.tuple(noise, parameters).map((parts) => parts.join("")) },
  );
  const end = fc.constantFrom(
    "",
    "",
    "",
    "/",
    "?",
    "?a=/..",
    "//",
    "%2F",
    ";",
    "#",
    "?/../",
    "%3Fa",
    "/.",
    "/..",
    "%00",
  );
  const mild = fc
    .tuple(word, fc.constantFrom("", "", "", "", "/x", "/./", "%2Fx", ";x", "//x", "%40"))
    .map((parts) => `/${parts.join("")}`);
  const wild = fc.tuple(separator, element).map((parts) => parts.join(""));
  const body = fc.oneof(
    fc.array(wild, { minLength: 1, maxLength: 5 }),
    fc.tuple(mild, fc.array(wild, { minLength: 1, maxLength: 2 })).map(([first, rest]) => [first, ...rest]),
    fc.array(mild, { minLength: 1, maxLength: 3 }),
  );
  return fc
    .tuple(body, end)
    .map(([parts, last]) => `${parts.join("")}${last}`)
    .map((path) => (path.startsWith("/") ? path : `/${path}`));
}

/** Each letter as it is, escaped, or, seldom, in the other case. */
function spelledWord(word: string): fc.Arbitrary<string> {
  const ways = [...word].map((letter) => {
    const hex = letter.charCodeAt(0).toString(16);
    return fc.oneof(
      { weight: 20, arbitrary: fc.constant(letter) },
      { weight: 2, arbitrary: fc.constantFrom(`%${hex}`, `%${hex.toUpperCase()}`) },
      { weight: 1, arbitrary: fc.constantFrom(letter.toUpperCase(), `%25${hex}`) },
    );
  });
  return fc.tuple(...ways).map((letters) => letters.join(""));
}

/** Ways to write a host. */
export function spelledHost(host: string): fc.Arbitrary<string> {
  const [first = "", ...rest] = host.split(".");
  return fc.oneof(
    { weight: 8, arbitrary: fc.constant(host) },
    {
      weight: 4,
      arbitrary: fc.constantFrom(
        host.toUpperCase(),
        `${host}.`,
        `${host}..`,
        `${host.toUpperCase()}.`,
        `${host}:80`,
        `${host}.:80`,
        `${host}:`,
        `${host}:443`,
        `${host}:080`,
        `${first}%2E${rest.join(".")}`,
        `%${first.charCodeAt(0).toString(16)}${host.slice(1)}`,
        ` ${host} `,
        `${host}\t`,
        `a@${host}`,
        `${host}/`,
        `${host}%00`,
        `${host},other.test`,
        `.${host}`,
        "",
      ),
    },
  );
}
