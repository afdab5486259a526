import { parseAuthUrl } from "../../../resources/auth-urls.ts";
import type { AnnotationFamily, FamilyReading } from "./entry.ts";
import { FamilyValues } from "./family-values.ts";

const TARGET = "mirror-target";
const BODY = "mirror-request-body";
const HOST = "mirror-host";

export const mirror: AnnotationFamily = {
  title: "Mirror",
  entries: [
    {
      name: TARGET,
      class: "E",
      guards: false,
      summary: "Sends a copy of every request to this URL.",
      together:
        "Honoured towards Services; the copy leaves when the answer is there, once, without what guards keep from Services. A URL of unknown host or with unknown variables is a warning.",
    },
    {
      name: BODY,
      class: "P",
      guards: false,
      summary: "Whether the copy has the body.",
      inert: ["on"],
      together:
        "Honoured; a body of more than 1 MiB, or of no known length, is not copied, and neither is its request.",
    },
    {
      name: HOST,
      class: "P",
      guards: false,
      summary: "`Host` of the copy.",
      together: "Honoured where it is the host of the target; a warning otherwise.",
    },
  ],
  settle(written) {
    const values = new FamilyValues(written);
    const target = written.get(TARGET) ?? "";
    const none: FamilyReading = { settings: [], findings: values.findings };
    if (target === "") {
      for (const name of [BODY, HOST]) if (written.get(name)) values.remark(name, `means nothing without ${TARGET}`);
      return none;
    }
    const unhonoured = (name: string, why: string) =>
      values.findings.push({
        name,
        code: "EI4002",
        says: `is not honoured: ${why}`,
        fix: "Write a URL with a host, and $request_uri for the path.",
      });
    const url = parseAuthUrl(target);
    if ("problem" in url) {
      unhonoured(TARGET, `it ${url.problem}`);
      return none;
    }
    const { service, path } = url;
    if (service.hostname === "") {
      unhonoured(TARGET, "a copy to the request's own host would be copied again");
      return none;
    }
    const host = (written.get(HOST) ?? "").toLowerCase();
    if (![``, service.hostname, `${service.hostname}:${service.port}`].includes(host)) {
      unhonoured(HOST, "the copy's Host is that of the target");
    }
    const body = written.get(BODY) !== "off";
    if (body) values.remark(TARGET, "copies no request with a body of more than 1 MiB, or of no known length");
    const value = { service, path, body, percent: 100, onlyServices: true };
    return { settings: [{ name: TARGET, setting: { field: "mirror", value } }], findings: values.findings };
  },
};
