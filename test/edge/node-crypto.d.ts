// The tests build tables with the compiler's encoder, which runs on Node; these are the two calls it makes.
declare module "node:crypto" {
  export function createHash(algorithm: string): { update(data: Uint8Array): { digest(): Uint8Array } };
}
