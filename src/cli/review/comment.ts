import { messageOf, UsageError } from "../output.ts";

/** Where a comment of GitHub goes. */
export interface PullRequest {
  /** `https://api.github.com`, or that of an Enterprise server. */
  readonly api: string;
  /** `owner/name`. */
  readonly repository: string;
  readonly number: number;
  readonly token: string;
}

/** By this a comment of ours is found again. */
const MARK = "<!-- edge-ingress review -->";

/** GitHub takes 65,536 characters. */
const MOST_CHARACTERS = 65_000;

/** Comments that are looked through: 20 pages of 100. */
const MOST_PAGES = 20;

/** Milliseconds for one answer. */
const PATIENCE = 30_000;

/**
 * Writes the comment of this pull request, or over the one of before. Throws `UsageError` with what GitHub said.
 * https://docs.github.com/en/rest/issues/comments
 */
export async function putComment(to: PullRequest, markdown: string): Promise<void> {
  const body = `${MARK}\n${shortened(markdown)}`;
  const old = await findComment(to);
  if (old === null) await ask(to, "POST", `issues/${to.number}/comments`, { body });
  else await ask(to, "PATCH", `issues/comments/${old}`, { body });
}

async function findComment(to: PullRequest): Promise<number | null> {
  for (let page = 1; page <= MOST_PAGES; page++) {
    const comments = await ask(to, "GET", `issues/${to.number}/comments?per_page=100&page=${page}`);
    if (!Array.isArray(comments)) throw new UsageError("GitHub gave no list of comments");
    const own = comments.find(({ body }) => typeof body === "string" && body.startsWith(MARK));
    if (typeof own?.id === "number") return own.id;
    if (comments.length < 100) return null;
  }
  return null;
}

async function ask(to: PullRequest, method: string, path: string, body?: object): Promise<unknown> {
  const url = `${to.api}/repos/${to.repository}/${path}`;
  const headers = {
    accept: "application/vnd.github+json",
    authorization: `Bearer ${to.token}`,
    "user-agent": "edge-ingress",
    "x-github-api-version": "2022-11-28",
    ...(body !== undefined && { "content-type": "application/json" }),
  };
  const init = { method, headers, signal: AbortSignal.timeout(PATIENCE), redirect: "error" as const };
  const answer = await fetch(url, body === undefined ? init : { ...init, body: JSON.stringify(body) }).catch(
    (error: unknown) => {
      throw new UsageError(`GitHub did not answer: ${messageOf(error)}`);
    },
  );
  if (answer.ok) return answer.json();
  const said = (await answer.text()).slice(0, 300);
  const rights = answer.status === 403 ? "\nthe workflow needs `permissions: { pull-requests: write }`" : "";
  throw new UsageError(`GitHub answered ${answer.status} to ${method} ${path}: ${said}${rights}`);
}

function shortened(markdown: string): string {
  if (markdown.length <= MOST_CHARACTERS) return markdown;
  const cut = markdown.slice(0, markdown.lastIndexOf("\n", MOST_CHARACTERS));
  return `${cut}\n\n**There is more than fits here.** \`edge-ingress diff\` prints all of it.\n`;
}
