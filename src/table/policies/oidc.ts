import { boolean, type Coded, list, oneOf, record, text, u32 } from "../codec.ts";
import { DEFAULT_JWT_PROVIDER, JWT_ALGORITHMS } from "./jwt.ts";
import { secretRef } from "./secret-ref.ts";

/** A key of a Secret. */
const secretKey = record({ secret: secretRef, key: text });

/**
 * Lets people in whom an OpenID provider vouches for, and sends the others there (OpenID Connect Core 1.0, the
 * authorization code flow). Named as Envoy Gateway's OIDC where names exist (api/v1alpha1/oidc_types.go). Times in seconds.
 */
export const oidc = record({
  /** `namespace/name` of its EdgePolicy: what is sealed for one policy opens nothing of another. */
  name: text,
  issuer: text,
  clientId: text,
  clientSecret: secretKey,
  /** One key a line; the first one seals, all of them open. */
  sessionKeys: secretKey,
  scopes: list(text),
  algorithms: list(oneOf(JWT_ALGORITHMS)),
  clockSkew: u32,
  /** Where the provider sends people back to: a path of each of its hosts. */
  redirectPath: text,
  logoutPath: text,
  postLogoutPath: text,
  /** Names without `__Host-`; what comes after a dot is the edge's. */
  cookieNames: record({ session: text, login: text }),
  absoluteTimeout: u32,
  idleTimeout: u32,
  refreshToken: boolean,
  forwardAccessToken: boolean,
  /** As in `jwt`. */
  claimsToHeaders: list(record({ claim: text, header: text })),
});
export type Oidc = Coded<typeof oidc>;

/** What a login is of which only provider, client and keys are written. */
export const DEFAULT_OIDC: Omit<Oidc, "name" | "issuer" | "clientId" | "clientSecret" | "sessionKeys" | "cookieNames"> =
  {
    scopes: ["openid"],
    algorithms: DEFAULT_JWT_PROVIDER.algorithms,
    clockSkew: DEFAULT_JWT_PROVIDER.clockSkew,
    redirectPath: "/oauth2/callback",
    logoutPath: "/oauth2/logout",
    postLogoutPath: "/",
    absoluteTimeout: 12 * 3600,
    idleTimeout: 3600,
    refreshToken: true,
    forwardAccessToken: false,
    claimsToHeaders: [],
  };
