import { expand } from "../../table/expand.ts";
import type { HeaderModifier } from "../../table/policies/header-modifier.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Stage } from "./chain.ts";
import type { HeaderEdits } from "./header-edits.ts";
import type { Visit } from "./visit.ts";

/** Statuses of answers to which nginx's `add_header` adds where it does not say `always` (ngx_http_headers_module). */
const SUCCESS: ReadonlySet<number> = new Set([200, 201, 204, 206, 301, 302, 303, 304, 307, 308]);

/** Changes the headers of every answer, refusals included. */
export function modifyResponseHeaders({ responseHeaders }: RulePolicies): Stage | null {
  return modify(responseHeaders, ({ toClient }) => toClient);
}

/** Changes the headers of what is let through to a cluster. */
export function modifyRequestHeaders({ requestHeaders }: RulePolicies): Stage | null {
  return modify(requestHeaders, ({ toCluster }) => toCluster);
}

function modify(changes: HeaderModifier, editsOf: (visit: Visit) => HeaderEdits): Stage | null {
  if (changes.length === 0) return null;
  return {
    handle(visit) {
      changeHeaders(editsOf(visit), changes, visit);
      return null;
    },
  };
}

export function changeHeaders(edits: HeaderEdits, changes: HeaderModifier, visit: Visit): void {
  for (const { action, name, value, besidesIngress, onlySuccess } of changes) {
    const towards = besidesIngress ? "service" : null;
    if (action === "remove") edits.remove(name, towards);
    else if (action === "set") edits.set(name, expand(value, visit), towards);
    else edits.append(name, expand(value, visit), onlySuccess ? SUCCESS : null, towards);
  }
}
