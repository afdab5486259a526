import { describe, expect, test } from "vitest";
import { statusToken } from "../../../src/cli/dev/status-token.ts";

describe("the token of a local edge", () => {
  test("is that of the environment, which no command shows", () => {
    const { token, command } = statusToken({ EDGE_INGRESS_STATUS_TOKEN: "secret" });
    expect(token).toBe("secret");
    expect(command("http://127.0.0.1:1")).toBe("edge-ingress status --url http://127.0.0.1:1");
  });

  test.each([{}, { EDGE_INGRESS_STATUS_TOKEN: "" }])("else a new one each time: %o", (env) => {
    const { token, command } = statusToken(env);
    expect(token).toMatch(/^[0-9a-f]{32}$/);
    expect(statusToken(env).token).not.toBe(token);
    expect(command("http://127.0.0.1:1")).toBe(
      `EDGE_INGRESS_STATUS_TOKEN=${token} edge-ingress status --url http://127.0.0.1:1`,
    );
  });
});
