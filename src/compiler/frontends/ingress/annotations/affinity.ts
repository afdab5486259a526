import { type AnnotationFamily, FALSE, type FamilyReading } from "./entry.ts";
import { FamilyValues } from "./family-values.ts";
import { balancingOf, readHash, readSession } from "./load-balancing.ts";

export const affinity: AnnotationFamily = {
  title: "Session affinity and hashing",
  settle,
  entries: [
    {
      name: "upstream-hash-by",
      class: "P",
      guards: false,
      summary: "Chooses the pod by a consistent hash of nginx variables.",
      together: "chooses the endpoint of the edge, mostly a cluster, by that hash; the pod is the cluster's to choose",
    },
    {
      name: "affinity",
      class: "P",
      guards: false,
      summary: "Keeps a client on one pod by a `cookie`.",
      together: "keeps a client with one endpoint of the edge, mostly a cluster; the pod is the cluster's to choose",
    },
    {
      name: "affinity-mode",
      class: "C",
      guards: false,
      summary: "Whether clients move when pods are added: `balanced` or `persistent`.",
    },
    {
      name: "session-cookie-name",
      class: "P",
      guards: false,
      summary: "The name of the cookie, INGRESSCOOKIE by default.",
      together: "does the same",
    },
    {
      name: "session-cookie-path",
      class: "P",
      guards: false,
      summary: "`Path` of the cookie.",
      together: "does the same",
    },
    {
      name: "session-cookie-domain",
      class: "P",
      guards: false,
      summary: "`Domain` of the cookie.",
      together: "does the same",
    },
    {
      name: "session-cookie-expires",
      class: "P",
      guards: false,
      summary: "`Expires` of the cookie, in seconds from now.",
      together: "does the same",
    },
    {
      name: "session-cookie-max-age",
      class: "P",
      guards: false,
      summary: "`Max-Age` of the cookie.",
      together: "does the same",
    },
    {
      name: "session-cookie-samesite",
      class: "P",
      guards: false,
      summary: "`SameSite` of the cookie.",
      together: "does the same",
    },
    {
      name: "session-cookie-conditional-samesite-none",
      class: "P",
      guards: false,
      summary: "Leaves `SameSite=None` out for browsers that misread it.",
      inert: FALSE,
      together: "does the same",
    },
    {
      name: "session-cookie-secure",
      class: "P",
      guards: false,
      summary: "Marks the cookie `Secure` on http too.",
      inert: FALSE,
      together: "does the same",
    },
    {
      name: "session-cookie-change-on-failure",
      class: "P",
      guards: false,
      summary: "Moves the client to another pod after a failed try.",
      inert: FALSE,
      together: "does the same",
    },
  ],
};

function settle(written: ReadonlyMap<string, string>): FamilyReading {
  const values = new FamilyValues(written);
  const session = readSession(values);
  const value = balancingOf(session, readHash(values));
  const name = session === null ? "upstream-hash-by" : "affinity";
  const settings = value === null ? [] : [{ name, setting: { field: "loadBalancing", value } } as const];
  return { settings: values.isSound ? settings : [], findings: values.findings };
}
