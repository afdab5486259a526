import {
  DEFAULT_LOAD_BALANCING,
  DEFAULT_SESSION,
  type LoadBalancing,
  type SessionPersistence,
} from "../../../../table/policies/load-balancing.ts";
import { httpToken } from "../../../resources/names.ts";
import { isUnreadable, parseTemplate, type Unreadable } from "../../../resources/templates.ts";
import type { FamilyValues } from "./family-values.ts";

type Session = NonNullable<LoadBalancing["sessionPersistence"]>;

/** ingress-nginx's own name (internal/ingress/annotations/sessionaffinity/main.go). */
const DEFAULT_NAME = "INGRESSCOOKIE";

/** What goes with `affinity`, and means nothing without it. */
const COMPANIONS = ["name", "path", "domain", "expires", "max-age", "samesite", "conditional-samesite-none", "secure"];

/** What `affinity` and its family come to: null without it. */
export function readSession(values: FamilyValues): SessionPersistence | null {
  const type = values.values.get("affinity") ?? "";
  if (type === "") {
    const alone = [...COMPANIONS, "change-on-failure"].map((name) => `session-cookie-${name}`);
    for (const name of alone) {
      if ((values.values.get(name) ?? "") !== "") values.remark(name, "means nothing without affinity");
    }
    return null;
  }
  if (type !== "cookie") {
    values.problem("affinity", "is not `cookie`, the one kind that there is");
    return null;
  }
  const session: Session = {
    ...DEFAULT_SESSION,
    sessionName: values.get("session-cookie-name", cookieName) ?? DEFAULT_NAME,
    path: values.get("session-cookie-path", attribute) ?? "",
    domain: values.get("session-cookie-domain", attribute) ?? "",
    expires: values.get("session-cookie-expires", seconds) ?? 0,
    absoluteTimeout: values.get("session-cookie-max-age", seconds) ?? 0,
    sameSite: values.get("session-cookie-samesite", sameSite) ?? "",
    conditionalSameSiteNone: values.boolean("session-cookie-conditional-samesite-none", false) ?? false,
    secure: values.boolean("session-cookie-secure", false) ?? false,
    changeOnFailure: values.boolean("session-cookie-change-on-failure", false) ?? false,
    besidesIngress: true,
  };
  values.remark(
    "affinity",
    "keeps a client with an endpoint of the edge; the pod behind it is the cluster's to choose",
  );
  return session;
}

function cookieName(value: string): string | Unreadable {
  return httpToken(value) === null ? value : { problem: "is no name of a cookie" };
}

function attribute(value: string): string | Unreadable {
  return /^[!-:<-~]+$/.test(value) ? value : { problem: "has a sign that no attribute of a cookie has" };
}

function seconds(value: string): number | Unreadable {
  return /^\d{1,9}$/.test(value) ? Number(value) : { problem: "is not a whole number of seconds" };
}

function sameSite(value: string): Session["sameSite"] | Unreadable {
  const known = (["None", "Lax", "Strict"] as const).find((each) => each.toLowerCase() === value.toLowerCase());
  return known ?? { problem: "is none of None, Lax and Strict" };
}

/** What `upstream-hash-by` is a hash of; null without it, or where the edge has not what it names. */
export function readHash(values: FamilyValues): LoadBalancing["consistentHash"] {
  return values.get<LoadBalancing["consistentHash"]>("upstream-hash-by", (value) => {
    const template = parseTemplate(value.replace(/\bbinary_remote_addr\b/g, "remote_addr"));
    if (isUnreadable(template)) {
      const says = `is not honoured: it ${template.problem}`;
      values.findings.push({ name: "upstream-hash-by", code: "EI4002", says });
      return null;
    }
    values.remark("upstream-hash-by", "chooses among the endpoints of the edge; pods are the cluster's to choose");
    return { type: "Template", name: "", template, boundedLoad: 0 };
  });
}

/** As ingress-nginx: a session comes before a hash. */
export function balancingOf(session: Session | null, hash: LoadBalancing["consistentHash"]): LoadBalancing | null {
  if (session === null && hash === null) return null;
  if (hash === null) return { ...DEFAULT_LOAD_BALANCING, sessionPersistence: session };
  return { ...DEFAULT_LOAD_BALANCING, type: "ConsistentHash", consistentHash: hash, sessionPersistence: session };
}
