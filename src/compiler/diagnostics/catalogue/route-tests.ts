import type { CatalogueEntry } from "../diagnostic.ts";

export const routeTestCodes = {
  EI8001: {
    severity: "error",
    title: "A test that expects nothing",
    why: "It could not fail, so it would say that all is well whatever the routes are.",
    fix: "Add what must happen under `expect`: route, service, clusters, status, redirect, headers or forwarded.",
  },
  EI8002: {
    severity: "error",
    title: "A request that no client can send",
    why: "A test sends its request as it stands: the URL with its path as it goes over the wire, a method and headers of HTTP. What can't be sent tells nothing about a route.",
    fix: "Write the request as a client sends it, as in `url: https://shop.example.com/cart?id=1`.",
  },
  EI8003: {
    severity: "error",
    title: "Expectations that no answer can meet",
    why: "Two things that are expected can't be true at once, or one is of a form that never comes, so the test would fail whatever the routes are.",
    fix: "Remove one of them.",
  },
} as const satisfies Record<string, CatalogueEntry>;
