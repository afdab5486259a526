import { type GotResponse, send } from "./request.ts";

const MOST_REDIRECTS = 20;

/** What a browser does with the cookies and redirects of one host, which is on this machine, and of other origins. */
export class CookieJar {
  readonly cookies = new Map<string, string>();
  readonly #host: string;
  readonly #elsewhere = new Map<string, CookieJar>();

  constructor(host: string) {
    this.#host = host;
  }

  /** One request; `form` is sent by POST. */
  async open(
    url: string,
    headers: Readonly<Record<string, string>> = {},
    form: Readonly<Record<string, string>> | null = null,
  ): Promise<GotResponse> {
    const { hostname, host, port, pathname, search, protocol } = new URL(url);
    if (hostname !== this.#host) return this.#jarOf(hostname).open(url, headers, form);
    const cookie = [...this.cookies].map(([name, value]) => `${name}=${value}`).join("; ");
    const type = { "content-type": "application/x-www-form-urlencoded" };
    const response = await send({
      port: Number(port),
      host: hostname,
      path: pathname + search,
      https: protocol === "https:",
      headers: {
        ...headers,
        host,
        ...(form !== null && type),
        ...(cookie !== "" && { cookie: [cookie, headers.cookie].filter(Boolean).join("; ") }),
      },
      ...(form !== null && { method: "POST", body: new URLSearchParams(form).toString() }),
    });
    for (const written of response.headers["set-cookie"] ?? []) {
      const [, name = "", value = "", attributes = ""] = /^([^=]+)=([^;]*)(.*)$/.exec(written) ?? [];
      const expires = /expires=([^;]+)/i.exec(attributes)?.[1];
      const isOver = /max-age=0/i.test(attributes) || (expires !== undefined && Date.parse(expires) <= Date.now());
      if (isOver) this.cookies.delete(name);
      else this.cookies.set(name, value);
    }
    return response;
  }

  /** Goes where it is led; `trail` are the URLs on the way. */
  async follow(
    url: string,
    headers: Readonly<Record<string, string>> = {},
    form: Readonly<Record<string, string>> | null = null,
  ): Promise<GotResponse & { readonly trail: readonly string[] }> {
    const trail = [url];
    let response = await this.open(url, headers, form);
    while (response.status >= 300 && response.status < 400 && trail.length < MOST_REDIRECTS) {
      const next = new URL(response.headers.location ?? "", trail.at(-1)).href;
      trail.push(next);
      response = await this.open(next, headers);
    }
    return { ...response, trail };
  }

  #jarOf(host: string): CookieJar {
    const jar = this.#elsewhere.get(host) ?? new CookieJar(host);
    this.#elsewhere.set(host, jar);
    return jar;
  }
}
