import { HASH_BYTES, HASH_OFFSET, widerName } from "../table/layout.ts";
import type { CompileOutput, MadeTable } from "./compile.ts";
import type { Allowed } from "./diagnostics/allowances.ts";
import type { Diagnostic } from "./diagnostics/diagnostic.ts";
import type { Router } from "./ir/router.ts";
import { buildReport } from "./report.ts";
import type { UsedSecret } from "./secrets/resolve.ts";
import { encodeTable } from "./table/encode.ts";

/** What a compile without errors comes to, made when it is asked for: `check` of ten thousand Ingresses needs none of it. */
export class LateOutput implements CompileOutput {
  readonly secrets: readonly UsedSecret[];
  readonly #routerOf: () => Router;
  readonly #made: (router: Router) => MadeTable;
  #router: Router | null = null;
  #whole: MadeTable | null = null;

  constructor(
    routerOf: () => Router,
    secrets: readonly UsedSecret[],
    diagnostics: readonly Diagnostic[],
    allowed: readonly Allowed[],
  ) {
    this.secrets = secrets;
    this.#routerOf = routerOf;
    this.#made = (router) => new LateTable(router, secrets, diagnostics, allowed);
  }

  get router(): Router {
    this.#router ??= this.#routerOf();
    return this.#router;
  }

  get table(): MadeTable["table"] {
    return this.#all().table;
  }

  get report(): MadeTable["report"] {
    return this.#all().report;
  }

  forHost(name: string): MadeTable {
    const asked = new Set<string>();
    for (let each: string | null = name; each !== null; each = widerName(each)) asked.add(each);
    return this.only((hostname) => asked.has(hostname));
  }

  only(keeps: (hostname: string) => boolean): MadeTable {
    return this.#made({ ...this.router, hosts: this.router.hosts.filter(({ hostname }) => keeps(hostname)) });
  }

  #all(): MadeTable {
    this.#whole ??= this.#made(this.router);
    return this.#whole;
  }
}

class LateTable implements MadeTable {
  readonly #router: Router;
  readonly #secrets: readonly UsedSecret[];
  readonly #diagnostics: readonly Diagnostic[];
  readonly #allowed: readonly Allowed[];
  #table: MadeTable["table"] | null = null;
  #report: MadeTable["report"] | null = null;

  constructor(
    router: Router,
    secrets: readonly UsedSecret[],
    diagnostics: readonly Diagnostic[],
    allowed: readonly Allowed[],
  ) {
    this.#router = router;
    this.#secrets = secrets;
    this.#diagnostics = diagnostics;
    this.#allowed = allowed;
  }

  get table(): MadeTable["table"] {
    this.#table ??= encodeTable(this.#router);
    return this.#table;
  }

  get report(): MadeTable["report"] {
    this.#report ??= this.#reported();
    return this.#report;
  }

  #reported(): MadeTable["report"] {
    const contentHash = Buffer.from(this.table.subarray(HASH_OFFSET, HASH_OFFSET + HASH_BYTES)).toString("hex");
    return buildReport(
      this.#router,
      { contentHash, bytes: this.table.length },
      this.#secrets,
      this.#diagnostics,
      this.#allowed,
    );
  }
}
