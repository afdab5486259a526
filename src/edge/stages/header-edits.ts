import type { Endpoint } from "../../table/model.ts";
import { withoutCookies } from "../cookies.ts";

/** Where a message goes, as far as changes depend on it. */
export interface Recipient {
  /** Of an answer; 0 for a request. */
  readonly status?: number;
  /** Of the endpoint that a request goes to. */
  readonly mode?: Endpoint["mode"];
}

/** Changes to the headers of a message, collected by stages and made in one go. The last change of a name counts. */
export class HeaderEdits {
  readonly #set = new Map<string, { value: string | null; towards: Endpoint["mode"] | null }>();
  readonly #appended: { name: string; value: string; onlyWith: ReadonlySet<number> | null }[] = [];
  readonly #withheldCookies = new Set<string>();

  /** Takes the place of whatever the message has under that name. */
  set(name: string, value: string): void {
    this.#set.set(name.toLowerCase(), { value, towards: null });
  }

  /** `towards`: the mode of the endpoints that get the message without it; null: all. */
  remove(name: string, towards: Endpoint["mode"] | null = null): void {
    this.#set.set(name.toLowerCase(), { value: null, towards });
  }

  /** Besides what the message has: for Set-Cookie. `onlyWith`: the statuses of answers that get it; null: all. */
  append(name: string, value: string, onlyWith: ReadonlySet<number> | null = null): void {
    this.#appended.push({ name, value, onlyWith });
  }

  /** Takes one cookie out of Cookie, and leaves the others. */
  removeCookie(name: string): void {
    this.#withheldCookies.add(name);
  }

  applyTo(headers: Headers, { status = 0, mode }: Recipient = {}): void {
    for (const [name, { value, towards }] of this.#set) {
      if (value !== null) headers.set(name, value);
      else if (towards === null || towards === mode) headers.delete(name);
    }
    for (const { name, value, onlyWith } of this.#appended) {
      if (onlyWith === null || onlyWith.has(status)) headers.append(name, value);
    }
    const cookies = this.#withheldCookies.size === 0 ? null : headers.get("cookie");
    if (cookies === null) return;
    const left = withoutCookies(cookies, this.#withheldCookies);
    if (left === null) headers.delete("cookie");
    else headers.set("cookie", left);
  }
}
