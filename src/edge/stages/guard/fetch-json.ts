/** Bytes of what is fetched. */
const MOST_BYTES = 128 * 1024;

/** Milliseconds until a fetch is given up. */
export const FETCH_PATIENCE = 5_000;

export type JsonObject = Readonly<Record<string, unknown>>;

/**
 * The JSON behind a URL, past all caches. Redirects are not followed: whoever answers there is who decides. Throws where
 * the status is none of `statuses`, or what comes is no JSON, too long or too late.
 */
export async function fetchJson(
  uri: string,
  init: RequestInit & { readonly headers?: Readonly<Record<string, string>> } = {},
  statuses: readonly number[] = [200],
): Promise<{ readonly status: number; readonly value: unknown }> {
  const response = await fetch(uri, {
    redirect: "manual",
    cache: "no-store",
    ...init,
    headers: { accept: "application/json", "user-agent": "edge-ingress", ...init.headers },
    signal: AbortSignal.timeout(FETCH_PATIENCE),
  });
  if (!statuses.includes(response.status) || response.body === null) {
    await response.body?.cancel();
    throw new Error(`status ${response.status}`);
  }
  return { status: response.status, value: JSON.parse(await readAtMost(response.body)) };
}

async function readAtMost(body: ReadableStream<Uint8Array>): Promise<string> {
  const decoder = new TextDecoder("utf-8", { fatal: true, ignoreBOM: false });
  let text = "";
  let bytes = 0;
  for await (const chunk of body) {
    bytes += chunk.length;
    if (bytes > MOST_BYTES) throw new Error(`more than ${MOST_BYTES} bytes`);
    text += decoder.decode(chunk, { stream: true });
  }
  return text + decoder.decode();
}

export function isObject(value: unknown): value is JsonObject {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
