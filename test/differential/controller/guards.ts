import type { Annotations } from "./annotations.ts";
import type { Location } from "./servers.ts";
import { quoted, type Writing } from "./template.ts";

/** The location that asks an auth service. */
interface AuthLocation {
  readonly path: string;
  readonly lines: readonly string[];
}

/** nginx.tmpl, "$authPath"; null where `auth-url` is not given. */
export function authLocation(location: Location, annotations: Annotations, { scheme }: Writing): AuthLocation | null {
  const url = annotations.text("auth-url");
  if (url === undefined) return null;
  const path = `/_external-auth-${Buffer.from(location.path).toString("base64url")}-${location.type}`;
  const method = annotations.text("auth-method");
  const redirect = annotations.text("auth-request-redirect") ?? "$request_uri";
  const lines = [
    `location = ${path} { internal;`,
    "proxy_intercept_errors off; proxy_pass_request_body off; proxy_pass_request_headers on;",
    'proxy_set_header Content-Length "";',
    'proxy_set_header X-Forwarded-Proto "";',
    "proxy_set_header X-Request-ID $req_id;",
    ...(method === undefined
      ? []
      : [
          `proxy_method ${method};`,
          "proxy_set_header X-Original-URI $request_uri;",
          `proxy_set_header X-Scheme ${scheme};`,
        ]),
    `proxy_set_header Host ${new URL(url).hostname};`,
    "proxy_set_header X-Original-URL $scheme://$http_host$request_uri;",
    "proxy_set_header X-Original-Method $request_method;",
    'proxy_set_header X-Sent-From "nginx-ingress-controller";',
    "proxy_set_header X-Real-IP $remote_addr;",
    "proxy_set_header X-Forwarded-For $remote_addr;",
    `proxy_set_header X-Auth-Request-Redirect ${redirect};`,
    'proxy_set_header CF-Connecting-IP "";',
    `set $target "${url}";`,
    "proxy_pass $target;",
    "}",
  ];
  return { path, lines };
}

/** Lists, log-ins and `satisfy` of a location. */
export function guardLines(
  annotations: Annotations,
  writing: Writing,
  path: string,
  authPath: string | null,
): readonly string[] {
  const denied = annotations.list("denylist-source-range");
  const allowlist = annotations.list("allowlist-source-range");
  const allowed = allowlist.length > 0 ? allowlist : annotations.list("whitelist-source-range");
  const free = (writing.setting("no-auth-locations") ?? "/.well-known/acme-challenge").split(",");
  const isFree = free.some((each) => each.trim() !== "" && path.startsWith(each.trim()));
  const satisfy = annotations.text("satisfy", /^(?:any|all)$/);
  return [
    ...denied.map((range) => `deny ${range};`),
    ...allowed.map((range) => `allow ${range};`),
    ...(allowed.length > 0 ? ["deny all;"] : []),
    ...(isFree ? [] : [...externalLines(annotations, authPath), ...basicLines(annotations, writing)]),
    ...(satisfy === undefined ? [] : [`satisfy ${satisfy};`]),
  ];
}

function externalLines(annotations: Annotations, path: string | null): readonly string[] {
  if (path === null) return [];
  const always = annotations.boolean("auth-always-set-cookie") ? " always" : "";
  return [
    `auth_request ${path};`,
    "auth_request_set $auth_cookie $upstream_http_set_cookie;",
    `add_header Set-Cookie $auth_cookie${always};`,
    ...annotations
      .list("auth-response-headers")
      .flatMap((name, index) => [
        `auth_request_set $authHeader${index} $upstream_http_${name.toLowerCase().replaceAll("-", "_")};`,
        `proxy_set_header '${name}' $authHeader${index};`,
      ]),
  ];
}

function basicLines(annotations: Annotations, { watched: { secrets }, file }: Writing): readonly string[] {
  if (annotations.text("auth-type", /basic|digest/) !== "basic") return [];
  const name = annotations.text("auth-secret") ?? "";
  const data = secrets.get(name.includes("/") ? name : `default/${name}`) ?? {};
  const isMap = annotations.text("auth-secret-type") === "auth-map";
  const lines = isMap ? Object.entries(data).map(([user, hash]) => `${user}:${hash}\n`) : [data.auth ?? ""];
  return [
    `auth_basic ${quoted(annotations.text("auth-realm") ?? "")};`,
    `auth_basic_user_file ${file(`${name.replace("/", "-")}.passwd`, lines.join(""))};`,
    'proxy_set_header Authorization "";',
  ];
}
