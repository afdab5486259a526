import type { RewriteBlock } from "../../../../table/policies/rewrite-module.ts";
import type { PolicySetting } from "../../../ir/policy.ts";
import { parseTemplate } from "../../../resources/templates.ts";
import { controllerValue } from "../controller-config.ts";
import { controllerBoolean } from "../controller-settings.ts";
import { readLists } from "./access.ts";
import { type AnnotationFamily, type FamilyContext, type FamilyReading, TRUE } from "./entry.ts";
import { accessLinesOf, joinedAccess } from "./snippet-access.ts";
import { type Directive, readDirectives } from "./snippet-lines.ts";
import { type SnippetContext, SnippetReading } from "./snippet-reading.ts";

const TOGETHER =
  "these lines are done, each other one is reported, as an **error** where it may keep requests out or send them elsewhere (see [Snippets](#snippets))";

const NOTES = `Lines are done in the order and at the place of nginx: those of a server before all else of a request but
client certificates over TLS, those of a location after CORS, before the redirects of annotations, the way to https, limits and
guards.

- \`if\` takes one variable alone, or compares it by \`=\`, \`!=\`, \`~\`, \`~*\`, \`!~\`, \`!~*\` with a text or a
  [pattern](normalisation.md#patterns); \`$uri\` is the decoded path. Variables that \`set\` makes are not known.
- Of several conditions that hold the last one's headers count, as in nginx; \`add_header\` there is not done beside
  another one, and no header beside CORS or \`auth-url\`, which would lose theirs.
- Of the oldest Ingress of a host with a \`server-snippet\` that one counts for all paths of the host.
- \`allow\` and \`deny\` come after the lists of annotations; the first line that has the address counts. Those of a
  \`server-snippet\` are **errors**.
- \`return\` with an error status and no text answers as the edge's other errors look; \`return 444\` answers 403. The type of
  a text is \`default_type\`, else \`text/html\`, also where the path has the ending of a file.
- \`rewrite\` with \`last\` or no flag, and each of a \`server-snippet\`, has the host's rules matched with the new path: its
  Service, guards and lines hold then, as in nginx, and not those of the path before; 500 after 10 times, the
  server's not counted. A cluster's own ingress gets the path as it came. \`explain\` and \`test\` follow it. Past the guard of an EdgePolicy that is an **error** ([EI6073](diagnostics/EI6073.md)). What puts a variable or a query into the path is an **error**,
  and no flag beside \`rewrite-target\` or a redirect of the same Ingress.
- Lines that send requests elsewhere (\`grpc_pass\`, \`fastcgi_pass\`), and \`set\` of a variable that the controller's own
  lines read, are **errors**.
- \`proxy_set_header\` of what is not known here takes the header off, for a client may have sent it.`;

export const snippets: AnnotationFamily = {
  title: "Snippets",
  notes: NOTES,
  settle,
  entries: [
    {
      name: "configuration-snippet",
      class: "N",
      guards: true,
      summary: "nginx configuration for the paths of the Ingress.",
      together: `${TOGETHER}: \`return\`, \`rewrite\`, \`break\`, \`if\` around them and around headers of the answer, \`allow\`, \`deny\`, \`more_set_headers\`, \`more_clear_headers\`, \`add_header\`, \`proxy_set_header\`, \`proxy_hide_header\``,
      instead:
        "Say the line by another annotation or an EdgePolicy (access, authorization, headers), or leave the Ingress to the cluster by its class.",
    },
    {
      name: "server-snippet",
      class: "N",
      guards: true,
      summary: "nginx configuration for the host.",
      together: `${TOGETHER}: \`return\`, \`rewrite\`, \`if\` around them, for all paths of the hosts; \`more_set_headers\` and \`more_clear_headers\`, for the paths of the Ingress`,
      instead:
        "Say the line by another annotation or an EdgePolicy for the host (access, authorization, headers), or leave the Ingress to the cluster by its class.",
    },
  ],
};

const PREFIX = "nginx.ingress.kubernetes.io/";

/** What makes lines of nginx's rewrite module that come after a `configuration-snippet` (nginx.tmpl). */
const FOLLOWING = ["permanent-redirect", "temporal-redirect", "rewrite-target"];

function settle(written: ReadonlyMap<string, string>, context: FamilyContext): FamilyReading {
  const readings = [...written].map(([name, text]) => readSnippet(name as SnippetContext["name"], text, context));
  return {
    settings: readings.flatMap(({ settings }) => settings),
    filters: readings.flatMap(({ filters }) => filters ?? []),
    findings: readings.flatMap(({ findings }) => findings),
  };
}

function readSnippet(name: SnippetContext["name"], text: string, context: FamilyContext): FamilyReading {
  const { namespace, name: ingressName, annotations } = context.ingress.metadata;
  const directives = readDirectives(text);
  if (directives === null || directives.length === 0) {
    const why = directives === null ? "it is no configuration of nginx" : "it is empty";
    const says = `guards its routes and is not honoured: ${why}`;
    return { settings: [], findings: [{ name, code: "EI4001", says }] };
  }
  const textOf = (annotation: string) => annotations[PREFIX + annotation]?.trim() ?? "";
  const relative = textOf("relative-redirects");
  const isRelative =
    relative === "" ? controllerBoolean(context.resources, "relative-redirects", false) : TRUE.includes(relative);
  const { findings, changes, blocks } = new SnippetReading(directives, {
    name,
    followedBy: FOLLOWING.find((each) => textOf(each) !== "") ?? null,
    relative: isRelative,
    // Of a location without one it is the server's, which may be of another Ingress: `inServer` puts it in.
    contentType: typeOf(directives) ?? (name === "server-snippet" ? USUAL_TYPE : ""),
    whyNoHeaders: TRUE.includes(textOf("enable-cors"))
      ? "would take those of CORS off where its condition holds"
      : textOf("auth-url") !== ""
        ? "would take cookies of auth-url off where its condition holds"
        : null,
    read(value) {
      // Known before there is a request.
      const known = value.replace(/\$(?:namespace\b|\{namespace\})/g, namespace);
      return parseTemplate(known.replace(/\$(?:ingress_name\b|\{ingress_name\})/g, ingressName));
    },
  });
  if (name === "server-snippet" && changes.response.length > 0) {
    const says = "holds for the paths of this Ingress; in ingress-nginx for all of its hosts' paths";
    findings.push({ name, code: "EI4008", says });
  }
  return {
    settings: name === "server-snippet" ? [] : accessOf(context),
    filters: [...headerFilters(name, changes), ...(blocks.length === 0 ? [] : [rewrites(name, blocks)])],
    findings,
  };
}

/** That of ingress-nginx's own configuration. */
const USUAL_TYPE = "text/html";

/** The type of texts in a server with that snippet. */
export function serverType(snippet: string): string {
  return typeOf(readDirectives(snippet) ?? []) ?? USUAL_TYPE;
}

/** `default_type`. */
function typeOf(directives: readonly Directive[]): string | undefined {
  return directives.find(({ name }) => name === "default_type")?.args[0];
}

type NamedFilters = NonNullable<FamilyReading["filters"]>;

function headerFilters(name: string, changes: SnippetReading["changes"]): NamedFilters {
  return (["request", "response"] as const).flatMap((to) => {
    const type = to === "request" ? ("RequestHeaderModifier" as const) : ("ResponseHeaderModifier" as const);
    const made = changes[to];
    const besidesIngress = made.some((change) => change.besidesIngress);
    return made.length === 0 ? [] : [{ name, filter: { type, changes: made, besidesIngress } }];
  });
}

function rewrites(name: string, blocks: readonly RewriteBlock[]): NamedFilters[number] {
  const level = name === "server-snippet" ? "server" : "location";
  const isTwofold = blocks.some(({ headers, actions }) =>
    [
      ...headers.map(({ besidesIngress }) => besidesIngress),
      ...actions.map(({ does }) => ["path", "location", "change"].includes(does)),
    ].includes(true),
  );
  return { name, filter: { type: "RewriteModule", level, blocks, besidesIngress: isTwofold } };
}

/** The access lines of the snippet with the lists of annotations and of the controller's ConfigMap, which come before. */
function accessOf(context: FamilyContext): FamilyReading["settings"] {
  const { annotations } = context.ingress.metadata;
  const lines = accessLinesOf(annotations);
  if (lines.length === 0) return [];
  const lists = new Map<string, string>();
  for (const name of ["whitelist-source-range", "allowlist-source-range", "denylist-source-range"]) {
    const value = annotations[PREFIX + name]?.trim() || controllerValue(context.resources, name)?.trim();
    if (value) lists.set(name, value);
  }
  const [own] = readLists(lists).settings.map(({ setting }) => setting);
  const named = own?.field === "access" ? own.value : { allow: [], deny: [] };
  const value = joinedAccess(named, lines);
  if (value.allow.length + value.deny.length === 0) return [];
  const setting: PolicySetting = { field: "access", value };
  return [{ name: "configuration-snippet", setting }];
}
