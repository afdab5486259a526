import { fetchJson, isObject } from "../fetch-json.ts";
import { Fetched } from "../fetched.ts";

/** What a provider says of itself (OpenID Connect Discovery 1.0 §3, RFC 8414), as far as it is needed. */
export interface Discovery {
  readonly authorizationEndpoint: string;
  readonly tokenEndpoint: string;
  readonly jwksUri: string;
  /** Null where it has none (OpenID Connect RP-Initiated Logout 1.0). */
  readonly endSessionEndpoint: string | null;
  /** How the client proves who it is: `client_secret_basic` or `client_secret_post`. */
  readonly secretIn: "header" | "body";
  /** Whether answers always name the issuer (RFC 9207). */
  readonly namesIssuer: boolean;
}

const known = new Map<string, Fetched<Discovery>>();

/** Shared by all policies of the issuer. */
export function discoveryOf(issuer: string): Fetched<Discovery> {
  const uri = `${issuer.replace(/\/$/, "")}/.well-known/openid-configuration`;
  const discovery = known.get(issuer) ?? new Fetched("oidc", uri, () => discover(uri, issuer));
  known.set(issuer, discovery);
  return discovery;
}

async function discover(uri: string, issuer: string): Promise<Discovery> {
  const { value } = await fetchJson(uri);
  if (!isObject(value) || value.issuer !== issuer) throw new Error("it speaks of another issuer");
  const endpoint = (name: string): string => {
    const written = value[name];
    const url = typeof written === "string" && URL.canParse(written) ? new URL(written) : null;
    const isSafe = url?.protocol === "https:" || (url?.protocol === "http:" && issuer.startsWith("http:"));
    if (url === null || !isSafe || url.username !== "" || url.password !== "") throw new Error(`${name} can't be used`);
    url.hash = "";
    return url.href;
  };
  const methods = value.token_endpoint_auth_methods_supported;
  const takes = (method: string) => !Array.isArray(methods) || methods.includes(method);
  if (!takes("client_secret_basic") && !takes("client_secret_post")) throw new Error("it takes no client secret");
  return {
    authorizationEndpoint: endpoint("authorization_endpoint"),
    tokenEndpoint: endpoint("token_endpoint"),
    jwksUri: endpoint("jwks_uri"),
    endSessionEndpoint: value.end_session_endpoint === undefined ? null : endpoint("end_session_endpoint"),
    secretIn: takes("client_secret_basic") ? "header" : "body",
    namesIssuer: value.authorization_response_iss_parameter_supported === true,
  };
}
