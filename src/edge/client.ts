import { inRanges, parseRange } from "../table/address.ts";
import type { Settings } from "../table/settings.ts";
import { type Env, textOf } from "./env.ts";

/** Who sent a request, as far as the platform vouches for it or a trusted proxy says. */
export interface Client {
  /** Null where the platform does not tell. */
  readonly address: string | null;
  /** Whether no trusted proxy stands between: only then what the platform tells beside the address is told of the client. */
  readonly isPeer: boolean;
  readonly scheme: "http" | "https";
  /** What X-Forwarded-For tells the cluster: the client alone, or the whole trusted chain. */
  readonly forwardedFor: string | null;
  /** What X-Forwarded-Host tells: the Host as the client sent it. */
  readonly forwardedHost: string;
  /** What X-Forwarded-Proto tells: the scheme, or what a trusted proxy calls it. */
  readonly forwardedProto: string;
  /** What X-Forwarded-Port tells. */
  readonly forwardedPort: string;
}

/** Text binding with the address of clients where no CF-Connecting-IP comes: set by `dev`, which listens on loopback. */
export const LOCAL_CLIENT_ADDRESS = "EDGE_INGRESS_LOCAL_CLIENT";

/** RFC 3986 §3.1. */
const SCHEME = /^[A-Za-z][A-Za-z0-9+.-]{0,31}$/;

/** The one place that reads who the client is. Headers count only when the peer is a trusted proxy. */
export class ClientReader {
  readonly #trusted: NonNullable<ReturnType<typeof parseRange>>[];

  constructor({ trustedProxies }: Settings) {
    this.#trusted = trustedProxies.map((text) => {
      const range = parseRange(text);
      if (range === null) throw new RangeError("routing table is damaged: a trusted proxy is no CIDR");
      return range;
    });
  }

  /** `authority` is the request's Host as it came, `https` its scheme. */
  read(headers: Headers, authority: string, https: boolean, env: Env): Client {
    const peer = headers.get("cf-connecting-ip") ?? textOf(env, LOCAL_CLIENT_ADDRESS);
    if (this.#trusted.length > 0 && peer !== null && inRanges(peer, this.#trusted)) {
      return this.#throughProxy(headers, authority, https, peer);
    }
    const scheme = https ? "https" : "http";
    return {
      address: peer,
      isPeer: true,
      scheme,
      forwardedFor: peer,
      forwardedHost: authority,
      forwardedProto: scheme,
      forwardedPort: portOf(authority, scheme),
    };
  }

  #throughProxy(headers: Headers, authority: string, https: boolean, peer: string): Client {
    const chain = (headers.get("x-forwarded-for") ?? "").split(",").map((part) => part.trim());
    const named = chain.filter((part) => part !== "");
    const client = named.findLast((part) => !inRanges(part, this.#trusted)) ?? named[0] ?? peer;
    const proto = headers.get("x-forwarded-proto");
    const scheme = proto === "http" || proto === "https" ? proto : https ? "https" : "http";
    const host = headers.get("x-forwarded-host")?.split(",")[0]?.trim() || authority;
    const port = headers.get("x-forwarded-port");
    return {
      address: client,
      isPeer: false,
      scheme,
      forwardedFor: [...named, peer].join(", "),
      forwardedHost: host,
      forwardedProto: proto !== null && SCHEME.test(proto) ? proto : scheme,
      forwardedPort: port !== null && /^\d{1,5}$/.test(port) ? port : portOf(host, scheme),
    };
  }
}

function portOf(authority: string, scheme: "http" | "https"): string {
  const port = /:(\d+)$/.exec(authority)?.[1];
  return port ?? (scheme === "https" ? "443" : "80");
}
