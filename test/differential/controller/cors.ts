import type { CorsConfig } from "./annotations.ts";

/** nginx.tmpl, "CORS", with template.go, buildCorsOriginRegex. `then` ends requests that are no preflight; see below. */
export function corsLines(cors: CorsConfig, then: readonly string[]): readonly string[] {
  const isAny = cors.origins.length === 1 && cors.origins[0] === "*";
  const pattern = cors.origins.map((origin) => `(${escaped(origin).replace("\\*", "[A-Za-z0-9\\-]+")})`).join("|");
  const origin = isAny ? "*" : "$http_origin";
  const headers = [
    `more_set_headers 'Access-Control-Allow-Origin: ${origin}';`,
    ...(cors.credentials ? ["more_set_headers 'Access-Control-Allow-Credentials: true';"] : []),
    `more_set_headers 'Access-Control-Allow-Methods: ${cors.methods}';`,
    `more_set_headers 'Access-Control-Allow-Headers: ${cors.headers}';`,
    ...(cors.expose === "" ? [] : [`more_set_headers 'Access-Control-Expose-Headers: ${cors.expose}';`]),
    `more_set_headers 'Access-Control-Max-Age: ${cors.maxAge}';`,
  ];
  return [
    "set $cors '';",
    ...(isAny ? ["set $cors 'true';"] : []),
    ...(!isAny && cors.origins.length > 0 ? [`if ($http_origin ~* (${pattern})$ ) { set $cors 'true'; }`] : []),
    `if ($request_method = 'OPTIONS') { set $cors \${cors}options; }`,
    // Lua's redirect comes after these; in nginx's own words it must stand in the block whose headers it takes along.
    `if ($cors = "true") { ${[...headers, ...then].join(" ")} }`,
    `if ($cors = "trueoptions") { ${headers.join(" ")}`,
    "more_set_headers 'Content-Type: text/plain charset=UTF-8'; more_set_headers 'Content-Length: 0'; return 204; }",
  ];
}

/** Go's regexp.QuoteMeta. */
function escaped(text: string): string {
  return text.replace(/[\\.+*?()|[\]{}^$]/g, "\\$&");
}
