import { describe, expect, test } from "vitest";
import { withoutCredentials } from "../../../src/compiler/diagnostics/credentials.ts";
import { diagnose } from "../../../src/compiler/diagnostics/report.ts";

describe("a URL is shown without its user and password", () => {
  test.each([
    ["https://user:HUNTER2@lb.example.com/x", "https://***@lb.example.com/x"],
    ["https://HUNTER2@lb.example.com", "https://***@lb.example.com"],
    ["https://user:HUN@TER2@lb.example.com", "https://***@lb.example.com"],
    ["https://user:HUN/TER?2#@lb.example.com", "https://***@lb.example.com"],
    ["https://user:HUN TER2@lb.example.com", "https://***@lb.example.com"],
    ["redis+tls://:HUNTER2@r and amqp://u:HUNTER2@q", "redis+tls://***@q"],
    ["//HUNTER2@x://HUNTER2@y", "//HUNTER2@x://***@y"],
  ])("%s", (text, shown) => {
    expect(withoutCredentials(text)).toBe(shown);
  });

  test.each(["https://lb.example.com:8443", "me@example.com", "me@x see https://x", "", "://", "a://@"])(
    "and %j as it is",
    (text) => {
      expect(withoutCredentials(text).replace("***", "")).toBe(text);
    },
  );
});

test("no diagnostic quotes one", () => {
  const url = "https://user:HUNTER2@lb.example.com";
  const diagnostic = diagnose("EI1231", null, `the endpoint "${url}"`, { fix: `Not ${url}.` });
  expect(JSON.stringify(diagnostic)).not.toContain("HUNTER2");
});
