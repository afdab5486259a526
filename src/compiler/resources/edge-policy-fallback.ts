import * as z from "zod";
import type { Fallback } from "../../table/policies/fallback.ts";
import { between, exactly, type Fields, formed, integer, type Report } from "./schema.ts";

const MOST_BYTES = 64 * 1024;

/** RFC 9110, 8.3.1: a type, a subtype and parameters; nothing that could end the header. */
const mediaType = (text: string) =>
  /^[\w!#$&^.+-]+\/[\w!#$&^.+-]+(\s*;[ !-~]*)?$/.test(text)
    ? null
    : "must be a media type, as in text/html; charset=utf-8";

/** A body makes no sense with these: RFC 9110, 15.3.5, 15.3.6. */
const WITHOUT_BODY: readonly unknown[] = [204, 205];

/** `spec.fallback` of an EdgePolicy. */
export const fallback = exactly({
  status: integer(200, 599, "EI1233", "the status").nullish(),
  contentType: z
    .string()
    .check(formed("EI1237", "the content type", mediaType))
    .nullish(),
  body: z
    .string()
    .check(formed("EI1237", "the body", withinLimit, { hideValues: true }))
    .nullish(),
})
  .check(between(bodyFitsStatus))
  .transform(
    ({ status, contentType, body }): Fallback => ({
      status: status ?? 503,
      contentType: contentType ?? "text/plain; charset=utf-8",
      body: body ?? "",
    }),
  );

function withinLimit(text: string): string | null {
  const bytes = Buffer.byteLength(text);
  return bytes > MOST_BYTES ? `must take at most ${MOST_BYTES} bytes, not ${bytes}` : null;
}

function bodyFitsStatus({ status, body }: Fields, report: Report): void {
  if (typeof status === "number" && status >= 300 && status < 400) {
    const message = `the status ${status} leads elsewhere, and a fallback has no Location to say where`;
    report({ code: "EI1239", message, path: ["status"] });
  } else if (WITHOUT_BODY.includes(status) && typeof body === "string" && body !== "") {
    report({ code: "EI1239", message: `an answer of status ${status} has no body`, path: ["body"], part: "key" });
  }
}
