/**
 * Stand-ins for the platform's Headers, Request and Response, with as much of them as the edge uses between a rule and
 * its cluster. Node's own are right in every respect, and take half as long again as all the rest of a simulation.
 * Names of headers are expected in lower case.
 */

type Named = Readonly<Record<string, string>> | PlainHeaders;

export class PlainHeaders {
  readonly #values: Record<string, string>;

  constructor(init: Named = {}) {
    this.#values = init instanceof PlainHeaders ? { ...init.#values } : { ...init };
  }

  get(name: string): string | null {
    return this.#values[name] ?? null;
  }

  has(name: string): boolean {
    return name in this.#values;
  }

  set(name: string, value: string): void {
    this.#values[name] = value;
  }

  append(name: string, value: string): void {
    const before = this.#values[name];
    this.#values[name] = before === undefined ? value : `${before}, ${value}`;
  }

  delete(name: string): void {
    delete this.#values[name];
  }

  keys(): Iterable<string> {
    return Object.keys(this.#values);
  }
}

interface RequestInit {
  readonly method?: string;
  readonly headers?: Named;
  readonly body?: unknown;
  readonly cf?: unknown;
}

export class PlainRequest {
  readonly url: string;
  readonly method: string;
  readonly headers: PlainHeaders;
  readonly body: unknown;
  readonly cf: unknown;

  constructor(url: string, { method = "GET", headers, body = null, cf }: RequestInit) {
    this.url = url;
    this.method = method;
    this.headers = new PlainHeaders(headers);
    this.body = body;
    this.cf = cf;
  }
}

interface ResponseInit {
  readonly status?: number;
  readonly headers?: Named;
}

/** Its body is nothing, or the value that it was made of as JSON. */
export class PlainResponse {
  readonly status: number;
  readonly headers: PlainHeaders;
  readonly body = null;
  readonly #value: unknown;

  constructor(body: unknown, { status = 200, headers }: ResponseInit = {}) {
    this.#value = body;
    this.status = status;
    this.headers = new PlainHeaders(headers);
  }

  static json(value: unknown, init?: ResponseInit): PlainResponse {
    return new PlainResponse(value, init);
  }

  async json(): Promise<unknown> {
    return this.#value;
  }
}
