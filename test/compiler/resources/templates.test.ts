// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are nginx's variables written
import { describe, expect, test } from "vitest";
import { parseTemplate, templateText } from "../../../src/compiler/resources/templates.ts";
import { VARIABLES } from "../../../src/table/policies/template.ts";

const text = (value: string) => ({ type: "text", value });

describe("a text with nginx's variables", () => {
  test.each([
    ["", []],
    ["plain", [text("plain")]],
    ["$host", [{ type: "host", value: "" }]],
    ["${host}name", [{ type: "host", value: "" }, text("name")]],
    ["a$request_uri-b", [text("a"), { type: "request_uri", value: "" }, text("-b")]],
    ["$HOST", [{ type: "host", value: "" }]],
    ["$http_host", [{ type: "http_host", value: "" }]],
    ["$best_http_host", [{ type: "http_host", value: "" }]],
    ["$query_string", [{ type: "args", value: "" }]],
    ["$http_x_user_id", [{ type: "http", value: "x-user-id" }]],
    ["$HTTP_Authorization", [{ type: "http", value: "authorization" }]],
    ["$arg_a_b", [{ type: "arg", value: "a_b" }]],
    ["$cookie__proxy", [{ type: "cookie", value: "_proxy" }]],
    [
      "$remote_user$http_authorization",
      [
        { type: "remote_user", value: "" },
        { type: "http", value: "authorization" },
      ],
    ],
  ])("%s", (written, expected) => {
    expect(parseTemplate(written)).toEqual(expected);
  });

  test.each(["$redirect_host", "$redirect_port"])("not %s, which is the edge's own", (written) => {
    const problem = `uses the variable ${written}, which the edge does not have`;
    expect(parseTemplate(written)).toEqual({ problem, ofEdge: true });
  });

  test("each that is known, and back", () => {
    // `capture` is written by its number, and by the rewrite module alone.
    const ofNginx = VARIABLES.filter((name) => !name.startsWith("redirect_") && name !== "capture");
    const names = ofNginx.map((name) => (["http", "arg", "cookie"].includes(name) ? `${name}_a_b` : name));
    const written = `${names.map((name) => `$${name}`).join("/")}\${host}name`;
    const parsed = parseTemplate(written);
    expect("problem" in parsed ? parsed : templateText(parsed)).toBe(written);
  });
});

describe("is refused by the name of a variable that is not known:", () => {
  test.each([
    ["$uri", "uses the variable $uri, which the edge does not have"],
    ["a${document_root}b", "uses the variable $document_root, which the edge does not have"],
    ["$host_name", "uses the variable $host_name, which the edge does not have"],
    ["$http_", "uses the variable $http_, which the edge does not have"],
    ["$http", "uses the variable $http, which the edge does not have"],
    ["$arg", "uses the variable $arg, which the edge does not have"],
    ["$cookie_", "uses the variable $cookie_, which the edge does not have"],
    ["$text", "uses the variable $text, which the edge does not have"],
    ["$1", "uses the variable $1, which the edge does not have"],
    ["$auth_cookie", "uses the variable $auth_cookie, which the edge does not have"],
  ])("%s", (written, problem) => {
    expect(parseTemplate(written)).toEqual({ problem, ofEdge: true });
  });
});

test.each(["$", "a$ b", "$$host", "${host", "${}", "$-"])("a `$` that no name follows is refused: %s", (written) => {
  expect(parseTemplate(written)).toEqual({ problem: "holds a `$` that no name follows" });
});

test.each(["a\nb", "a\r\nX-Admin: 1", "a\0", "\u007f"])("a control character is refused: %j", (written) => {
  expect(parseTemplate(written)).toEqual({ problem: "holds a control character" });
});
