import { resolve } from "node:path";
import { describe, expect, test } from "vitest";
import { cacheDirectory } from "../../src/cli/cache-directory.ts";

describe("where answers are kept", () => {
  const HOME = "/home/ann";
  test.each<[string, NodeJS.ProcessEnv, NodeJS.Platform, string | null]>([
    ["nowhere, where it is off", { HOME, EDGE_INGRESS_CACHE: "off", EDGE_INGRESS_CACHE_DIR: "/c" }, "linux", null],
    ["nowhere, by other words for off", { HOME, EDGE_INGRESS_CACHE: "False" }, "linux", null],
    ["nowhere, by a number for off", { HOME, EDGE_INGRESS_CACHE: "0" }, "linux", null],
    ["nowhere, where nobody is at home", {}, "linux", null],
    ["nowhere, where home is no place", { HOME: "", XDG_CACHE_HOME: "" }, "linux", null],
    ["nowhere, by a relative path of XDG and none else", { XDG_CACHE_HOME: "cache" }, "linux", null],
    ["nowhere, on a Windows without a place", { HOME }, "win32", null],
    ["at home", { HOME }, "linux", "/home/ann/.cache/edge-ingress"],
    ["at home on macOS", { HOME }, "darwin", "/home/ann/Library/Caches/edge-ingress"],
    ["where Windows has such things", { LOCALAPPDATA: "/local" }, "win32", "/local/edge-ingress"],
    ["where XDG says", { HOME, XDG_CACHE_HOME: "/xdg" }, "darwin", "/xdg/edge-ingress"],
    ["at home, by a relative path of XDG", { HOME, XDG_CACHE_HOME: "xdg" }, "linux", "/home/ann/.cache/edge-ingress"],
    ["where the user says", { HOME, XDG_CACHE_HOME: "/xdg", EDGE_INGRESS_CACHE_DIR: "/c" }, "linux", "/c"],
    ["from the working directory", { HOME, EDGE_INGRESS_CACHE_DIR: "c" }, "linux", resolve("c")],
    ["at home, by another word than off", { HOME, EDGE_INGRESS_CACHE: "on" }, "linux", "/home/ann/.cache/edge-ingress"],
  ])("%s", (_, env, platform, expected) => {
    expect(cacheDirectory(env, platform)).toBe(expected);
  });
});
