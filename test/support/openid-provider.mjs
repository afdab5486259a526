// A real OpenID provider on loopback: `node openid-provider.mjs PORT CLIENT_SECRET REDIRECT_URI LOGOUT_URI`. It says "ready",
// and then each grant that it makes or refuses, one a line. Anybody logs in, with any password.
import { exportJWK, generateKeyPair } from "jose";
import { Provider } from "oidc-provider";

const [port = "", clientSecret, redirectUri, logoutUri] = process.argv.slice(2);

/** Seconds: short, so that a test sees tokens being refreshed. */
const ACCESS_TOKEN = 4;

const { privateKey } = await generateKeyPair("ES256", { extractable: true });
// What it says of its own defaults is for people who deploy it.
for (const name of ["warn", "info", "error"]) console[name] = () => undefined;

const provider = new Provider(`http://127.0.0.1:${port}`, {
  clients: [
    {
      client_id: "shop",
      client_secret: clientSecret,
      redirect_uris: [redirectUri],
      post_logout_redirect_uris: [logoutUri],
      grant_types: ["authorization_code", "refresh_token"],
      id_token_signed_response_alg: "ES256",
    },
  ],
  jwks: { keys: [{ ...(await exportJWK(privateKey)), alg: "ES256", use: "sig", kid: "one" }] },
  pkce: { required: () => true },
  claims: { openid: ["sub"], email: ["email"] },
  conformIdTokenClaims: false,
  findAccount: (_, id) => ({ accountId: id, claims: async () => ({ sub: id, email: `${id}@shop.test` }) }),
  issueRefreshToken: async () => true,
  rotateRefreshToken: true,
  ttl: { AccessToken: ACCESS_TOKEN, IdToken: 600, RefreshToken: 600, Session: 600, Grant: 600, Interaction: 600 },
  cookies: { keys: ["a key of the provider"] },
});
const say = (what) => (ctx) => console.log(`${what} ${ctx.oidc?.params?.grant_type}`);
provider.on("grant.success", say("granted"));
provider.on("grant.error", say("refused"));
provider.listen(Number(port), "127.0.0.1", () => console.log("ready"));
