import type { Unreadable } from "../../../resources/templates.ts";
import { type AnnotationFamily, type AnnotationReading, FALSE, type FamilyReading, TRUE } from "./entry.ts";
import { FamilyValues } from "./family-values.ts";

function parseUseRegex(value: string): AnnotationReading {
  if (!TRUE.includes(value)) return { ok: false, problem: "is neither true nor false" };
  return { ok: true, effect: { useRegex: true }, remarks: [] };
}

/** RegexPathWithCapture in kubernetes/ingress-nginx:internal/ingress/annotations/parser/validators.go. */
const PATH_WITH_GROUPS = /^\/?[-._~A-Za-z0-9/:$]*$/;

function pathWithGroups(value: string): string | Unreadable {
  if (!PATH_WITH_GROUPS.test(value)) {
    return {
      problem:
        "has a character that ingress-nginx does not take: letters, digits, `-._~/:` and `$1` to `$9` may be in it",
    };
  }
  return /\$(?![1-9])/.test(value) ? { problem: "names a variable other than `$1` to `$9`", ofEdge: true } : value;
}

function settle(written: ReadonlyMap<string, string>): FamilyReading {
  const values = new FamilyValues(written);
  const template = values.get("rewrite-target", pathWithGroups);
  const forwardedPrefix = values.get("x-forwarded-prefix", pathWithGroups) ?? "";
  if (forwardedPrefix !== "" && (written.get("rewrite-target") ?? "") === "") {
    values.remark("x-forwarded-prefix", "adds nothing without rewrite-target, as in ingress-nginx");
  }
  const filters: FamilyReading["filters"] =
    template === null || !values.isSound
      ? []
      : [{ name: "rewrite-target", filter: { type: "PathRewrite", template, forwardedPrefix, besidesIngress: true } }];
  return { settings: [], filters, findings: values.findings };
}

export const matching: AnnotationFamily = {
  title: "Matching and rewriting",
  settle,
  entries: [
    {
      name: "use-regex",
      class: "E",
      guards: false,
      summary: "Reads all paths of the host, of every Ingress, as case-insensitive regular expressions.",
      inert: FALSE,
      read: { does: "honoured: see [Patterns](normalisation.md#patterns)", parse: parseUseRegex },
    },
    {
      name: "rewrite-target",
      class: "E",
      guards: false,
      summary: "Replaces the path before forwarding, with captures; turns the whole host to regular expressions.",
      together:
        "honoured towards Services, left to the cluster's own ingress elsewhere: see [Rewriting](normalisation.md#rewriting)",
    },
    {
      name: "enable-rewrite-log",
      class: "C",
      guards: false,
      summary: "Writes rewrites to the error log.",
    },
    {
      name: "x-forwarded-prefix",
      class: "E",
      guards: false,
      summary: "Sends `X-Forwarded-Prefix` to the backend where `rewrite-target` changed the path.",
      together: "honoured with `rewrite-target`",
    },
  ],
};
