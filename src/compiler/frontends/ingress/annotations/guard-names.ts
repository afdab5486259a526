/**
 * Words in the name of an unknown annotation that suggest that it keeps somebody out. Taken as parts of words
 * ("basicauth", "ratelimit-whitelist"); the ones of the second list only where a word begins with them, since
 * "strategy" has a rate in it and "oracle" an acl.
 */
const ANYWHERE =
  /auth|allow|deny|whitelist|blacklist|blocklist|limit|secret|jwt|oidc|csrf|source-?range|cidr|polic|snippet|security|middleware|plugin|throttl|quota|restrict|forbid|firewall|mtls|hmac/;
const AT_WORD_START = /^(?:rate|cert|waf|acl|armor|oauth|sso|saml)/;
const HARMLESS_WORDS: ReadonlySet<string> = new Set(["author", "authors", "delimiter", "unlimited"]);

/** True when the name of an unknown annotation looks like a guard: passing that over is not ours to decide. */
export function looksLikeGuard(name: string): boolean {
  const splitHumps = name.replace(/([a-z0-9])([A-Z])/g, "$1-$2");
  return ANYWHERE.test(words(name).join("-")) || words(splitHumps).some((word) => AT_WORD_START.test(word));
}

function words(name: string): readonly string[] {
  return name
    .toLowerCase()
    .split(/[^a-z0-9]+/)
    .filter((word) => !HARMLESS_WORDS.has(word));
}
