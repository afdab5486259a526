// The tests build tables with the compiler's encoder, which runs on Node; these are the calls of Node in its files.
declare module "node:crypto" {
  export function createHash(algorithm: string): { update(data: Uint8Array): { digest(): Uint8Array } };
}
declare module "node:net" {
  export function isIP(input: string): number;
}
