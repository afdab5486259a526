import { lengthOf } from "./retry.ts";

/** The body through a pipe; `end` is called when it is over: sent, broken off, or its reader gone. */
export function untilEnd(
  body: ReadableStream,
  headers: Headers,
  end: () => void,
  waitUntil: (promise: Promise<unknown>) => void,
): ReadableStream {
  const pipe = pipeOf(headers);
  waitUntil(body.pipeTo(pipe.writable).then(end, end));
  return pipe.readable;
}

/**
 * A pipe for the body of an answer with these headers, which keeps its length. The length that an encoded answer announces
 * is not that of its body, which the runtime decodes.
 */
export function pipeOf(headers: Headers): IdentityTransformStream {
  const length = headers.has("content-encoding") ? null : lengthOf(headers);
  return length === null ? new IdentityTransformStream() : new FixedLengthStream(length);
}
