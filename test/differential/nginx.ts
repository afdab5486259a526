import { type ChildProcess, spawn, spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as pause } from "node:timers/promises";
import { generate } from "selfsigned";
import type { Watched } from "./controller/manifests.ts";
import { siteLines } from "./controller/template.ts";
import { CLIENT } from "./requests.ts";
import type { Address } from "./wire/exchange.ts";

/** Debian's module beside its nginx; the controller's nginx has it built in. */
const HEADERS_MORE = "/usr/lib/nginx/modules/ngx_http_headers_more_filter_module.so";

/** It is in no `PATH` but root's. */
const NGINX = existsSync("/usr/sbin/nginx") ? "/usr/sbin/nginx" : "nginx";

/** Bytes that the path of a socket has at most; unix(7). */
const LONGEST_SOCKET = 107;

/** Why the tests can't run here; null: they can. */
export function missingNginx(): string | null {
  const { error } = spawnSync(NGINX, ["-v"]);
  if (error !== undefined) return "nginx is not installed (Debian: nginx-light libnginx-mod-http-headers-more-filter)";
  return existsSync(HEADERS_MORE)
    ? null
    : `${HEADERS_MORE} is not installed (Debian: libnginx-mod-http-headers-more-filter)`;
}

/** A set of manifests as nginx is to serve it. */
export interface NginxSite {
  readonly id: string;
  readonly watched: Watched;
  readonly addresses: ReadonlyMap<string, string>;
}

export interface Nginx {
  /** Where a site is served. */
  addressOf(site: string, https: boolean): Address;
  close(): Promise<void>;
}

/** One real nginx with all sites, each on sockets of its own below a temporary directory. */
export async function startNginx(sites: readonly NginxSite[]): Promise<Nginx> {
  const directory = directoryFor(sites);
  const configuration = join(directory, "nginx.conf");
  const socketOf = (site: string, scheme: string) => join(directory, `${site}.${scheme}`);
  mkdirSync(join(directory, "temporary"));
  const { private: key, cert } = await generate([{ name: "commonName", value: "ingress.local" }], {
    algorithm: "sha256",
  });
  writeFileSync(join(directory, "certificate.pem"), `${cert}\n${key}`);
  const lines = sites.flatMap(({ id, watched, addresses }) =>
    siteLines({
      id,
      watched,
      addresses,
      listen: { http: socketOf(id, "http"), https: socketOf(id, "https") },
      file: (name, text) => {
        const path = join(directory, `${id}-${name}`);
        writeFileSync(path, text);
        return path;
      },
    }),
  );
  writeFileSync(configuration, mainLines(directory, lines).join("\n"));
  const options = ["-p", directory, "-c", configuration, "-e", join(directory, "error.log")];
  const child = spawn(NGINX, options, { stdio: ["ignore", "ignore", "pipe"] });
  let said = "";
  child.stderr.on("data", (chunk) => {
    said += chunk;
  });
  const pid = join(directory, "nginx.pid");
  while (!existsSync(pid) || readFileSync(pid, "utf8") === "") {
    if (child.exitCode !== null) throw new Error(`nginx does not start: ${said}`);
    await pause(10);
  }
  return {
    addressOf: (site, https) => ({ path: socketOf(site, https ? "https" : "http") }),
    close: async () => {
      await ended(child);
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

/** A new directory, in which the path of no site's socket is too long. */
function directoryFor(sites: readonly NginxSite[]): string {
  const usual = join(tmpdir(), "edge-ingress-nginx-");
  const longest = Math.max(...sites.map(({ id }) => Buffer.byteLength(`${usual}XXXXXX/${id}.http.default`)));
  return mkdtempSync(longest > LONGEST_SOCKET ? "/tmp/ei-" : usual);
}

function ended(child: ChildProcess): Promise<void> {
  return new Promise((resolve) => {
    if (child.exitCode !== null) return resolve();
    child.once("exit", () => resolve());
    child.kill("SIGTERM");
  });
}

/** What the controller writes once, with the values of its defaults (config.go, NewDefault) as far as requests see them. */
function mainLines(directory: string, sites: readonly string[]): readonly string[] {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (name) => `${name}_temp_path ${directory}/temporary/${name};`,
  );
  return [
    `load_module ${HEADERS_MORE};`,
    "daemon off; master_process off;",
    `pid ${directory}/nginx.pid; error_log ${directory}/error.log crit;`,
    "events { worker_connections 8192; }",
    "http {",
    ...temporary,
    "access_log off; default_type text/html; keepalive_requests 1000000;",
    "client_header_buffer_size 1k; large_client_header_buffers 4 8k; client_body_buffer_size 8k;",
    "underscores_in_headers off; ignore_invalid_headers on;",
    "server_names_hash_max_size 1024; server_names_hash_bucket_size 128;",
    "map_hash_bucket_size 128; variables_hash_bucket_size 256; variables_hash_max_size 4096;",
    "server_tokens off; more_clear_headers Server; uninitialized_variable_warn off;",
    "server_name_in_redirect off; port_in_redirect off;",
    "proxy_http_version 1.1; proxy_buffering off; proxy_request_buffering on;",
    "proxy_next_upstream error timeout; proxy_next_upstream_tries 3;",
    `ssl_certificate ${directory}/certificate.pem; ssl_certificate_key ${directory}/certificate.pem;`,
    // The client's address is what the platform would say: here a header of the test's.
    `set_real_ip_from unix:; real_ip_header ${CLIENT};`,
    "map $http_upgrade $connection_upgrade { default upgrade; '' ''; }",
    'map $http_x_request_id $req_id { default $http_x_request_id; "" $request_id; }',
    'geo $literal_dollar { default "$"; }',
    // In the place of Lua's string functions: a `/` taken off the end, a Host up to its first colon.
    'map $request_uri $request_uri_cut { default $request_uri; "~^(?<cut>.*)/$" $cut; }',
    'map $http_host $http_host_name { default $http_host; "~^(?<name>[^:]*):" $name; }',
    ...sites,
    "}",
  ];
}
