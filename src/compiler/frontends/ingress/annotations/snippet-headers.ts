import type { HeaderChange } from "../../../../table/policies/header-modifier.ts";
import type { Template } from "../../../../table/policies/template.ts";
import { settableHeader } from "../../../resources/external-auth.ts";
import { isUnreadable, type Unreadable } from "../../../resources/templates.ts";

/** Changes of headers that one line comes to. */
interface HeaderLine {
  readonly to: "request" | "response";
  readonly changes: readonly HeaderChange[];
}

type Read = (text: string) => Template | Unreadable;

const BASE = { besidesIngress: false, onlySuccess: false } as const;
const OTHER_FORM: Unreadable = { problem: "is not read in this form" };

/** The directives that change headers (ngx_headers_more, ngx_http_headers_module, ngx_http_proxy_module), by their names. */
export const HEADER_LINES: Readonly<Record<string, (args: readonly string[], read: Read) => HeaderLine | Unreadable>> =
  {
    more_set_headers: (args, read) => several(args, (arg) => setting(arg, read)),
    more_clear_headers: (args) => several(args, (arg) => removal(arg, false)),
    add_header: ([name = "", value = "", always, ...more], read) => {
      if (more.length > 0 || (always !== undefined && always !== "always")) return OTHER_FORM;
      const template = read(value);
      if (isUnreadable(template)) return template;
      const onlySuccess = always === undefined;
      const added = { action: "add", name, value: template, besidesIngress: true, onlySuccess } as const;
      return value === "" ? { to: "response", changes: [] } : checked("response", [added]);
    },
    proxy_set_header: ([name = "", value = "", ...more], read) => {
      if (more.length > 0) return OTHER_FORM;
      const template = read(value);
      if (isUnreadable(template)) return template;
      const change = { action: value === "" ? "remove" : "set", name, value: template } as const;
      return checked("request", [{ ...change, besidesIngress: true, onlySuccess: false }]);
    },
    proxy_hide_header: ([name = "", ...more]) =>
      more.length > 0 ? OTHER_FORM : checked("response", [removal(name, true)]),
  };

function several(args: readonly string[], change: (arg: string) => HeaderChange | Unreadable): HeaderLine | Unreadable {
  const changes: HeaderChange[] = [];
  for (const arg of args) {
    if (arg.startsWith("-")) return { problem: "is not read with options" };
    const made = change(arg);
    if (isUnreadable(made)) return made;
    changes.push(made);
  }
  return checked("response", changes);
}

/** `Name: value`; without a value the header is taken off. */
function setting(arg: string, read: Read): HeaderChange | Unreadable {
  const colon = arg.indexOf(":");
  const name = (colon < 0 ? arg : arg.slice(0, colon)).trim();
  const value = colon < 0 ? "" : arg.slice(colon + 1).trim();
  const template = read(value);
  if (isUnreadable(template)) return template;
  return { ...BASE, action: value === "" ? "remove" : "set", name, value: template };
}

function removal(name: string, besidesIngress: boolean): HeaderChange {
  return { ...BASE, action: "remove", name: name.trim(), value: [], besidesIngress };
}

function checked(to: HeaderLine["to"], changes: readonly HeaderChange[]): HeaderLine | Unreadable {
  const reason = changes.map(({ name }) => settableHeader(name)).find((each) => each !== null) ?? null;
  return reason === null ? { to, changes } : { problem: "names a header that the edge does not change" };
}
