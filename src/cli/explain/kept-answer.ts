import { createHash } from "node:crypto";
import { serialize } from "node:v8";
import {
  type CompileOptions,
  type CompileOutput,
  type ExplainedReport,
  explainedReport,
  type FileSystem,
  type FileTrace,
  isUnchanged,
} from "../../compiler/index.ts";
import { build } from "../build.ts";
import { cacheDirectory } from "../cache-directory.ts";
import { AnswerFiles } from "./answer-files.ts";

/** All that the compile for a host depends on, besides what files hold. */
export interface Asked {
  readonly paths: readonly string[];
  readonly options: CompileOptions;
  readonly host: string;
}

/** What explanations of a host's requests are made of. */
export interface Answer {
  readonly table: Uint8Array<ArrayBuffer>;
  readonly report: ExplainedReport;
}

/** As JSON, after a line with its checksum. */
interface Written {
  readonly trace: FileTrace;
  /** In base64. */
  readonly table: string;
  readonly report: ExplainedReport;
}

/**
 * What an earlier compile came to for a host, kept on disk with a trace of all that it was told of files. The compiler is a
 * function of its options and of that alone; so the answer holds as long as the files answer the same.
 */
export class KeptAnswer {
  readonly #files: AnswerFiles;
  readonly #key: string;

  private constructor(files: AnswerFiles, key: string) {
    this.#files = files;
    this.#key = key;
  }

  /** Null where nothing is to be kept or found. */
  static for(asked: Asked): KeptAnswer | null {
    if (build === null) return null;
    const path = cacheDirectory();
    return path === null ? null : new KeptAnswer(new AnswerFiles(path), keyOf(asked, build));
  }

  /** Null where there is none, where it is broken, or where files are not what they were. */
  find(fs: FileSystem): Answer | null {
    try {
      const written = this.#read();
      if (written === null || !isUnchanged(written.trace, fs)) return null;
      this.#tellOfUse();
      return { table: new Uint8Array(Buffer.from(written.table, "base64")), report: written.report };
    } catch {
      return null;
    }
  }

  /** Where it can't be written, the next one who asks has to compile as this one did. */
  keep({ table, report }: Pick<CompileOutput, "table" | "report">, trace: FileTrace): void {
    try {
      const written: Written = {
        trace,
        table: Buffer.from(table).toString("base64"),
        report: explainedReport(report),
      };
      const text = Buffer.from(JSON.stringify(written));
      this.#files.write(this.#key, Buffer.concat([Buffer.from(`${this.#checksum(text)}\n`), text]));
    } catch {
      return;
    }
  }

  /** Of a directory that can only be read it is of use all the same. */
  #tellOfUse(): void {
    try {
      this.#files.touch(this.#key);
    } catch {
      return;
    }
  }

  #read(): Written | null {
    const bytes = this.#files.read(this.#key);
    const end = bytes.indexOf("\n");
    const text = bytes.subarray(end + 1);
    if (bytes.toString("latin1", 0, Math.max(end, 0)) !== this.#checksum(text)) return null;
    return JSON.parse(text.toString()) as Written;
  }

  /** With the key: the file of another question is none of this one, whatever its name. */
  #checksum(text: Uint8Array): string {
    return createHash("sha256").update(`${this.#key}\n`).update(text).digest("hex");
  }
}

/** Of all options that are data, those too that are yet to come; what is none can't be serialised. */
function keyOf({ paths, options: { fs: _, readStdin: __, ...data }, host }: Asked, program: string): string {
  const { versions, platform, arch } = process;
  return createHash("sha256")
    .update(serialize([program, { ...versions }, platform, arch, paths, data, host]))
    .digest("hex");
}
