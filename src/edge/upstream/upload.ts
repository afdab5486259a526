import type { RequestBody } from "../../table/policies/request-body.ts";
import { lengthOf } from "./retry.ts";

/**
 * A body of unknown length on its way to a cluster, counted as it passes and never held. Over the limit, or where the
 * client breaks off, the request to the cluster is given up by `signal`: by an error alone the runtime would end the body
 * as if it were whole. Once the cluster has begun to answer it can't be given up like that: its body ends early then, and
 * so does the answer.
 */
export class Upload {
  readonly body: ReadableStream;
  readonly signal: AbortSignal;
  /** True once more has come than the limit lets through. */
  isOver = false;

  constructor(sent: ReadableStream<Uint8Array>, maxSize: number) {
    const reader = sent.getReader();
    const giveUp = new AbortController();
    let left = maxSize;
    this.signal = giveUp.signal;
    this.body = new ReadableStream(
      {
        pull: async (controller) => {
          try {
            const { done, value } = await reader.read();
            if (done) return controller.close();
            left -= value.byteLength;
            if (left >= 0) return controller.enqueue(value);
            this.isOver = true;
            throw new RangeError("the body is larger than the limit");
          } catch (error) {
            giveUp.abort(error);
            controller.error(error);
            if (this.isOver) await reader.cancel(error);
          }
        },
        cancel: (reason) => reader.cancel(reason),
      },
      { highWaterMark: 0 },
    );
  }
}

/** The body of a request as it has to be counted; null where there is no limit, or its length is known by its headers. */
export function countedUpload({ body, headers }: Request, limit: RequestBody | null): Upload | null {
  if (limit === null || body === null || lengthOf(headers) !== null) return null;
  return new Upload(body, limit.maxSize);
}
