import type { CatalogueEntry } from "../diagnostic.ts";

/** EI13xx: comments in manifests that speak to the compiler. */
export const commentCodes = {
  EI1301: {
    severity: "error",
    title: "A comment that allows something without a reason",
    why: "`# edge-ingress: allow EI5006 -- reason` takes a warning or an info out of the report's way. Whoever reads the manifest later must be able to see why, so that there is always a reason behind `--`.",
    fix: "Write the reason behind `--`.",
  },
  EI1302: {
    severity: "error",
    title: "A comment that allows an error",
    why: "An error means that something can not be served as it is written, or would be served without its guard. A comment can't change that. Only warnings and infos can be allowed; they stay in `report.json`, in the JSON of `check` and in SARIF, with the reason.",
    fix: "Correct what the error is about. Paths that may be open beside a guarded one are named by `edge-ingress.dev/unguarded-paths`.",
  },
  EI1303: {
    severity: "warning",
    title: "A comment that allows what is not reported",
    why: "The comment stands on a line, above one, or above the first line of a resource, and nothing of its code is reported there: it was put right, or the comment is in the wrong place. It would hide the next finding.",
    fix: "Delete the comment, or move it to the line that it is for.",
  },
  EI1304: {
    severity: "error",
    title: "A comment to edge-ingress that can't be read",
    why: "A comment that begins with `# edge-ingress:` and speaks of allowing something is meant for the compiler, and this one has another form, or names a code that does not exist.",
    fix: "Write `# edge-ingress: allow EI5006 -- reason`; several codes are separated by commas.",
  },
} as const satisfies Record<string, CatalogueEntry>;
