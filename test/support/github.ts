import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { afterAll } from "vitest";

/** The comments of one pull request, and how to reach the stub that has them. */
export interface GithubStub {
  readonly origin: string;
  readonly comments: { readonly id: number; body: string }[];
  /** Answered to everything where it is set. */
  refuse: number | null;
}

const closing: (() => void)[] = [];

afterAll(() => {
  for (const close of closing) close();
});

/** A stub of GitHub's API for issue comments on loopback, ended with the test file. It takes one token. */
export async function startGithub(token: string): Promise<GithubStub> {
  const stub = { origin: "", comments: [] as { id: number; body: string }[], refuse: null as number | null };
  const server = createServer(async (request, response) => {
    const text = (await request.toArray()).join("");
    const answer = (status: number, body: unknown) => response.writeHead(status).end(JSON.stringify(body));
    if (request.headers.authorization !== `Bearer ${token}`) return answer(401, { message: "Bad credentials" });
    if (stub.refuse !== null) return answer(stub.refuse, { message: "Resource not accessible by integration" });
    const { pathname, searchParams } = new URL(request.url ?? "", "http://stub");
    const page = Number(searchParams.get("page") ?? 1);
    const [, id] = /^\/repos\/acme\/edge\/issues\/comments\/(\d+)$/.exec(pathname) ?? [];
    const isList = pathname === "/repos/acme/edge/issues/7/comments";
    if (request.method === "GET" && isList) return answer(200, stub.comments.slice((page - 1) * 100, page * 100));
    if (request.method === "POST" && isList) {
      stub.comments.push({ id: stub.comments.length + 1, body: JSON.parse(text).body });
      return answer(201, {});
    }
    const old = stub.comments.find((comment) => `${comment.id}` === id);
    if (request.method !== "PATCH" || old === undefined) return answer(404, { message: "Not Found" });
    old.body = JSON.parse(text).body;
    return answer(200, {});
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  closing.push(() => server.close());
  stub.origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  return stub;
}
