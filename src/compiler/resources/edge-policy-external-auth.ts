import * as z from "zod";
import type { ExternalAuth } from "../../table/policies/external-auth.ts";
import type { Template } from "../../table/policies/template.ts";
import { byText } from "../by-text.ts";
import { parseAuthUrl, parseSignIn } from "./auth-urls.ts";
import { duration } from "./durations.ts";
import { AUTH_METHODS, DEFAULT_AUTH_DURATIONS, DEFAULT_AUTH_TIMEOUT, settableHeader } from "./external-auth.ts";
import { between, exactly, type Fields, formed, isMapping, oneOf, type Report, reportTo } from "./schema.ts";
import { statusRanges } from "./statuses.ts";
import { isUnreadable, parseTemplate, type Unreadable } from "./templates.ts";

const DAY = 24 * 3_600_000;

/** A text that is read on; what it may hold beside its variables may be secret, so it is not shown. */
function read<Value>(what: string, parse: (text: string) => Value | Unreadable) {
  return z.string().transform((text, context): Value => {
    const parsed = parse(text);
    if (!isUnreadable(parsed)) return parsed;
    reportTo(context)({ code: "EI1237", message: `${what} ${parsed.problem}` });
    return z.NEVER;
  });
}

const header = z.string().check(formed("EI1237", "the header", settableHeader));

/** A single label has the namespace of whoever asks, and a policy may reach rules of several. */
function parsePolicyUrl(text: string): ReturnType<typeof parseAuthUrl> {
  const parsed = parseAuthUrl(text);
  const isShort = !isUnreadable(parsed) && /^[a-z0-9-]+$/.test(parsed.service.hostname);
  return isShort ? { problem: "names a Service without its namespace: write NAME.NAMESPACE.svc" } : parsed;
}

const signIn = exactly({
  url: z.string(),
  redirectParam: z
    .string()
    .check(
      formed("EI1237", "the parameter", (text) =>
        /^[\w.~-]+$/.test(text) ? null : "must be letters, digits and some of -._~",
      ),
    )
    .nullish(),
}).transform(({ url, redirectParam }, context): Template => {
  const parsed = parseSignIn(url, redirectParam ?? "rd");
  if (!isUnreadable(parsed)) return parsed;
  reportTo(context)({ code: "EI1237", message: `the sign-in URL ${parsed.problem}`, path: ["url"] });
  return z.NEVER;
});

const cache = exactly({
  key: read("the key", parseTemplate),
  durations: z
    .array(
      exactly({
        statuses: statusRanges(100, 599),
        duration: duration("the duration", { least: 1000, most: 30 * DAY }),
      }),
    )
    .nullish(),
}).transform(
  ({ key, durations }): NonNullable<ExternalAuth["cache"]> => ({
    key,
    durations:
      durations?.flatMap(({ statuses, duration: kept }) =>
        statuses.map(({ from, to }) => ({ from, to, duration: kept })),
      ) ?? DEFAULT_AUTH_DURATIONS,
  }),
);

/** `spec.externalAuth` of an EdgePolicy. */
export const externalAuth = exactly({
  url: read("the URL", parsePolicyUrl),
  method: oneOf(AUTH_METHODS).nullish(),
  signin: signIn.nullish(),
  responseHeaders: z.array(header).nullish(),
  requestHeaders: z.record(z.string(), read("the header's value", parseTemplate)).nullish(),
  requestRedirect: read("the address", parseTemplate).nullish(),
  alwaysSetCookie: z.boolean().nullish(),
  timeout: duration("the timeout", { least: 1, most: 60_000 }).nullish(),
  cache: cache.nullish(),
})
  .check(between(namesOfHeaders))
  .transform(
    (written): ExternalAuth => ({
      ...written.url,
      method: written.method ?? null,
      signIn: written.signin ?? null,
      responseHeaders: [...new Map((written.responseHeaders ?? []).map((name) => [name.toLowerCase(), name])).values()],
      requestRedirect: written.requestRedirect ?? null,
      requestHeaders: Object.entries(written.requestHeaders ?? {})
        .sort(([a], [b]) => byText(a, b))
        .map(([name, value]) => ({ name, value })),
      alwaysSetCookie: written.alwaysSetCookie ?? false,
      timeout: written.timeout ?? DEFAULT_AUTH_TIMEOUT,
      cache: written.cache ?? null,
    }),
  );

function namesOfHeaders({ requestHeaders }: Fields, report: Report): void {
  if (!isMapping(requestHeaders)) return;
  for (const name of Object.keys(requestHeaders)) {
    const reason = settableHeader(name);
    if (reason === null) continue;
    report({
      code: "EI1237",
      message: `the header ${JSON.stringify(name)} ${reason}`,
      path: ["requestHeaders", name],
      part: "key",
    });
  }
}
