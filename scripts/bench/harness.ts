// The worker that is measured: time stands still within a request to workerd, so it answers many in one, and is timed from
// outside.

import { createEdge } from "../../src/edge/app.ts";
import { Ledger } from "../../src/edge/limits/ledger.ts";
import type { Ask } from "../../src/edge/limits/protocol.ts";
import { LIMITS_BINDING } from "../../src/table/bindings.ts";
import type { Measured } from "./in-workerd.ts";
import table from "./table.bin";

const edge = createEdge(table);
const ok = { fetch: async () => new Response("ok") };
const counter = { limit: async () => ({ success: true }) };
const ledger = new Ledger({ load: () => null, save: () => undefined, drop: () => undefined });
const object = { take: async (asks: readonly Ask[]) => ledger.take(asks, Date.now() * 1000) };
const limits = { idFromName: (name: string) => name, get: () => object };

export default {
  async fetch(request: Request, { MEASURED }: { readonly MEASURED: Measured }, context: ExecutionContext) {
    const { headers, namespaces, counters = [] } = MEASURED;
    const env = {
      EDGE_INGRESS_LOCAL_CLIENT: "127.0.0.1",
      only: ok,
      ...Object.fromEntries(Object.entries(namespaces).map(([name, value]) => [name, { get: async () => value }])),
      ...Object.fromEntries(counters.map((name) => [name, counter])),
      [LIMITS_BINDING]: limits,
    };
    const count = Number(new URL(request.url).searchParams.get("count"));
    for (let index = 0; index < count; index++) {
      const sent = new Request("http://shop.test/cart", { headers: headers[index % headers.length] ?? {} });
      const { status } = await edge.fetch(sent, env, context);
      if (status !== 200) return new Response(`the route answers ${status}`, { status: 500 });
    }
    return new Response("done");
  },
};
