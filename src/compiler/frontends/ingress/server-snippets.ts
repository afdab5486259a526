import type { RewriteAction } from "../../../table/policies/rewrite-module.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import type { Filter } from "../../ir/filter.ts";
import { PREFIX } from "./annotations/registry.ts";
import { serverType } from "./annotations/snippets.ts";
import type { ServedResource } from "./dialect.ts";
import { byIngressAge } from "./owner.ts";
import { hostnameOf } from "./rules.ts";

const SNIPPET = "server-snippet";

/** True for what a snippet says of all paths of a host, whichever Ingress they are of. */
export function isOfServer(filter: Filter): boolean {
  return filter.type === "RewriteModule" && filter.level === "server";
}

/** A filter of a path, where the texts that it answers have the server's type unless it names one itself. */
export function inServer(filter: Filter, contentType: string): Filter {
  if (filter.type !== "RewriteModule") return filter;
  const typed = (action: RewriteAction) =>
    action.does === "answer" && action.contentType === "" ? { ...action, contentType } : action;
  return { ...filter, blocks: filter.blocks.map((block) => ({ ...block, actions: block.actions.map(typed) })) };
}

/** Of each host the `server-snippet` of its oldest Ingress that has one; those of others are passed over (controller.go, createServers). */
export function serverSnippets(
  served: readonly { readonly ingress: ServedResource; readonly filters: readonly Filter[] }[],
): {
  readonly byHostname: ReadonlyMap<string, { readonly filters: readonly Filter[]; readonly contentType: string }>;
  readonly diagnostics: readonly Diagnostic[];
} {
  const byHostname = new Map<string, { readonly text: string; readonly filters: readonly Filter[] }>();
  const diagnostics = new Map<string, Diagnostic>();
  const written = served.filter(({ ingress }) => snippetOf(ingress) !== "");
  for (const { ingress, filters } of written.sort((a, b) => byIngressAge(a.ingress, b.ingress))) {
    const { namespace, name } = ingress.metadata;
    for (const hostname of new Set(ingress.body.rules.map(({ host }) => hostnameOf(host)))) {
      const used = byHostname.get(hostname);
      const text = snippetOf(ingress);
      if (used === undefined) byHostname.set(hostname, { text, filters: filters.filter(isOfServer) });
      else if (used.text !== text) {
        const says = `Ingress ${namespace}/${name}: ${SNIPPET} is passed over for ${hostname}: an older Ingress gives that host another one`;
        const at = ingress.locate(["metadata", "annotations", PREFIX + SNIPPET], "key");
        diagnostics.set(says, diagnose("EI4040", at, says));
      }
    }
  }
  return {
    byHostname: new Map(
      [...byHostname].map(([hostname, { text, filters }]) => [hostname, { filters, contentType: serverType(text) }]),
    ),
    diagnostics: [...diagnostics.values()],
  };
}

function snippetOf({ metadata }: ServedResource): string {
  return metadata.annotations[PREFIX + SNIPPET]?.trim() ?? "";
}
