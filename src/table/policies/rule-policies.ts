import { type Coded, list, nullable, oneOf, record, text } from "../codec.ts";
import { access } from "./access.ts";
import { answerRewrites } from "./answer-rewrites.ts";
import { apiKey } from "./api-key.ts";
import { authorization } from "./authorization.ts";
import { bandwidthLimit } from "./bandwidth-limit.ts";
import { basicAuth } from "./basic-auth.ts";
import { canary } from "./canary.ts";
import { clientCertificate } from "./client-certificate.ts";
import { concurrencyLimit } from "./concurrency-limit.ts";
import { cors } from "./cors.ts";
import { errorPages } from "./error-pages.ts";
import { externalAuth } from "./external-auth.ts";
import { fallback } from "./fallback.ts";
import { headerModifier } from "./header-modifier.ts";
import { jwt } from "./jwt.ts";
import { DEFAULT_LOAD_BALANCING, loadBalancing } from "./load-balancing.ts";
import { mirror } from "./mirror.ts";
import { oidc } from "./oidc.ts";
import { pathRewrite } from "./path-rewrite.ts";
import { rateLimit } from "./rate-limit.ts";
import { redirects } from "./redirect.ts";
import { requestBody } from "./request-body.ts";
import { DEFAULT_RETRY, retry } from "./retry.ts";
import { rewriteModule } from "./rewrite-module.ts";

/** What policies make of one rule, defaults filled in. A new policy is a line here, and one in the default. */
export const rulePolicies = record({
  loadBalancing,
  retry,
  fallback: nullable(fallback),
  cors: nullable(cors),
  /** Whether all checks of the guard have to allow a request, or one is enough. */
  satisfy: oneOf(["all", "any"]),
  access: nullable(access),
  authorization: nullable(authorization),
  jwt: nullable(jwt),
  apiKey: nullable(apiKey),
  basicAuth: nullable(basicAuth),
  externalAuth: nullable(externalAuth),
  oidc: nullable(oidc),
  rateLimit: nullable(rateLimit),
  concurrencyLimit: nullable(concurrencyLimit),
  /** Null: of any size. */
  requestBody: nullable(requestBody),
  bandwidthLimit: nullable(bandwidthLimit),
  clientCertificate: nullable(clientCertificate),
  /**
   * Headers by which guards tell clusters who sends a request, in lower case: all those of the namespaces that the rule
   * leads to, for a client could send them past the guard, by a rule without one. Never passed on as a client sent them.
   */
  identityHeaders: list(text),
  /** Names of the edge's own cookies on the rule's host (`cookieNames` in oidc.ts): no cluster gets them. */
  edgeCookies: list(text),
  requestHeaders: headerModifier,
  responseHeaders: headerModifier,
  /** The Host that Services see, with its port where one is written; empty: the one that came. */
  upstreamHost: text,
  canary: nullable(canary),
  answerRewrites: nullable(answerRewrites),
  /** Towards Services alone: a cluster's own ingress rewrites the path itself. */
  pathRewrite: nullable(pathRewrite),
  errorPages: nullable(errorPages),
  mirror: nullable(mirror),
  redirects,
  rewriteModule,
  /** Strict-Transport-Security of answers over https; empty: the cluster's. */
  strictTransport: text,
  /** Whose habits hold between clients and Services: `Settings.nginxHeaders`. */
  dialect: oneOf(["kubernetes", "ingress-nginx"]),
});
export type RulePolicies = Coded<typeof rulePolicies>;

/** A rule that no policy speaks of; it takes no room in the table. */
export const DEFAULT_RULE_POLICIES: RulePolicies = {
  loadBalancing: DEFAULT_LOAD_BALANCING,
  retry: DEFAULT_RETRY,
  fallback: null,
  cors: null,
  satisfy: "all",
  access: null,
  authorization: null,
  jwt: null,
  apiKey: null,
  basicAuth: null,
  externalAuth: null,
  oidc: null,
  rateLimit: null,
  concurrencyLimit: null,
  requestBody: null,
  bandwidthLimit: null,
  clientCertificate: null,
  identityHeaders: [],
  edgeCookies: [],
  requestHeaders: [],
  responseHeaders: [],
  upstreamHost: "",
  canary: null,
  answerRewrites: null,
  pathRewrite: null,
  errorPages: null,
  mirror: null,
  redirects: [],
  rewriteModule: [],
  strictTransport: "",
  dialect: "kubernetes",
};
