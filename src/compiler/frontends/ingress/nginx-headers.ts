import { DEFAULT_NGINX_HEADERS, type NginxHeaders } from "../../../table/nginx-headers.ts";
import { byText } from "../../by-text.ts";
import type { ResourceSet } from "../../resources/resource.ts";
import { controllerBoolean, controllerText } from "./controller-settings.ts";

/** How the controller treats headers: its defaults, and what its ConfigMap says. */
export function readNginxHeaders(resources: Pick<ResourceSet, "configMaps">): NginxHeaders {
  const isSet = (key: string, usual = false) => controllerBoolean(resources, key, usual);
  // nginx hides Server of Services, and the controller clears it once more, by another key.
  const showsServer = isSet("allow-backend-server-header") && isSet("server-tokens");
  const written = controllerText(resources, "hide-headers") ?? "";
  const named = written.split(",").map((name) => name.trim().toLowerCase());
  const hidden = [...DEFAULT_NGINX_HEADERS.hidden, ...named].filter(
    (name) => name !== "" && (name !== "server" || !showsServer),
  );
  const names = isSet("enable-underscores-in-headers") ? "underscores" : "plain";
  return {
    fullForwardedFor: isSet("use-forwarded-headers") && isSet("compute-full-forwarded-for"),
    names: isSet("ignore-invalid-headers", true) ? names : "any",
    hidden: [...new Set(hidden)].sort(byText),
  };
}
