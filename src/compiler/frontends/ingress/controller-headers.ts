import type { HeaderChange, HeaderModifier } from "../../../table/policies/header-modifier.ts";
import { byText } from "../../by-text.ts";
import type { Diagnostic } from "../../diagnostics/diagnostic.ts";
import { diagnose } from "../../diagnostics/report.ts";
import type { HeaderModifierFilter } from "../../ir/filters/header-modifier.ts";
import { settableHeader } from "../../resources/external-auth.ts";
import type { ConfigMapBody, Resource, ResourceSet } from "../../resources/resource.ts";
import { isUnreadable, parseTemplate } from "../../resources/templates.ts";
import { TRUE } from "./annotations/entry.ts";
import { type ControllerEntry, controllerEntry } from "./controller-config-map.ts";

export interface ControllerHeaders {
  /** Of every rule of the dialect; annotations come after them. */
  readonly filters: readonly HeaderModifierFilter[];
  readonly diagnostics: readonly Diagnostic[];
}

const REQUEST = "proxy-set-headers";
const RESPONSE = "add-headers";
const ORIGINAL_URI = "proxy-add-original-uri-header";

/** Headers that the controller's ConfigMap sets on all requests to Services and on all answers. */
export function readControllerHeaders(resources: Pick<ResourceSet, "configMaps">): ControllerHeaders {
  const diagnostics: Diagnostic[] = [];
  const changesOf = (key: string, toService: boolean): HeaderModifier => {
    const entry = controllerEntry(resources, key);
    if (entry === null) return [];
    const read = headersOf(entry, resources, toService);
    for (const says of read.problems) {
      diagnostics.push(diagnose("EI4021", entry.at, `${entry.from}: ${key} ${says}`));
    }
    return read.changes;
  };
  const uri = controllerEntry(resources, ORIGINAL_URI);
  const original =
    uri !== null && TRUE.includes(uri.value)
      ? [setting("X-Original-URI", [{ type: "request_uri", value: "" }], true)]
      : [];
  const filters = [
    filterOf("RequestHeaderModifier", uri, original),
    filterOf("RequestHeaderModifier", controllerEntry(resources, REQUEST), changesOf(REQUEST, true)),
    filterOf("ResponseHeaderModifier", controllerEntry(resources, RESPONSE), changesOf(RESPONSE, false)),
  ];
  return { filters: filters.filter((filter) => filter !== null), diagnostics };
}

function filterOf(
  type: HeaderModifierFilter["type"],
  entry: ControllerEntry | null,
  changes: HeaderModifier,
): HeaderModifierFilter | null {
  if (entry === null || changes.length === 0) return null;
  const { key, from, at } = entry;
  return { type, changes, from: `${key} of ${from}`, at, besidesIngress: type === "RequestHeaderModifier" };
}

/** `problems` end sentences that begin with the key, and show no value. */
function headersOf(
  { value }: ControllerEntry,
  { configMaps }: Pick<ResourceSet, "configMaps">,
  toService: boolean,
): { readonly changes: HeaderModifier; readonly problems: readonly string[] } {
  const found = configMaps.find((each) => `${each.metadata.namespace}/${each.metadata.name}` === value);
  if (found === undefined) {
    return { changes: [], problems: ["is not honoured: it names a ConfigMap that is not among the manifests"] };
  }
  const changes: HeaderChange[] = [];
  const problems: string[] = [];
  for (const [name, text] of written(found)) {
    const template = parseTemplate(text);
    const reason = settableHeader(name) ?? (isUnreadable(template) ? template.problem : null);
    if (reason !== null) problems.push(`is honoured but for ${name}, which ${reason}`);
    else if (!isUnreadable(template)) changes.push(setting(name, template, toService));
  }
  return { changes, problems };
}

function written({ body }: Resource<ConfigMapBody>): (readonly [name: string, value: string])[] {
  return Object.entries(body.data).sort(([a], [b]) => byText(a, b));
}

/** A header without a value is none, to nginx as to headers-more. */
function setting(name: string, value: HeaderChange["value"], besidesIngress: boolean): HeaderChange {
  const action = value.length === 0 ? "remove" : "set";
  return { action, name, value, besidesIngress, onlySuccess: false };
}
