import type { Ingress } from "./manifests.ts";

const PREFIX = "nginx.ingress.kubernetes.io/";

/** The annotations of one Ingress, read as internal/ingress/annotations/parser does. */
export class Annotations {
  readonly #values: Readonly<Record<string, string>>;

  constructor({ metadata }: Ingress) {
    this.#values = metadata.annotations ?? {};
  }

  /** Undefined where it is not there or does not pass the validation, which may leave spaces out of account. */
  text(name: string, valid = /(?:)/, spaces: "count" | "" = "count"): string | undefined {
    const value = this.#values[PREFIX + name]
      ?.split("\n")
      .map((line) => line.trim())
      .join("\n");
    return value === undefined || value === "" || !valid.test(spaces === "" ? value.replaceAll(" ", "") : value)
      ? undefined
      : value;
  }

  boolean(name: string, otherwise = false): boolean {
    const value = this.text(name, /^(?:[01tTfF]|true|TRUE|True|false|FALSE|False)$/);
    return value === undefined ? otherwise : /^[1tT]/.test(value);
  }

  integer(name: string): number | undefined {
    const value = this.text(name, /^[+-]?\d+$/);
    return value === undefined ? undefined : Number(value);
  }

  list(name: string): readonly string[] {
    const parts = (this.text(name) ?? "").split(",").map((part) => part.trim());
    return parts.filter((part) => part !== "");
  }
}

/** What stands in a path or a template (parser/validators.go, RegexPathWithCapture). */
export const PATH_WITH_CAPTURES = /^\/?[-._~a-zA-Z0-9/:$]*$/;

export interface CorsConfig {
  /** `*` alone, or the origins that pass. */
  readonly origins: readonly string[];
  readonly credentials: boolean;
  readonly methods: string;
  readonly headers: string;
  readonly expose: string;
  readonly maxAge: number;
}

/** annotations/cors/main.go; null where it is off. */
export function corsOf(annotations: Annotations): CorsConfig | null {
  if (!annotations.boolean("enable-cors")) return null;
  const written = annotations.text(
    "cors-allow-origin",
    /^((((([a-z]+:\/\/)?(\*\.)?[A-Za-z0-9\-.]*(:\d+)?,?)|null)+)|\*)?$/,
    "",
  );
  const list = (written ?? "*").split(",").map((origin) => origin.trim());
  const valid = list.filter((origin) => /^([a-z]+:\/\/(\*\.)?[A-Za-z0-9\-.]*(:\d+)?|\*|null)$/.test(origin));
  return {
    origins: valid.includes("*") ? ["*"] : valid,
    credentials: annotations.boolean("cors-allow-credentials", true),
    methods: annotations.text("cors-allow-methods", /^([A-Za-z]+,?\s?)+$/) ?? "GET, PUT, POST, DELETE, PATCH, OPTIONS",
    headers:
      annotations.text("cors-allow-headers", /^[A-Za-z0-9\-_*, ]+$/) ??
      "DNT,Keep-Alive,User-Agent,X-Requested-With,If-Modified-Since,Cache-Control,Content-Type,Range,Authorization",
    expose: annotations.text("cors-expose-headers", /^(([A-Za-z0-9\-_]+|\*),?\s?)+$/) ?? "",
    maxAge: annotations.integer("cors-max-age") ?? 1728000,
  };
}

/** annotations/redirect/redirect.go; null where there is none. */
export function redirectOf(annotations: Annotations): { readonly url: string; readonly code: number } | null {
  const temporal = annotations.text("temporal-redirect");
  if (temporal !== undefined) {
    const code = annotations.integer("temporal-redirect-code") ?? 0;
    return /^http/.test(temporal) ? { url: temporal, code: code < 300 || code > 307 ? 302 : code } : null;
  }
  const permanent = annotations.text("permanent-redirect");
  if (permanent === undefined) return null;
  const code = annotations.integer("permanent-redirect-code") ?? 0;
  return { url: permanent, code: code < 300 || code > 308 ? 301 : code };
}

/** annotations/rewrite/main.go. */
export function appRootOf(annotations: Annotations): string | undefined {
  const root = annotations.text("app-root", PATH_WITH_CAPTURES);
  return root?.startsWith("/") === true ? root : undefined;
}

export interface Canary {
  readonly header: string;
  readonly headerValue: string;
  readonly headerPattern: string;
  readonly cookie: string;
  readonly weight: number;
}

/** annotations/canary/main.go; null where it is off. */
export function canaryOf(annotations: Annotations): Canary | null {
  if (!annotations.boolean("canary")) return null;
  const basic = /^[-A-Za-z0-9_/ ]*$/;
  return {
    header: annotations.text("canary-by-header", basic) ?? "",
    headerValue: annotations.text("canary-by-header-value", basic) ?? "",
    headerPattern: annotations.text("canary-by-header-pattern") ?? "",
    cookie: annotations.text("canary-by-cookie", basic) ?? "",
    weight: annotations.integer("canary-weight") ?? 0,
  };
}
