// biome-ignore-all lint/suspicious/noTemplateCurlyInString: so are nginx's variables written
import { describe, expect, test } from "vitest";
import { parseAuthUrl, parseSignIn } from "../../../src/compiler/resources/auth-urls.ts";
import { templateText } from "../../../src/compiler/resources/templates.ts";

/** `scheme host port path`, or the problem. */
function readUrl(text: string): string {
  const parsed = parseAuthUrl(text);
  if ("problem" in parsed) return `! ${parsed.problem}`;
  const { via, scheme, hostname, port } = parsed.service;
  return [via, scheme, hostname || "-", port, templateText(parsed.path)].join(" ");
}

function readSignIn(text: string, param = "rd"): string {
  const parsed = parseSignIn(text, param);
  return "problem" in parsed ? `! ${parsed.problem}` : templateText(parsed);
}

describe("the URL of a service", () => {
  test.each([
    ["http://auth.example.com", "name http auth.example.com 80 /"],
    ["https://Auth.Example.com/verify", "name https auth.example.com 443 /verify"],
    ["https://auth.example.com:8443/a?b=c", "name https auth.example.com 8443 /a?b=c"],
    ["http://auth.example.com?x=1", "name http auth.example.com 80 /?x=1"],
    ["http://auth.svc.cluster.local.:4180/x", "name http auth.svc.cluster.local 4180 /x"],
    ["http://127.0.0.1:9000/", "name http 127.0.0.1 9000 /"],
    ["http://[::1]/", "name http [::1] 80 /"],
    ["http://auth$request_uri", "name http auth 80 $request_uri"],
    ["http://auth/check/$arg_a?u=${http_x_user}", "name http auth 80 /check/$arg_a?u=$http_x_user"],
    ["https://$host/oauth2/auth", "edge https - 443 /oauth2/auth"],
    ["https://${host}:443/a", "edge https - 443 /a"],
    ["http://$http_host/a", "edge http - 0 /a"],
    ["$scheme://$best_http_host$request_uri", "edge client - 0 $request_uri"],
    ["$pass_access_scheme://$host/a", "edge client - 80 /a"],
  ])("%s", (written, expected) => {
    expect(readUrl(written)).toBe(expected);
  });

  const shape = "! is not an absolute URL of http or https whose host is written, or is $host";
  const part = "! takes a part of its host from the request";
  const character = "! holds a character that no URL holds";
  const path = "! has a path that no request can have";
  test.each([
    ["auth.example.com/verify", shape],
    ["/verify", shape],
    ["ftp://auth.example.com", shape],
    ["https://", shape],
    ["https:///verify", shape],
    ["//auth.example.com", shape],
    ["$arg_scheme://auth.example.com/", shape],
    ["https://$http_x_auth/verify", shape],
    ["https://$arg_host/verify", shape],
    ["https://auth.$host/verify", part],
    ["https://$host.auth.example.com/verify", part],
    ["https://$host$http_host/", part],
    ["https://auth.example.com$host/", part],
    ["https://$host_x/", part],
    ["$scheme://auth.example.com/", "! takes its scheme from the request, and its host not"],
    ["https://$host:8443/", "! names a port of the request's own host, which the edge does not serve"],
    ["https://$http_host:443/", "! names a port of the request's own host, which the edge does not serve"],
    ["$scheme://$host:80/", "! names a port of the request's own host, which the edge does not serve"],
    ["https://user:pw@auth.example.com/", "! must not hold a user name or password"],
    ["https://auth.example.com:0/", "! must have a port from 1 to 65535"],
    ["https://auth.example.com:x/", "! must be a scheme, a host and perhaps a port, as in https://lb.example.com:8443"],
    ["https://auth.example.com/#x", character],
    ["https://auth.example.com/a b", character],
    ["https://auth.example.com\\@evil.test/", character],
    ["https://auth.example.com/é", character],
    ["https://auth.example.com/a\nb", character],
    ["https://auth.example.com/../a", path],
    ["https://auth.example.com/a/.", path],
    ["https://auth.example.com/%zz", path],
    ["https://auth.example.com/%2e%2e/%2e%2e/a", path],
    ["https://auth.example.com/$uri", "! uses the variable $uri, which the edge does not have"],
    ["https://auth.example.com/?x=$", "! holds a `$` that no name follows"],
  ])("is not %s", (written, problem) => {
    expect(readUrl(written)).toBe(problem);
  });

  test.each([
    "https://invalid..auth.url",
    "https://-a.example.com/",
    "https://a_b.example.com/",
    "http://1.2.3/",
    "http://0x7f.1/",
  ])("has a host that DNS can have, not %s", (written) => {
    expect(readUrl(written)).toMatch(/^! must have a host/);
  });
});

describe("a sign-in", () => {
  const back = "$pass_access_scheme://$http_host$escaped_request_uri";
  test.each([
    ["https://login.example.com", `https://login.example.com?rd=${back}`],
    ["http://$host/oauth2/start", `http://$host/oauth2/start?rd=${back}`],
    ["https://login.example.com/s?x=1", `https://login.example.com/s?x=1&rd=${back}`],
    ["https://login.example.com/s?", `https://login.example.com/s?rd=${back}`],
    ["https://login.example.com/s?rd=", `https://login.example.com/s?rd=&rd=${back}`],
    ["https://login.example.com/s?rd=https://home", "https://login.example.com/s?rd=https://home"],
    ["https://$host/s?x=1&rd=$escaped_request_uri", "https://$host/s?x=1&rd=$escaped_request_uri"],
    ["$scheme://$http_host/login", `$scheme://$http_host/login?rd=${back}`],
    ["/login", `/login?rd=${back}`],
  ])("%s", (written, expected) => {
    expect(readSignIn(written)).toBe(expected);
  });

  test("has the way back under another name", () => {
    expect(readSignIn("https://login.example.com/?rd=x", "back")).toBe(`https://login.example.com/?rd=x&back=${back}`);
  });

  test.each([
    "login",
    "//evil.example.com",
    "javascript:alert(1)",
    "https://$arg_host/",
    "https://$http_x/",
    "https://user@login.example.com/",
    "https://login.example.com/#/login",
    "https://login.example.com/a b",
    "https://login.example.com/\\evil.test",
    "https://login.example.com/$auth_resp_err",
    "https://$host_x/",
  ])("is not %s", (written) => {
    expect(readSignIn(written)).toMatch(/^! /);
  });
});
