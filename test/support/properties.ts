import fc from "fast-check";
import { inject } from "vitest";

declare module "vitest" {
  interface ProvidedContext {
    readonly propertySeed: number;
  }
}

/** Property tests make the same examples each time; `PROPERTY_SEED=N npm test` makes others. A failure prints its seed. */
fc.configureGlobal({ seed: inject("propertySeed") });

export { fc };
