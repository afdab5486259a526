import * as http from "node:http";
import * as https from "node:https";
import { setTimeout as pause } from "node:timers/promises";
import type { KubeConfig } from "@kubernetes/client-node";
import { isMapping } from "../../compiler/resources/schema.ts";

/** An object as the API server gave it. */
export type KubeObject = Readonly<Record<string, unknown>>;

/** What an API server said instead of what it was asked for. `status` is 0 where it said nothing. */
export class ApiError extends Error {
  readonly status: number;
  constructor(status: number, message: string) {
    super(message);
    this.status = status;
  }
}

/** Objects a page. client-go's pager asks for as many. */
const PAGE = 500;

/** Milliseconds for one answer. */
const PATIENCE = 30_000;

/** How often a busy server is asked again, and the seconds that are waited for at most between. */
const MOST_TRIES = 4;
const MOST_WAIT = 10;

/** Asks the API server of a kubeconfig's current context. All its ways to authenticate are those of the Kubernetes client. */
export class KubeApi {
  readonly #config: KubeConfig;
  readonly #server: string;

  constructor(config: KubeConfig) {
    this.#config = config;
    this.#server = config.getCurrentCluster()?.server.replace(/\/+$/, "") ?? "";
  }

  /**
   * All objects of a collection, page by page; `path` is absolute, its query included. Throws `ApiError`. A list that expires
   * between two pages (410) begins again, so that what is given was true at one time.
   */
  async list(path: string, { accept = "application/json" } = {}): Promise<readonly KubeObject[]> {
    for (let tries = 1; ; tries++) {
      try {
        return await this.#pages(path, accept);
      } catch (error) {
        if (!(error instanceof ApiError) || error.status !== 410 || tries === MOST_TRIES) throw error;
      }
    }
  }

  /** The version of a collection as it is now: a watch from there on misses nothing. Throws `ApiError`. */
  async version(path: string): Promise<string> {
    const { metadata } = await this.#ask(`${path}${path.includes("?") ? "&" : "?"}limit=1`, "application/json");
    const version = isMapping(metadata) ? metadata.resourceVersion : undefined;
    if (typeof version === "string" && version !== "") return version;
    throw new ApiError(0, `${path} has no resourceVersion`);
  }

  /** One object. Throws `ApiError`. */
  async get(path: string): Promise<KubeObject> {
    return this.#ask(path, "application/json");
  }

  async #pages(path: string, accept: string): Promise<readonly KubeObject[]> {
    const objects: KubeObject[] = [];
    let next = "";
    do {
      const query = new URLSearchParams({ limit: `${PAGE}`, ...(next !== "" && { continue: next }) });
      const page = await this.#ask(`${path}${path.includes("?") ? "&" : "?"}${query}`, accept);
      const { items, apiVersion, kind, metadata } = page;
      if (!Array.isArray(items)) throw new ApiError(0, `${path} is no list`);
      // The items of a list leave out what its head says of them all.
      const common = { apiVersion, kind: typeof kind === "string" ? kind.replace(/List$/, "") : kind };
      for (const item of items) if (isMapping(item)) objects.push({ ...common, ...item });
      next = isMapping(metadata) && typeof metadata.continue === "string" ? metadata.continue : "";
    } while (next !== "");
    return objects;
  }

  async #ask(path: string, accept: string): Promise<KubeObject> {
    for (let tries = 1; ; tries++) {
      const { status, text, retryAfter } = await this.#exchange(path, accept);
      const isBusy = status === 429 || status === 503;
      if (isBusy && tries < MOST_TRIES) {
        await pause(Math.min(retryAfter, MOST_WAIT) * 1000);
        continue;
      }
      const body = parse(text);
      if (status === 200 && body !== null) return body;
      const said = typeof body?.message === "string" ? body.message : text.slice(0, 200).trim();
      throw new ApiError(status, `${status}${said === "" ? "" : `: ${said}`}`);
    }
  }

  async #exchange(path: string, accept: string): Promise<{ status: number; text: string; retryAfter: number }> {
    const options: https.RequestOptions = { headers: { accept } };
    await this.#config.applyToHTTPSOptions(options);
    const url = `${this.#server}${path}`;
    return new Promise((resolve, reject) => {
      const failed = (error: Error) => reject(new ApiError(0, error.message || String(error)));
      const request = (url.startsWith("https:") ? https : http).get(url, options, (answer) => {
        let text = "";
        answer.setEncoding("utf8");
        answer.on("data", (chunk: string) => {
          text += chunk;
        });
        answer.on("error", failed);
        answer.on("end", () => {
          const retryAfter = Number(answer.headers["retry-after"] ?? 1);
          resolve({ status: answer.statusCode ?? 0, text, retryAfter: Number.isFinite(retryAfter) ? retryAfter : 1 });
        });
      });
      request.setTimeout(PATIENCE, () => request.destroy(new Error(`no answer for ${PATIENCE / 1000} s`)));
      request.on("error", failed);
    });
  }
}

function parse(text: string): KubeObject | null {
  try {
    const value: unknown = JSON.parse(text);
    return isMapping(value) ? value : null;
  } catch {
    return null;
  }
}
