import { leadsElsewhere, type RewriteBlock, type RewriteCondition } from "../../table/policies/rewrite-module.ts";
import { DEFAULT_RULE_POLICIES, type RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Position } from "../diagnostics/diagnostic.ts";
import { templateText } from "../resources/templates.ts";
import { backendName } from "./backend.ts";
import type { AnswerRewriteFilter } from "./filters/answer-rewrite.ts";
import type { CanaryFilter } from "./filters/canary.ts";
import type { ErrorPagesFilter } from "./filters/error-pages.ts";
import { type HeaderModifierFilter, headersOf } from "./filters/header-modifier.ts";
import type { HostRewriteFilter } from "./filters/host-rewrite.ts";
import type { PathRewriteFilter } from "./filters/path-rewrite.ts";
import type { RequestRedirectFilter } from "./filters/request-redirect.ts";
import type { RewriteModuleFilter } from "./filters/rewrite-module.ts";
import type { StrictTransportFilter } from "./filters/strict-transport.ts";

/** Who asked for a filter. */
export interface FilterSource {
  /** The annotation: `custom-headers of Ingress shop/cart`. */
  readonly from: string;
  readonly at: Position | null;
  /** True: what a cluster's own ingress answers is left to it, for it does the same. */
  readonly besidesIngress: boolean;
}

/** Gateway API's HTTPRouteFilter: what changes a request or an answer. One file a kind in `filters/`. */
export type Filter =
  | AnswerRewriteFilter
  | CanaryFilter
  | ErrorPagesFilter
  | HeaderModifierFilter
  | HostRewriteFilter
  | PathRewriteFilter
  | RequestRedirectFilter
  | RewriteModuleFilter
  | StrictTransportFilter;

type FiltersInTable = Pick<
  RulePolicies,
  | "requestHeaders"
  | "responseHeaders"
  | "upstreamHost"
  | "canary"
  | "answerRewrites"
  | "errorPages"
  | "pathRewrite"
  | "redirects"
  | "rewriteModule"
  | "strictTransport"
>;

/** What the filters of a rule come to in the table: lists one after the other, of what there is once the first. */
export function effectiveFilters(filters: readonly Filter[]): FiltersInTable {
  const found: { -readonly [Field in keyof FiltersInTable]?: FiltersInTable[Field] } = {};
  for (const filter of filters) {
    switch (filter.type) {
      case "PathRewrite":
        found.pathRewrite ??= { template: filter.template, forwardedPrefix: filter.forwardedPrefix };
        break;
      case "CookieDomain":
      case "CookiePath":
      case "Redirect":
        found.answerRewrites = withRewrite(found.answerRewrites ?? NO_REWRITES, filter);
        break;
      case "RequestHeaderModifier":
        found.requestHeaders = [...(found.requestHeaders ?? []), ...filter.changes];
        break;
      case "ResponseHeaderModifier":
        found.responseHeaders = [...(found.responseHeaders ?? []), ...filter.changes];
        break;
      case "ErrorPages":
        found.errorPages ??= filter.pages;
        break;
      case "Canary":
        found.canary ??= filter.canary;
        break;
      case "HostRewrite":
        found.upstreamHost ??= filter.hostname;
        break;
      case "RequestRedirect":
        found.redirects = [...(found.redirects ?? []), filter.redirect];
        break;
      case "RewriteModule":
        found.rewriteModule = [...(found.rewriteModule ?? []), ...filter.blocks];
        break;
      case "StrictTransportSecurity":
        found.strictTransport ??= filter.value;
        break;
    }
  }
  return { ...NO_FILTERS, ...found };
}

const NO_FILTERS: FiltersInTable = {
  pathRewrite: null,
  answerRewrites: null,
  requestHeaders: [],
  responseHeaders: [],
  errorPages: null,
  canary: null,
  upstreamHost: DEFAULT_RULE_POLICIES.upstreamHost,
  redirects: [],
  rewriteModule: [],
  strictTransport: "",
};

type Rewrites = NonNullable<RulePolicies["answerRewrites"]>;

const NO_REWRITES: Rewrites = { cookieDomain: null, cookiePath: null, redirects: [] };

function withRewrite(rewrites: Rewrites, { type, match, to }: AnswerRewriteFilter): Rewrites {
  const rewrite = { from: match, to };
  switch (type) {
    case "CookieDomain":
      return { ...rewrites, cookieDomain: rewrites.cookieDomain ?? rewrite };
    case "CookiePath":
      return { ...rewrites, cookiePath: rewrites.cookiePath ?? rewrite };
    case "Redirect":
      return { ...rewrites, redirects: [...rewrites.redirects, rewrite] };
  }
}

/** A filter in the report: values of headers may be secrets, so their names alone. */
export function describeFilter(filter: Filter): Readonly<Record<string, unknown>> {
  switch (filter.type) {
    case "Canary": {
      const { header, headerValue, headerPattern, cookie, sticky } = filter.canary;
      const by = headerValue !== "" ? "value" : headerPattern !== "" ? "pattern" : "always";
      return { ...(header !== "" && { header, by }), ...(cookie !== "" && { cookie }), sticky };
    }
    case "RequestHeaderModifier":
    case "ResponseHeaderModifier":
      return headersOf(filter);
    case "CookieDomain":
    case "CookiePath":
    case "Redirect":
      return { from: filter.match, to: templateText(filter.to) };
    case "ErrorPages":
      return { service: backendName(filter.service), ...filter.pages };
    case "HostRewrite":
      return { hostname: filter.hostname };
    case "PathRewrite":
      return { replaceFullPath: filter.template, forwardedPrefix: filter.forwardedPrefix };
    case "RequestRedirect": {
      const { only, status, location } = filter.redirect;
      return { only, status, location: templateText(location) };
    }
    case "RewriteModule":
      return { level: filter.level, blocks: filter.blocks.map(describeBlock) };
    case "StrictTransportSecurity":
      return { value: filter.value };
  }
}

/** A line that may lead requests to another rule of their host, in the report. */
export interface DescribedMove {
  readonly level: RewriteBlock["level"];
  /** The condition around it, without what it compares with where that may be a secret; absent: none. */
  readonly if?: string;
  /** Which decoded paths it takes; absent: all. */
  readonly pattern?: string;
  /** The new path, with groups of the pattern. */
  readonly to: string;
  /** At once, or when the later lines have run. */
  readonly when: "at-once" | "after-lines";
}

/** Its lines that may lead requests to another rule. */
export function movesOf(filter: Filter): readonly DescribedMove[] {
  if (filter.type !== "RewriteModule") return [];
  return filter.blocks.flatMap(({ level, condition, actions }) =>
    actions.filter(leadsElsewhere).map(({ does, pattern, to }) => ({
      level,
      ...(condition !== null && { if: conditionText(condition) }),
      ...(pattern !== "" && { pattern }),
      to: templateText(to),
      when: does === "location" ? "at-once" : "after-lines",
    })),
  );
}

function describeBlock({ condition, headers, actions }: RewriteBlock): Readonly<Record<string, unknown>> {
  return {
    ...(condition !== null && { if: conditionText(condition) }),
    ...(headers.length > 0 && { headers: headers.map(({ action, name }) => `${action} ${name}`) }),
    does: actions.map(({ does, status, to }) => {
      const where = does !== "answer" && does !== "break" ? ` ${templateText(to)}` : "";
      return `${does}${status === 0 ? "" : ` ${status}`}${where}`;
    }),
  };
}

function conditionText({ negated, subject, test }: RewriteCondition): string {
  return `${negated ? "not " : ""}${templateText(subject) || "$uri"} ${test}`;
}
