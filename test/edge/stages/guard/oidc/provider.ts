import { expect, vi } from "vitest";
import { DEFAULT_OIDC, type Oidc } from "../../../../../src/table/policies/oidc.ts";
import type { RulePolicies } from "../../../../../src/table/policies/rule-policies.ts";
import { edgeOf } from "../../../edge-of.ts";
import { base64url, inSeconds, type Signer, signer, tokenOf } from "../jwt/tokens.ts";

export const CLIENT_SECRET = "client-secret-that-nobody-sees";
export const SESSION_KEY = "a session key of more than thirty-two characters";

/** What the Secret of a policy holds at the edge, under the binding of `policyOf`. */
export const SECRETS = {
  SECRET_LOGIN: JSON.stringify({ "client-secret": CLIENT_SECRET, "session-keys": SESSION_KEY }),
};

/** What a token endpoint is to do otherwise. */
export interface Lies {
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly header?: Readonly<Record<string, unknown>>;
  readonly signer?: Signer;
  readonly idToken?: string | null;
  readonly answer?: Readonly<Record<string, unknown>>;
  /** Takes any code and verifier. */
  readonly isCareless?: boolean;
}

let count = 0;

/** A provider behind `fetch`: it keeps codes and refresh tokens as a real one does, unless it is told to lie. */
export class FakeProvider {
  readonly issuer = `https://idp-${count++}.test`;
  readonly signer: Signer;
  discovery: Record<string, unknown>;
  lies: Lies = {};
  /** Takes the place of the answer to whatever is asked of that path. */
  readonly instead = new Map<string, () => Response | Promise<Response>>();
  readonly asked: { readonly path: string; readonly form: URLSearchParams; readonly headers: Headers }[] = [];
  readonly #codes = new Map<string, URLSearchParams>();
  readonly #refreshTokens = new Set<string>();
  #tokens = 0;

  private constructor(by: Signer) {
    this.signer = by;
    this.discovery = {
      issuer: this.issuer,
      authorization_endpoint: `${this.issuer}/authorize?tenant=1`,
      token_endpoint: `${this.issuer}/token`,
      jwks_uri: `${this.issuer}/jwks`,
      end_session_endpoint: `${this.issuer}/end`,
    };
  }

  static async start(): Promise<FakeProvider> {
    const provider = new FakeProvider(await signer());
    const before = vi.isMockFunction(globalThis.fetch)
      ? vi.mocked(globalThis.fetch).getMockImplementation()
      : undefined;
    vi.spyOn(globalThis, "fetch").mockImplementation(async (input, init) => {
      const request = new Request(input as Request, init as RequestInit);
      const url = new URL(request.url);
      if (url.origin !== provider.issuer) return before?.(input, init) ?? new Response(null, { status: 404 });
      return provider.#answer(url, request);
    });
    return provider;
  }

  /** What the person does there: the URL that leads back. */
  authorize(location: string, who: { readonly sub?: string } = {}): string {
    const { searchParams: sent } = new URL(location);
    const code = `code-${crypto.randomUUID()}`;
    sent.set("sub", who.sub ?? "alice");
    this.#codes.set(code, sent);
    const back = new URL(sent.get("redirect_uri") ?? "");
    back.searchParams.set("code", code);
    back.searchParams.set("state", sent.get("state") ?? "");
    return back.href;
  }

  async #answer(url: URL, request: Request): Promise<Response> {
    const form = new URLSearchParams(request.method === "POST" ? await request.text() : "");
    this.asked.push({ path: url.pathname, form, headers: request.headers });
    const instead = this.instead.get(url.pathname);
    if (instead !== undefined) return instead();
    switch (url.pathname) {
      case "/.well-known/openid-configuration":
        return Response.json(this.discovery);
      case "/jwks":
        return Response.json({ keys: [this.signer.publicJwk] });
      case "/token":
        return this.#token(form, request.headers.get("authorization"));
      default:
        return new Response(null, { status: 404 });
    }
  }

  async #token(form: URLSearchParams, authorization: string | null): Promise<Response> {
    if (authorization !== `Basic ${btoa(`shop:${CLIENT_SECRET}`)}` && form.get("client_secret") !== CLIENT_SECRET)
      return Response.json({ error: "invalid_client" }, { status: 401 });
    const { isCareless = false, claims = {}, header = {}, answer = {} } = this.lies;
    const isRefresh = form.get("grant_type") === "refresh_token";
    const code = form.get("code") ?? "";
    const begun = this.#codes.get(code);
    if (
      isRefresh
        ? !this.#refreshTokens.delete(form.get("refresh_token") ?? "")
        : !isCareless && !(await fits(begun, form))
    )
      return Response.json({ error: "invalid_grant" }, { status: 400 });
    this.#codes.delete(code);
    const number = ++this.#tokens;
    this.#refreshTokens.add(`refresh-token-${number}`);
    const access = `access-token-${number}`;
    const usual = {
      iss: this.issuer,
      aud: "shop",
      sub: begun?.get("sub") ?? "alice",
      nonce: isRefresh ? undefined : begun?.get("nonce"),
      at_hash: await atHash(access),
    };
    const by = this.lies.signer ?? this.signer;
    const idToken =
      this.lies.idToken ?? (await tokenOf(by, { claims: { ...usual, exp: inSeconds(300), ...claims }, header }));
    return Response.json({
      access_token: access,
      token_type: "Bearer",
      expires_in: 300,
      refresh_token: `refresh-token-${number}`,
      ...(this.lies.idToken !== null && { id_token: idToken }),
      ...answer,
    });
  }
}

async function fits(begun: URLSearchParams | undefined, form: URLSearchParams): Promise<boolean> {
  const verifier = form.get("code_verifier") ?? "";
  const digest = await crypto.subtle.digest("SHA-256", new TextEncoder().encode(verifier));
  return (
    begun !== undefined &&
    begun.get("code_challenge") === base64url(new Uint8Array(digest)) &&
    begun.get("redirect_uri") === form.get("redirect_uri")
  );
}

async function atHash(access: string): Promise<string> {
  return base64url(new Uint8Array(await crypto.subtle.digest("SHA-256", new TextEncoder().encode(access)), 0, 16));
}

export function policyOf({ issuer }: FakeProvider, more: Partial<Oidc> = {}): Oidc {
  const secret = { name: "shop/login", binding: "SECRET_LOGIN" };
  return {
    ...DEFAULT_OIDC,
    name: "shop/login",
    issuer,
    clientId: "shop",
    clientSecret: { secret, key: "client-secret" },
    sessionKeys: { secret, key: "session-keys" },
    cookieNames: { session: "session", login: "login" },
    ...more,
  };
}

/** A host `shop.test` (or `hostname`) guarded by these policies, each at its path, as the compiler lays it out. */
export function edgeBehind(
  policies: Readonly<Record<string, Oidc>>,
  {
    env = {},
    more = {},
    hostname = "shop.test",
  }: {
    readonly env?: Readonly<Record<string, unknown>>;
    readonly more?: Partial<RulePolicies>;
    readonly hostname?: string;
  } = {},
) {
  const all = Object.values(policies);
  const edgeCookies = all.flatMap(({ cookieNames }) => [cookieNames.session, cookieNames.login]);
  const identityHeaders = all.flatMap(({ claimsToHeaders }) => claimsToHeaders.map(({ header }) => header));
  const common = { hostname, service: "shop" };
  const guarded = Object.entries(policies).flatMap(([path, oidc]) => [
    { ...common, path, policies: { oidc, edgeCookies, identityHeaders, ...more } },
    ...[oidc.redirectPath, oidc.logoutPath].map((own) => ({
      ...common,
      path: own,
      type: "Exact" as const,
      policies: { oidc, edgeCookies },
    })),
  ]);
  const open = { ...common, path: "/open", policies: { edgeCookies, identityHeaders } };
  const seen: Headers[] = [];
  const answer = ({ headers }: Request) => {
    seen.push(new Headers(headers));
    return new Response("ok");
  };
  const rules = "/open" in policies ? guarded : [...guarded, open];
  const edge = edgeOf({ rules }, { only: answer }, { ...SECRETS, ...env });
  return { edge, seen };
}

export type Edge = ReturnType<typeof edgeBehind>["edge"];

export const PAGE = { accept: "text/html,application/xhtml+xml", "sec-fetch-mode": "navigate" };

/** Keeps cookies as browsers do, for one host. */
export class Browser {
  readonly cookies = new Map<string, string>();
  readonly #edge: Edge;

  constructor(edge: Edge) {
    this.#edge = edge;
  }

  async open(url: string, headers: Readonly<Record<string, string>> = PAGE, init: RequestInit = {}): Promise<Response> {
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const sent = {
      ...headers,
      ...(cookie !== "" && { cookie: [cookie, headers.cookie ?? ""].filter(Boolean).join("; ") }),
    };
    const response = await this.#edge(url, { redirect: "manual", ...init, headers: sent });
    for (const written of response.headers.getSetCookie()) {
      const [, name = "", value = "", attributes = ""] = /^([^=]+)=([^;]*)(.*)$/.exec(written) ?? [];
      expect(written.length).toBeLessThan(4096);
      if (attributes.includes("Max-Age=0")) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  /** Goes through a whole login; the last answer. */
  async logIn(
    provider: FakeProvider,
    url = "https://shop.test/",
    who: { readonly sub?: string } = {},
  ): Promise<Response> {
    const begun = await this.open(url);
    expect(begun.status).toBe(302);
    return this.open(provider.authorize(locationOf(begun), who));
  }

  named(begins: string): string[] {
    return [...this.cookies.keys()].filter((name) => name.startsWith(begins));
  }
}

export function locationOf(response: Response): string {
  return response.headers.get("location") ?? "";
}
