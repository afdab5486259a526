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
    edits.applyTo(headers, status);
    return headers.getSetCookie();
  };
  expect(added(302)).toEqual(["always=1", "fine=1"]);
  expect(added(401)).toEqual(["always=1"]);
  expect(added()).toEqual(["always=1"]);
});
