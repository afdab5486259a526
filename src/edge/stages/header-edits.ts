import { withoutCookies } from "../cookies.ts";

/** Changes to the headers of a message, collected by stages and made in one go. The last change of a name counts. */
export class HeaderEdits {
  readonly #set = new Map<string, string | null>();
  readonly #appended: { name: string; value: string; onlyWith: ReadonlySet<number> | null }[] = [];
  readonly #withheldCookies = new Set<string>();

  /** Takes the place of whatever the message has under that name. */
  set(name: string, value: string): void {
    this.#set.set(name.toLowerCase(), value);
  }

  remove(name: string): void {
    this.#set.set(name.toLowerCase(), null);
  }

  /** Besides what the message has: for Set-Cookie. `onlyWith`: the statuses of answers that get it; null: all. */
  append(name: string, value: string, onlyWith: ReadonlySet<number> | null = null): void {
    this.#appended.push({ name, value, onlyWith });
  }

  /** Takes one cookie out of Cookie, and leaves the others. */
  removeCookie(name: string): void {
    this.#withheldCookies.add(name);
  }

  /** `status`: of an answer; 0 for a request. */
  applyTo(headers: Headers, status = 0): void {
    for (const [name, value] of this.#set) {
      if (value === null) headers.delete(name);
      else headers.set(name, value);
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
