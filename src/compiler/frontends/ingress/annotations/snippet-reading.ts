import type { HeaderChange } from "../../../../table/policies/header-modifier.ts";
import type { RewriteAction, RewriteBlock } from "../../../../table/policies/rewrite-module.ts";
import { isUnreadable, type Unreadable } from "../../../resources/templates.ts";
import { readAccessLine } from "./snippet-access.ts";
import { type Groups, NO_GROUPS, readCondition } from "./snippet-conditions.ts";
import { HEADER_LINES } from "./snippet-headers.ts";
import { type Directive, readDirectives } from "./snippet-lines.ts";
import { BREAK, type RewriteContext, readReturn, readRewrite } from "./snippet-rewrites.ts";

/** What a snippet is read with. */
export interface SnippetContext extends RewriteContext {
  readonly name: "configuration-snippet" | "server-snippet";
  /** The annotation whose own lines come after those of a location; null: none. */
  readonly followedBy: string | null;
  /** Why a header can't be changed where a condition holds; null: it can. */
  readonly whyNoHeaders: string | null;
}

/** Directives that keep nobody out, whatever they say: buffers, times, logs, compression, the hop to the pods. */
const HARMLESS =
  /^(?:access_log|add_trailer|break$|charset|chunked_transfer_encoding|client_body_buffer_size|client_body_timeout|client_header_|default_type|error_log|etag|expires|(?:fastcgi|grpc)_(?:buffer|busy|connect_timeout|next_upstream|read_timeout|send_timeout)|gzip|keepalive_|large_client_header_buffers|log_|lingering_|opentelemetry|opentracing|port_in_redirect|proxy_(?:buffer|busy|cache|connect_timeout|cookie_|force_ranges|http_version|ignore_|intercept_errors|max_temp|next_upstream|pass_header|read_timeout|redirect|request_buffering|send_timeout|socket_|ssl_(?:name|protocols|server_name|session)|temp_)|reset_timedout|resolver|rewrite_log$|send_timeout|sendfile|server_tokens|set$|source_charset|sub_filter|tcp_nodelay|tcp_nopush|types|underscores_in_headers|brotli)/;

/** Of the directives that change headers: at the level of the server the location's own take the place of the others. */
const OF_SERVER: readonly string[] = ["more_set_headers", "more_clear_headers"];
/** nginx knows no others of them in an `if`, and that in a location alone. */
const OF_CONDITIONS: readonly string[] = [...OF_SERVER, "add_header"];
/** Variables by which the controller's own lines choose the Service, the way to https and what Services are told (nginx.tmpl). */
const OF_CONTROLLER =
  /^\$(?:args|best_http_host|cors|ingress_name|limit_rate|location_path|namespace|pass_access_scheme|pass_port|pass_server_port|proxy_alternative_upstream_name|proxy_upstream_name|redirect_to_https|req_id|service_name|service_port|target|the_real_ip)$/;
/** Lines that decide which of the later ones are run. */
const OF_FLOW: readonly string[] = ["rewrite", "break", "if"];

const REFUSED = "guards its routes and is not honoured";

/** Ends the sentence that begins with the name of the snippet. */
interface Finding {
  readonly name: SnippetContext["name"];
  readonly code: "EI4001" | "EI4008" | "EI4068";
  readonly says: string;
}

/** Reads the lines of a snippet, each of which is done exactly or reported. */
export class SnippetReading {
  readonly findings: Finding[] = [];
  readonly changes = { request: [] as HeaderChange[], response: [] as HeaderChange[] };
  readonly blocks: RewriteBlock[] = [];
  readonly #context: SnippetContext;
  /** The first line that is not done, and on which it depends whether later ones are run. */
  #undone: number | null = null;

  constructor(directives: readonly Directive[], context: SnippetContext) {
    this.#context = context;
    for (const directive of directives) this.#read(directive);
  }

  #read(directive: Directive): void {
    const { name, args, block } = directive;
    if (block !== null) {
      if (name === "if") this.#readCondition(directive, block);
      else this.#unknown(directive);
    } else if (Object.hasOwn(HEADER_LINES, name)) {
      const isLeft = this.#context.name === "server-snippet" && !OF_SERVER.includes(name);
      const line = isLeft ? undefined : HEADER_LINES[name]?.(args, this.#context.read);
      if (line === undefined) this.#pass(directive, null);
      else if (isUnreadable(line)) this.#headerNotRead(directive, line);
      else this.changes[line.to].push(...line.changes);
    } else if (name === "allow" || name === "deny") {
      if (this.#context.name === "server-snippet") this.#unknown(directive);
      else if (readAccessLine(directive) === null) this.#guards(directive, ": it has something else than an address");
    } else {
      const action = this.#actionOf(directive, NO_GROUPS, false);
      if (action !== null) this.#add({ condition: null, headers: [], actions: [action] });
    }
  }

  /** Of a header that Services would get in the client's words, where nginx puts its own in their place. */
  #headerNotRead(directive: Directive, why: Unreadable): void {
    const [name = ""] = directive.args;
    const without =
      directive.name === "proxy_set_header"
        ? HEADER_LINES.proxy_set_header?.([name, ""], this.#context.read)
        : undefined;
    const isTaken = without !== undefined && !isUnreadable(without);
    if (isTaken) this.changes.request.push(...without.changes);
    this.#pass(directive, isTaken ? { problem: `${why.problem}, so Services get no such header` } : why);
  }

  #readCondition(directive: Directive, block: { readonly text: string; readonly line: number }): void {
    const lines = readDirectives(block.text, block.line);
    const read = readCondition(directive.args);
    if (lines === null || isUnreadable(read)) {
      const why = isUnreadable(read) ? read : null;
      const isHarmless = lines?.every((line) => Object.hasOwn(HEADER_LINES, line.name) || this.#isSmall(line)) ?? false;
      this.#undone ??= directive.line;
      if (isHarmless) this.#pass(directive, why);
      else this.#guards(directive, why === null ? "" : `: it ${why.problem}`);
      return;
    }
    const headers: HeaderChange[] = [];
    const actions: RewriteAction[] = [];
    let groups = read.groups;
    for (const line of lines) {
      if (line.block !== null) this.#unknown(line);
      else if (Object.hasOwn(HEADER_LINES, line.name)) headers.push(...this.#conditionalHeaders(line));
      else {
        const action = this.#actionOf(line, groups, true);
        if (action !== null) actions.push(action);
        // The groups are then those of the rewrite, or nobody's.
        if (line.name === "rewrite") groups = NO_GROUPS;
      }
    }
    this.#add({ condition: read.condition, headers, actions });
  }

  #conditionalHeaders(line: Directive): readonly HeaderChange[] {
    const { name, whyNoHeaders, read } = this.#context;
    const made = HEADER_LINES[line.name]?.(line.args, read);
    const why: Unreadable | null =
      name === "server-snippet" || !OF_CONDITIONS.includes(line.name)
        ? { problem: "is no line that nginx takes there" }
        : whyNoHeaders !== null
          ? { problem: whyNoHeaders }
          : this.#undone !== null
            ? { problem: `comes after line ${this.#undone}, which is not honoured` }
            : line.name === "add_header" && this.changes.response.some(({ action }) => action === "add")
              ? { problem: "takes the place of another add_header where its condition holds" }
              : null;
    if (why === null && made !== undefined && !isUnreadable(made)) return made.changes;
    this.#pass(line, why ?? (made as Unreadable));
    return [];
  }

  /** Null where the line is none of those, or is reported. */
  #actionOf(directive: Directive, groups: Groups, inCondition: boolean): RewriteAction | null {
    const { name, args } = directive;
    const isServer = this.#context.name === "server-snippet";
    if (name === "default_type" && args.length === 1 && !inCondition) return null;
    if (name === "break" && args.length === 0 && !isServer && this.#undone === null) return BREAK;
    const made =
      name === "return"
        ? readReturn(args, groups, this.#context)
        : name === "rewrite"
          ? readRewrite(args, this.#context)
          : null;
    if (made === null) {
      if (OF_FLOW.includes(name)) this.#undone ??= directive.line;
      this.#unknown(directive);
      return null;
    }
    const why = isUnreadable(made)
      ? `: it ${made.problem}`
      : made.action.does === "change" && !isServer && this.#context.followedBy !== null
        ? `: it goes on with the lines of ${this.#context.followedBy}`
        : this.#undone !== null
          ? `: it comes after line ${this.#undone}, which is not honoured`
          : null;
    if (why === null && !isUnreadable(made)) {
      if (made.remark !== null) this.#find("EI4008", `has a line ${directive.line} which ${made.remark}`);
      // Ahead of the search for a location both flags end the lines.
      return isServer && made.action.does === "path" ? { ...made.action, does: "location" } : made.action;
    }
    this.#guards(directive, why ?? "");
    if (OF_FLOW.includes(name)) this.#undone ??= directive.line;
    return null;
  }

  #add(block: Omit<RewriteBlock, "level">): void {
    this.blocks.push({ ...block, level: this.#context.name === "server-snippet" ? "server" : "location" });
  }

  #unknown(directive: Directive): void {
    if (this.#isSmall(directive)) this.#pass(directive, null);
    else this.#guards(directive, "");
  }

  /** Scripts (`rewrite_by_lua`) are none of these: they may answer. Nor is a value for a variable that others read. */
  #isSmall({ name, args, block }: Directive): boolean {
    const [variable = ""] = args;
    if (name === "set" && (OF_CONTROLLER.test(variable) || !isUnreadable(this.#context.read(variable)))) return false;
    return HARMLESS.test(name) && !name.includes("_by_") && (block === null || name === "types");
  }

  #guards(directive: Directive, why: string): void {
    this.#find("EI4001", `${REFUSED}: ${nameOf(directive)} in line ${directive.line}${why}`);
  }

  #pass(directive: Directive, why: Unreadable | null): void {
    const reason = why === null ? "" : `: it ${why.problem}`;
    this.#find("EI4068", `is honoured but for ${nameOf(directive)} in line ${directive.line}${reason}`);
  }

  #find(code: Finding["code"], says: string): void {
    this.findings.push({ name: this.#context.name, code, says });
  }
}

/** Names that nginx could know: what else stands there may be a secret. */
function nameOf({ name }: Directive): string {
  return /^[a-z_]{2,40}$/.test(name) ? name : "a directive";
}
