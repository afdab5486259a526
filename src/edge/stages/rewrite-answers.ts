import { expand } from "../../table/expand.ts";
import type { AnswerRewrites } from "../../table/policies/answer-rewrites.ts";
import type { RulePolicies } from "../../table/policies/rule-policies.ts";
import type { Stage } from "./chain.ts";
import type { Visit } from "./visit.ts";

/** Rewrites cookies and redirects of Services' answers; a cluster's own ingress has done so with those that come from it. */
export function rewriteAnswers({ answerRewrites: rewrites }: RulePolicies): Stage | null {
  if (rewrites === null) return null;
  return {
    handle(visit) {
      visit.onAnswer.push((headers, { mode }) => {
        if (mode === "service") rewrite(headers, rewrites, visit);
      });
      return null;
    },
  };
}

function rewrite(headers: Headers, { cookieDomain, cookiePath, redirects }: AnswerRewrites, visit: Visit): void {
  if ((cookieDomain ?? cookiePath) !== null && headers.has("set-cookie")) {
    const cookies = headers.getSetCookie();
    headers.delete("set-cookie");
    for (const cookie of cookies)
      headers.append("set-cookie", rewriteCookie(cookie, { cookieDomain, cookiePath }, visit));
  }
  for (const { from, to } of redirects) {
    const target = () => expand(to, visit);
    const location = headers.get("location");
    if (location?.startsWith(from)) headers.set("location", target() + location.slice(from.length));
    const refresh = headers.get("refresh");
    const at = refresh?.search(/url=/i) ?? -1;
    if (refresh !== null && at >= 0 && refresh.startsWith(from, at + 4)) {
      headers.set("refresh", refresh.slice(0, at + 4) + target() + refresh.slice(at + 4 + from.length));
    }
    if (location?.startsWith(from)) break;
  }
}

/** The value is left as it was sent, and so are all attributes but the two (ngx_http_proxy_rewrite_cookie). */
function rewriteCookie(
  cookie: string,
  { cookieDomain, cookiePath }: Pick<AnswerRewrites, "cookieDomain" | "cookiePath">,
  visit: Visit,
): string {
  const [pair, ...attributes] = cookie.split(";");
  const rewritten = attributes.map((attribute) => {
    const [, name = "", value = ""] = /^(\s*[^=]*=)(.*)$/s.exec(attribute) ?? [];
    const kind = name.trim().toLowerCase();
    const dot = value.startsWith(".") ? "." : "";
    if (kind === "domain=" && cookieDomain !== null && value.slice(dot.length).toLowerCase() === cookieDomain.from) {
      return name + dot + expand(cookieDomain.to, visit);
    }
    if (kind === "path=" && cookiePath !== null && value.startsWith(cookiePath.from)) {
      return name + expand(cookiePath.to, visit) + value.slice(cookiePath.from.length);
    }
    return attribute;
  });
  return [pair, ...rewritten].join(";");
}
