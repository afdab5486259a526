const SEQUENCE = 0x30;
const OBJECT_IDENTIFIER = 0x06;
const OCTET_STRING = 0x04;
/** `extensions` of a TBSCertificate (RFC 5280 §4.1). */
const EXTENSIONS = 0xa3;
/** 2.5.29.17, subjectAltName (RFC 5280 §4.2.1.6). */
const SUBJECT_ALT_NAME = [0x55, 0x1d, 0x11];
/** The kinds of GeneralName that are texts. */
const KINDS: Readonly<Record<number, string>> = { 129: "email", 130: "DNS", 134: "URI" };

interface Part {
  readonly tag: number;
  readonly content: Uint8Array;
}

/**
 * The names for which a certificate stands besides its subject, as openssl writes them: `DNS:a.example`, `URI:spiffe://…`,
 * `email:a@b.example`; letters of DNS names in lower case. None where the bytes can't be read as DER.
 */
export function subjectAltNames(der: string): readonly string[] {
  try {
    const bytes = Uint8Array.from(atob(der), (character) => character.charCodeAt(0));
    const [certificate] = partsOf(bytes);
    const [tbs] = partsIn(certificate, SEQUENCE);
    const extensions = partsIn(tbs, SEQUENCE).find(({ tag }) => tag === EXTENSIONS);
    if (extensions === undefined) return [];
    const [all] = partsIn(extensions, EXTENSIONS);
    const named = partsIn(all, SEQUENCE).flatMap((extension) => {
      const [id, ...rest] = partsIn(extension, SEQUENCE);
      const value = rest.at(-1);
      return isAltName(id) && value?.tag === OCTET_STRING ? partsOf(value.content) : [];
    });
    return named.flatMap((names) => partsIn(names, SEQUENCE)).flatMap(nameOf);
  } catch {
    return [];
  }
}

function nameOf({ tag, content }: Part): string[] {
  const kind = KINDS[tag];
  if (kind === undefined || !content.every((byte) => byte > 0x20 && byte < 0x7f)) return [];
  const text = String.fromCharCode(...content);
  return [`${kind}:${kind === "DNS" ? text.toLowerCase() : text}`];
}

function isAltName(id: Part | undefined): boolean {
  if (id === undefined || id.tag !== OBJECT_IDENTIFIER || id.content.length !== SUBJECT_ALT_NAME.length) return false;
  return SUBJECT_ALT_NAME.every((byte, index) => id.content[index] === byte);
}

function partsIn(part: Part | undefined, tag: number): readonly Part[] {
  if (part?.tag !== tag) throw new RangeError("no DER of a certificate");
  return partsOf(part.content);
}

/** Tags of one byte and definite lengths of up to three bytes: all that certificates use. */
function partsOf(bytes: Uint8Array): readonly Part[] {
  const parts: Part[] = [];
  for (let at = 0; at < bytes.length; ) {
    const tag = bytes[at++] as number;
    let length = bytes[at++] ?? Number.NaN;
    if (length > 0x80) {
      const octets = length - 0x80;
      if (octets > 3) throw new RangeError("no DER of a certificate");
      length = 0;
      for (let index = 0; index < octets; index++) length = length * 256 + (bytes[at++] ?? Number.NaN);
    } else if (length === 0x80) throw new RangeError("no DER of a certificate");
    if (!(at + length <= bytes.length)) throw new RangeError("no DER of a certificate");
    parts.push({ tag, content: bytes.subarray(at, at + length) });
    at += length;
  }
  return parts;
}
