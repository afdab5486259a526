import { expect, test } from "vitest";
import { JWT_ALGORITHMS } from "../../../../../src/table/policies/jwt.ts";
import { bearer, guardedBy, providerOf, signer, tokenOf } from "./tokens.ts";

/** What a policy may list must be something that the runtime can check, or all tokens of it would be refused. */
test.each(JWT_ALGORITHMS)(
  "a token of %s is verified in workerd; one of another key of that kind is not",
  async (alg) => {
    const [ours, theirs] = await Promise.all([signer(alg), signer(alg)]);
    const ask = guardedBy([providerOf([ours], { algorithms: [alg] })]);
    expect((await ask(bearer(await tokenOf(ours)))).status).toBe(200);
    expect((await ask(bearer(await tokenOf(theirs)))).status).toBe(401);
  },
);
