import type { Asked } from "../../table/expand.ts";
import type { RequestView } from "../../table/match.ts";
import type { RequestTarget } from "../../table/target.ts";

/** Thrown where a line looks at something of a request that nobody has told. */
export class Untold extends Error {
  /** As part of a sentence. */
  readonly about: string;

  constructor(about: string) {
    super(about);
    this.about = about;
  }
}

/** A request as a command or a test tells it. A header that is not told is not sent. */
export interface ToldRequest {
  readonly method: string;
  readonly headers: readonly (readonly [name: string, value: string])[];
  /** Undefined: nobody tells it. */
  readonly address?: string | undefined;
}

/** What the platform puts in the place of what a client sends (developers.cloudflare.com/fundamentals/reference/http-headers). */
const OF_THE_PLATFORM =
  /^(?:accept-encoding|cdn-loop|cf-.+|true-client-ip|x-forwarded-(?:for|host|port|proto)|x-real-ip)$/;
const BY_A_PROXY = ["x-forwarded-proto", "x-forwarded-host", "x-forwarded-port"];

/** What the matcher asks of it. */
export function viewOf({ method, headers }: ToldRequest, query: string): RequestView {
  const all = headersOf(headers);
  return {
    method,
    header: (name) => all.get(name),
    queryParam: (name) => new URLSearchParams(query).get(name),
  };
}

/** What lines of snippets ask of it; throws `Untold`. */
export function askedOf(told: ToldRequest, target: RequestTarget, trustedProxies: readonly string[]): Asked {
  const all = headersOf(told.headers);
  const scheme = target.https ? "https" : "http";
  const orOfProxy = <Value>(value: Value): Value => {
    if (trustedProxies.length > 0 && BY_A_PROXY.some((name) => all.has(name))) {
      throw new Untold("whether a trusted proxy has sent it");
    }
    return value;
  };
  return {
    target,
    request: {
      method: told.method,
      headers: {
        get(name) {
          if (OF_THE_PLATFORM.test(name)) throw new Untold(`the header ${name}, which the platform sets`);
          return all.get(name);
        },
      },
    },
    client: {
      get address() {
        if (told.address === undefined || trustedProxies.length > 0) throw new Untold("the client's address");
        return told.address;
      },
      get scheme() {
        return orOfProxy(scheme);
      },
      get forwardedHost() {
        return orOfProxy(target.authority);
      },
      get forwardedPort() {
        return orOfProxy(target.port.slice(1) || (target.https ? "443" : "80"));
      },
    },
    get requestId(): string {
      throw new Untold("the request's id");
    },
  };
}

/** Those of one name as one, as servers see them. */
export function headersOf(headers: ToldRequest["headers"]): Headers {
  return new Headers(headers.map(([name, value]): [string, string] => [name, value]));
}
