import { withoutCookies } from "../cookies.ts";

/** Changes to the headers of a message, collected by stages and made in one go. The last change of a name counts. */
export class HeaderEdits {
  readonly #set = new Map<string, string | null>();
  readonly #appended: [name: string, value: string][] = [];
  readonly #withheldCookies = new Set<string>();

  /** Takes the place of whatever the message has under that name. */
  set(name: string, value: string): void {
    this.#set.set(name.toLowerCase(), value);
  }

  remove(name: string): void {
    this.#set.set(name.toLowerCase(), null);
  }

  /** Besides what the message has: for Set-Cookie. */
  append(name: string, value: string): void {
    this.#appended.push([name, value]);
  }

  /** Takes one cookie out of Cookie, and leaves the others. */
  removeCookie(name: string): void {
    this.#withheldCookies.add(name);
  }

  applyTo(headers: Headers): void {
    for (const [name, value] of this.#set) {
      if (value === null) headers.delete(name);
      else headers.set(name, value);
    }
    for (const [name, value] of this.#appended) headers.append(name, value);
    const cookies = this.#withheldCookies.size === 0 ? null : headers.get("cookie");
    if (cookies === null) return;
    const left = withoutCookies(cookies, this.#withheldCookies);
    if (left === null) headers.delete("cookie");
    else headers.set("cookie", left);
  }
}
