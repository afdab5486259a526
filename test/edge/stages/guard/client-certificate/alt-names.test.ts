import { describe, expect, test } from "vitest";
import { subjectAltNames } from "../../../../../src/edge/stages/guard/client-certificate/alt-names.ts";
import { ANN, BOB } from "./certificates.ts";

describe("the names of a certificate", () => {
  test("are those that are texts, hosts in lower case", () => {
    expect(subjectAltNames(ANN)).toEqual(["DNS:ann.example.com", "URI:spiffe://shop/ann", "email:ann@example.com"]);
  });

  test("are none where it has none", () => expect(subjectAltNames(BOB)).toEqual([]));

  test.each([
    ["nothing", ""],
    ["no base64", "%%%"],
    ["text", btoa("DNS:ann.example.com")],
    ["an empty sequence", btoa("\x30\x00")],
    ["a length beyond the end", btoa("\x30\x84\xff\xff\xff\xff")],
    ["an indefinite length", btoa("\x30\x80\x00\x00")],
  ])("are none of what is no certificate: %s", (_, der) => expect(subjectAltNames(der)).toEqual([]));

  test("are all of them or none, wherever a certificate is cut or changed, and never another one", () => {
    const known = subjectAltNames(ANN);
    const bytes = atob(ANN);
    for (let at = 0; at < bytes.length; at++) {
      expect(subjectAltNames(btoa(bytes.slice(0, at)))).toEqual([]);
      const changed = bytes.slice(0, at) + String.fromCharCode(bytes.charCodeAt(at) ^ 0x80) + bytes.slice(at + 1);
      for (const name of subjectAltNames(btoa(changed))) expect(known).toContain(name);
    }
  });
});
