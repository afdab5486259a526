import type { Problem } from "../problem.ts";

/**
 * The answer, or null when its headers are not there in time; the body may take as long as it likes. A late answer is
 * dropped. There is no AbortController: it would cost as much as a header on every request, and what still runs ends
 * with the request.
 */
export function inTime<Answer extends Response | Problem>(
  answer: Promise<Answer>,
  milliseconds: number,
): Promise<Answer | null> {
  if (milliseconds === Number.POSITIVE_INFINITY) return answer;
  return new Promise((resolve, reject) => {
    let late = false;
    const timer = setTimeout(
      () => {
        late = true;
        resolve(null);
      },
      Math.max(0, milliseconds),
    );
    answer.then(
      (response) => {
        clearTimeout(timer);
        if (!late) resolve(response);
        else if (typeof response !== "string") void response.body?.cancel();
      },
      (error: unknown) => {
        clearTimeout(timer);
        reject(error);
      },
    );
  });
}
