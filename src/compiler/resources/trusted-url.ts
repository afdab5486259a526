import type { Form } from "./names.ts";

const LONGEST = 1024;
const LOOPBACK = /^(?:localhost|127(?:\.\d{1,3}){3}|\[::1\])$/;
const ADDRESS = /^(?:\d{1,3}(?:\.\d{1,3}){3}|\[.*\])$/;

/**
 * A URL that Workers can fetch and whose answers nobody can change on their way: https, or http to this machine. `risk`:
 * what somebody could do who can; `example` is one.
 */
export function trustedUrl(risk: string, example: string): Form {
  return (text) => {
    const url = URL.canParse(text) ? new URL(text) : null;
    if (url === null || text.length > LONGEST) return `must be a URL, as in ${example}`;
    if (url.username !== "" || url.password !== "") return "must not hold a user name or password";
    if (url.hash !== "") return "must not have a fragment";
    const isLocal = LOOPBACK.test(url.hostname);
    if (url.protocol !== "https:" && !(url.protocol === "http:" && isLocal)) {
      return `must begin with https://: who can change the answer on its way could ${risk}`;
    }
    return ADDRESS.test(url.hostname) && !isLocal
      ? "must have a name as its host: Workers do not fetch addresses"
      : null;
  };
}
