import { type AddressWords, addressWords, holdsAddress } from "../../table/address-ranges.ts";
import type { AddressRanges } from "../../table/policies/access.ts";

/** An address that is not known is no exempt one. */
export function isExempt(exempt: AddressRanges, address: string | null): boolean {
  if (exempt.v4.length + exempt.v6.length === 0 || address === null) return false;
  const words: AddressWords | null = addressWords(address.trim());
  return words !== null && holdsAddress(exempt, words);
}
