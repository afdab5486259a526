import { beforeEach } from "vitest";
import { forgetLines } from "../../src/edge/observe/refusals.ts";

// Files share an isolate, for a new one takes 3 s to start: what one refuses is not to fill the log of the next.
beforeEach(forgetLines);
