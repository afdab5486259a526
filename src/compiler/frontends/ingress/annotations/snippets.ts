import type { HeaderChange } from "../../../../table/policies/header-modifier.ts";
import { settableHeader } from "../../../resources/external-auth.ts";
import { isUnreadable, parseTemplate } from "../../../resources/templates.ts";
import type { AnnotationFamily, FamilyContext, FamilyFinding, FamilyReading } from "./entry.ts";
import { type Directive, readDirectives } from "./snippet-lines.ts";

const TOGETHER =
  "of its lines those that change headers are done; each other one is reported, as an **error** where it may keep requests out";

export const snippets: AnnotationFamily = {
  title: "Snippets",
  settle,
  entries: [
    {
      name: "configuration-snippet",
      class: "N",
      guards: true,
      summary: "nginx configuration for the paths of the Ingress.",
      together: `${TOGETHER}: \`more_set_headers\`, \`more_clear_headers\`, \`add_header\`, \`proxy_set_header\`, \`proxy_hide_header\``,
    },
    {
      name: "server-snippet",
      class: "N",
      guards: true,
      summary: "nginx configuration for the host.",
      together: `${TOGETHER}: \`more_set_headers\` and \`more_clear_headers\`, for the paths of the Ingress`,
    },
  ],
};

/** Directives that keep nobody out, whatever they say: buffers, times, logs, compression, the hop to the pods. */
const HARMLESS =
  /^(?:access_log|add_trailer|break|charset|chunked_transfer_encoding|client_body_buffer_size|client_body_timeout|client_header_|default_type|error_log|etag|expires|fastcgi_|grpc_|gzip|keepalive_|large_client_header_buffers|log_|lingering_|opentelemetry|opentracing|port_in_redirect|proxy_(?:buffer|busy|cache|connect_timeout|cookie_|force_ranges|http_version|ignore_|intercept_errors|max_temp|next_upstream|pass_header|read_timeout|redirect|request_buffering|send_timeout|socket_|ssl_(?:name|protocols|server_name|session)|temp_)|reset_timedout|resolver|rewrite|send_timeout|sendfile|server_tokens|set|source_charset|sub_filter|tcp_nodelay|tcp_nopush|types|underscores_in_headers|brotli)/;

/** What one line comes to: changes of headers, or why it is not done. */
type Line =
  | { readonly to: "request" | "response"; readonly changes: readonly HeaderChange[] }
  | { readonly problem: string };

type Reader = (args: readonly string[], read: (text: string) => HeaderChange["value"] | string) => Line;

const BASE = { besidesIngress: false, onlySuccess: false } as const;

const READERS: Readonly<Record<string, Reader>> = {
  more_set_headers: (args, read) => several(args, (arg) => setting(arg, read)),
  more_clear_headers: (args) => several(args, (arg) => removal(arg, false)),
  add_header: ([name = "", value = "", always, ...more], read) => {
    if (more.length > 0 || (always !== undefined && always !== "always"))
      return { problem: "is not read in this form" };
    const template = read(value);
    if (typeof template === "string") return { problem: template };
    const onlySuccess = always === undefined;
    const added = { action: "add", name, value: template, besidesIngress: true, onlySuccess } as const;
    return value === "" ? { to: "response", changes: [] } : checked("response", [added]);
  },
  proxy_set_header: ([name = "", value = "", ...more], read) => {
    if (more.length > 0) return { problem: "is not read in this form" };
    const template = read(value);
    if (typeof template === "string") return { problem: template };
    const change = { action: value === "" ? "remove" : "set", name, value: template } as const;
    return checked("request", [{ ...change, besidesIngress: true, onlySuccess: false }]);
  },
  proxy_hide_header: ([name = "", ...more]) =>
    more.length > 0 ? { problem: "is not read in this form" } : checked("response", [removal(name, true)]),
};

/** At the level of the server the location's own `proxy_set_header` and `add_header` take the place of these. */
const OF_SERVER = ["more_set_headers", "more_clear_headers"];

function several(args: readonly string[], change: (arg: string) => HeaderChange | string): Line {
  const changes: HeaderChange[] = [];
  for (const arg of args) {
    if (arg.startsWith("-")) return { problem: "is not read with options" };
    const made = change(arg);
    if (typeof made === "string") return { problem: made };
    changes.push(made);
  }
  return checked("response", changes);
}

/** `Name: value`; without a value the header is taken off. */
function setting(arg: string, read: Parameters<Reader>[1]): HeaderChange | string {
  const colon = arg.indexOf(":");
  const name = (colon < 0 ? arg : arg.slice(0, colon)).trim();
  const value = colon < 0 ? "" : arg.slice(colon + 1).trim();
  const template = read(value);
  if (typeof template === "string") return template;
  return { ...BASE, action: value === "" ? "remove" : "set", name, value: template };
}

function removal(name: string, besidesIngress: boolean): HeaderChange {
  return { ...BASE, action: "remove", name: name.trim(), value: [], besidesIngress };
}

function checked(to: "request" | "response", changes: readonly HeaderChange[]): Line {
  const reason = changes.map(({ name }) => settableHeader(name)).find((each) => each !== null) ?? null;
  return reason === null ? { to, changes } : { problem: "names a header that the edge does not change" };
}

function settle(written: ReadonlyMap<string, string>, { ingress }: FamilyContext): FamilyReading {
  const readings = [...written].map(([name, text]) => readSnippet(name, text, ingress.metadata));
  return {
    settings: [],
    filters: readings.flatMap(({ filters }) => filters),
    findings: readings.flatMap(({ findings }) => findings),
  };
}

function readSnippet(
  name: string,
  text: string,
  { namespace, name: ingressName }: FamilyContext["ingress"]["metadata"],
): { filters: NonNullable<FamilyReading["filters"]>; findings: FamilyFinding[] } {
  const guarding = (says: string): FamilyFinding => ({ name, code: "EI4001", says });
  const refused = "guards its routes and is not honoured";
  const directives = readDirectives(text);
  if (directives === null || directives.length === 0) {
    const why = directives === null ? "it is no configuration of nginx" : "it is empty";
    return { filters: [], findings: [guarding(`${refused}: ${why}`)] };
  }
  const read = (value: string) => {
    // Known before there is a request.
    const known = value.replace(/\$(?:namespace\b|\{namespace\})/g, namespace);
    const template = parseTemplate(known.replace(/\$(?:ingress_name\b|\{ingress_name\})/g, ingressName));
    return isUnreadable(template) ? template.problem : template;
  };
  const findings: FamilyFinding[] = [];
  const changes = { request: [] as HeaderChange[], response: [] as HeaderChange[] };
  for (const directive of directives) {
    const { line } = directive;
    const reader = isReadIn(name, directive) ? READERS[directive.name] : undefined;
    const result = reader?.(directive.args, read);
    if (result !== undefined && "changes" in result) {
      changes[result.to].push(...result.changes);
      continue;
    }
    const what = /^[a-z_]{2,40}$/.test(directive.name) ? directive.name : "a directive";
    if (result === undefined && !Object.hasOwn(READERS, directive.name) && !isHarmless(directive)) {
      findings.push(guarding(`${refused}: ${what} in line ${line}`));
    } else {
      const why = result === undefined ? "" : `: it ${result.problem}`;
      findings.push({ name, code: "EI4068", says: `is honoured but for ${what} in line ${line}${why}` });
    }
  }
  if (name === "server-snippet" && changes.response.length > 0) {
    const says = "holds for the paths of this Ingress; in ingress-nginx for all of its hosts' paths";
    findings.push({ name, code: "EI4008", says });
  }
  const filters = (["request", "response"] as const).flatMap((to) => {
    const type = to === "request" ? ("RequestHeaderModifier" as const) : ("ResponseHeaderModifier" as const);
    const made = changes[to];
    const besidesIngress = made.some((change) => change.besidesIngress);
    return made.length === 0 ? [] : [{ name, filter: { type, changes: made, besidesIngress } }];
  });
  return { filters, findings };
}

function isReadIn(snippet: string, { name, isBlock }: Directive): boolean {
  return !isBlock && Object.hasOwn(READERS, name) && (snippet === "configuration-snippet" || OF_SERVER.includes(name));
}

function isHarmless({ name, isBlock }: Directive): boolean {
  return HARMLESS.test(name) && (!isBlock || name === "types");
}
