import type { Endpoint } from "../../table/model.ts";
import { withoutCookies } from "../cookies.ts";

/** Where a message goes, or comes from, as far as changes depend on it. */
export interface Recipient {
  /** Of an answer; 0 for a request. */
  readonly status?: number;
  /** Of the endpoint that a request goes to, or that an answer comes from. */
  readonly mode?: Endpoint["mode"];
}

/** Changes to the headers of a message, collected by stages and made in one go. The last change of a name counts. */
export class HeaderEdits {
  readonly #set = new Map<string, { value: string | null; towards: Endpoint["mode"] | null }>();
  readonly #appended: {
    name: string;
    value: string;
    onlyWith: ReadonlySet<number> | null;
    towards: Endpoint["mode"] | null;
  }[] = [];
  readonly #withheldCookies = new Set<string>();

  /** Takes the place of whatever the message has under that name. `towards`: as for `remove`. */
  set(name: string, value: string, towards: Endpoint["mode"] | null = null): void {
    this.#set.set(name.toLowerCase(), { value, towards });
  }

  /** `towards`: the mode of the endpoints that get the message without it, or whose answers lose it; null: all. */
  remove(name: string, towards: Endpoint["mode"] | null = null): void {
    this.#set.set(name.toLowerCase(), { value: null, towards });
  }

  /** Besides what the message has: for Set-Cookie. `onlyWith`: the statuses of answers that get it; null: all. */
  append(
    name: string,
    value: string,
    onlyWith: ReadonlySet<number> | null = null,
    towards: Endpoint["mode"] | null = null,
  ): void {
    this.#appended.push({ name, value, onlyWith, towards });
  }

  /** Takes one cookie out of Cookie, and leaves the others. */
  removeCookie(name: string): void {
    this.#withheldCookies.add(name);
  }

  /** What a message to an endpoint of that mode loses by them, in the place of what it would get instead too. */
  removalsFor(mode: Endpoint["mode"]): HeaderEdits {
    const removals = new HeaderEdits();
    for (const [name, { towards }] of this.#set) if (towards === null || towards === mode) removals.remove(name);
    for (const name of this.#withheldCookies) removals.removeCookie(name);
    return removals;
  }

  applyTo(headers: Headers, { status = 0, mode }: Recipient = {}): void {
    for (const [name, { value, towards }] of this.#set) {
      if (towards !== null && towards !== mode) continue;
      if (value === null) headers.delete(name);
      else headers.set(name, value);
    }
    for (const { name, value, onlyWith, towards } of this.#appended) {
      if (towards !== null && towards !== mode) continue;
      if (onlyWith === null || onlyWith.has(status)) headers.append(name, value);
    }
    const cookies = this.#withheldCookies.size === 0 ? null : headers.get("cookie");
    if (cookies === null) return;
    const left = withoutCookies(cookies, this.#withheldCookies);
    if (left === null) headers.delete("cookie");
    else headers.set("cookie", left);
  }
}
