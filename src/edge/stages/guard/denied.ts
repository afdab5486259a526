import { type Problem, problemResponse } from "../../problem.ts";
import type { Visit } from "../visit.ts";
import type { Denied } from "./check.ts";

/** 401 with how to come back, which RFC 9110 §15.5.2 asks for. */
export function unauthorized({ request, requestId }: Visit, challenge: string): Denied {
  const answer = problemResponse("unauthorized", request, requestId);
  answer.headers.set("www-authenticate", challenge);
  return { allowed: false, status: 401, answer };
}

/** 503: whether the request may pass can't be told now, so it does not. */
export const UNDECIDED: Denied = { allowed: false, status: 503, answer: "unavailable" satisfies Problem };
