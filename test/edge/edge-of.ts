import { createExecutionContext, waitOnExecutionContext } from "cloudflare:test";
import { encodeTable } from "../../src/compiler/table/encode.ts";
import { createEdge } from "../../src/edge/app.ts";
import { type RouterSketch, routerOf } from "../support/router.ts";

export type Answer = (request: Request) => Response | Promise<Response>;

const contexts: ExecutionContext[] = [];

/** Of requests up to now nothing is waited for: some never end. */
export function forgetContexts(): void {
  contexts.length = 0;
}

/** Waits for what the requests up to now, of this test, left running beside them. */
export async function settled(): Promise<void> {
  await Promise.all(contexts.splice(0).map(waitOnExecutionContext));
}

/** An edge over a sketch whose endpoints are functions; `env` adds bindings. */
export function edgeOf(
  sketch: RouterSketch,
  endpoints: Readonly<Record<string, Answer>> = { only: () => new Response("ok") },
  more: Readonly<Record<string, unknown>> = {},
) {
  const app = createEdge(encodeTable(routerOf(sketch)).buffer);
  const bindings = Object.entries(endpoints).map(([name, answer]) => [
    name,
    { fetch: async (request: Request) => answer(request) },
  ]);
  const env = { EDGE_INGRESS_LOCAL_CLIENT: "127.0.0.1", ...Object.fromEntries(bindings), ...more };
  return (url: string, init: RequestInit = {}) => {
    const context = createExecutionContext();
    contexts.push(context);
    return Promise.resolve(app.fetch(new Request(url, init), env, context));
  };
}

/** An endpoint that nothing listens at. */
export const refused: Answer = () => {
  throw new Error("Network connection lost.");
};
