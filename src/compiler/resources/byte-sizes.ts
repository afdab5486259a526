import * as z from "zod";
import { quote, reportTo } from "./schema.ts";

/** The suffixes of Kubernetes' quantities that a body can have. */
const BYTES: Readonly<Record<string, number>> = {
  "": 1,
  k: 1000,
  Ki: 1024,
  M: 1_000_000,
  Mi: 1024 ** 2,
  G: 1_000_000_000,
  Gi: 1024 ** 3,
};

/** A number of bytes, at most `most`: `4096`, `64Ki`. */
export function byteSize(what: string, most: number) {
  return z.union([z.number(), z.string()]).transform((written, context): number => {
    const [, count, suffix = ""] = /^(\d+)(k|Ki|M|Mi|G|Gi)?$/.exec(String(written)) ?? [];
    const bytes = Number(count) * (BYTES[suffix] ?? 1);
    const report = reportTo(context);
    if (count === undefined) {
      const shown = typeof written === "string" ? quote(written) : written;
      report({ code: "EI1237", message: `${what} ${shown} must be a number of bytes, as in 4096 or 64Ki` });
    } else if (bytes > most) {
      report({ code: "EI1233", message: `${what} ${written} must be at most ${sizeText(most)}` });
    } else return bytes;
    return z.NEVER;
  });
}

/** Bytes as manifests write them. */
export function sizeText(bytes: number): string {
  const suffix = ["Gi", "Mi", "Ki"].find((name) => bytes !== 0 && bytes % (BYTES[name] ?? 1) === 0) ?? "";
  return `${bytes / (BYTES[suffix] ?? 1)}${suffix}`;
}
