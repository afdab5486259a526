import { expect, test } from "vitest";
import { HeaderEdits } from "../../../src/edge/stages/header-edits.ts";

test("the last change of a name counts, in whatever case it was written; the rest stays", () => {
  const edits = new HeaderEdits();
  edits.set("X-User", "first");
  edits.remove("x-user");
  edits.set("X-USER", "last");
  edits.set("X-Group", "some");
  edits.remove("x-group");
  edits.append("set-cookie", "a=1");
  edits.append("Set-Cookie", "b=2");
  const headers = new Headers({ "x-user": "client", "x-group": "client", "x-other": "stays", "set-cookie": "c=3" });
  edits.applyTo(headers);
  expect([...headers]).toEqual([
    ["set-cookie", "c=3"],
    ["set-cookie", "a=1"],
    ["set-cookie", "b=2"],
    ["x-other", "stays"],
    ["x-user", "last"],
  ]);
});

test("a cookie is taken out, the others stay as they were sent", () => {
  const edits = new HeaderEdits();
  edits.removeCookie("token");
  const headers = new Headers({ cookie: 'a=1; token=secret; b="2"' });
  edits.applyTo(headers);
  expect(headers.get("cookie")).toBe('a=1; b="2"');
  const alone = new Headers({ cookie: "token=secret" });
  edits.applyTo(alone);
  expect(alone.has("cookie")).toBe(false);
  const none = new Headers();
  edits.applyTo(none);
  expect([...none]).toEqual([]);
});

test("what is added with some statuses alone is not with others, nor to a request", () => {
  const added = (status?: number) => {
    const edits = new HeaderEdits();
    edits.append("set-cookie", "always=1");
    edits.append("set-cookie", "fine=1", new Set([200, 302]));
    const headers = new Headers();
    edits.applyTo(headers, status === undefined ? {} : { status });
    return headers.getSetCookie();
  };
  expect(added(302)).toEqual(["always=1", "fine=1"]);
  expect(added(401)).toEqual(["always=1"]);
  expect(added()).toEqual(["always=1"]);
});

test("what is kept from Services alone reaches the controllers of clusters, which ask for it again", () => {
  const sentTo = (mode?: "ingress" | "service") => {
    const edits = new HeaderEdits();
    edits.remove("Authorization", "service");
    const headers = new Headers({ authorization: "Basic YTpi" });
    edits.applyTo(headers, mode === undefined ? {} : { mode });
    return headers.get("authorization");
  };
  expect(sentTo("ingress")).toBe("Basic YTpi");
  expect(sentTo("service")).toBeNull();
  expect(sentTo()).toBe("Basic YTpi");
});

test("a header that is set after it was kept from Services reaches both", () => {
  for (const mode of ["ingress", "service"] as const) {
    const edits = new HeaderEdits();
    edits.remove("authorization", "service");
    edits.set("authorization", "Bearer x");
    const headers = new Headers({ authorization: "Basic YTpi" });
    edits.applyTo(headers, { mode });
    expect(headers.get("authorization")).toBe("Bearer x");
  }
});
