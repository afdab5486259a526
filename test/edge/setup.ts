import { beforeEach } from "vitest";
import { forgetLines } from "../../src/edge/observe/refusals.ts";
import { forgetContexts } from "./edge-of.ts";

// Files share an isolate, for a new one takes 3 s to start: what one refuses is not to fill the log of the next.
beforeEach(forgetLines);
// Nor is who waits for his own requests to wait for those of others.
beforeEach(forgetContexts);
