import { boolean, type Coded, list, oneOf, record, text, u32 } from "../codec.ts";
import { credentialSource } from "./credential-source.ts";

/**
 * The algorithms that a provider may allow (RFC 7518 §3.1, RFC 8037, RFC 9864): those by which only the issuer can sign.
 * Neither `none` nor HMAC is here, by which whoever can check a token can make one.
 */
export const JWT_ALGORITHMS = [
  "RS256",
  "RS384",
  "RS512",
  "PS256",
  "PS384",
  "PS512",
  "ES256",
  "ES384",
  "ES512",
  "EdDSA",
  "Ed25519",
] as const;
export type JwtAlgorithm = (typeof JWT_ALGORITHMS)[number];

/** Who issues tokens and how they are checked, named as in Envoy Gateway (api/v1alpha1/jwt_types.go) and Istio's JWTRule. */
export const jwtProvider = record({
  name: text,
  issuer: text,
  /** A token must be for one of them; empty: for anybody. */
  audiences: list(text),
  jwks: record({
    /** Where the public keys are fetched; empty: they are below. */
    uri: text,
    /** Public keys as JSON Web Keys in JSON. */
    keys: list(text),
  }),
  algorithms: list(oneOf(JWT_ALGORITHMS)),
  /** Seconds by which the issuer's clock may differ from ours. */
  clockSkew: u32,
  /** The first place that has a token counts. */
  from: list(credentialSource),
  /** Claims told to clusters; `claim` is a name, or a path of names with dots. Names of headers in lower case. */
  claimsToHeaders: list(record({ claim: text, header: text })),
  /** Whether clusters get the token too. */
  forward: boolean,
});
export type JwtProvider = Coded<typeof jwtProvider>;

/** Requests must have a token of one of the providers. */
export const jwt = record({ providers: list(jwtProvider) });
export type Jwt = Coded<typeof jwt>;

/** What a provider is of which only name, issuer and keys are written. A minute of skew is Envoy's default. */
export const DEFAULT_JWT_PROVIDER: Omit<JwtProvider, "name" | "issuer" | "jwks"> = {
  audiences: [],
  algorithms: ["RS256", "ES256", "EdDSA", "Ed25519"],
  clockSkew: 60,
  from: [{ in: "header", name: "authorization", prefix: "Bearer " }],
  claimsToHeaders: [],
  forward: true,
};
