import { enableCompileCache } from "node:module";
import { join } from "node:path";
import { cacheDirectory, makeOurs } from "./cache-directory.ts";

/**
 * The program's first lines: from here on Node keeps what it makes of the program's text, and starts faster the next time.
 * In a directory of ours, for code that others could write would be run.
 */
function keepCode(): void {
  const directory = cacheDirectory();
  if (directory === null) return;
  const code = join(directory, "code");
  try {
    makeOurs(directory);
    makeOurs(code);
  } catch {
    return;
  }
  // It never throws, and does nothing where it can't.
  enableCompileCache(code);
}

keepCode();
await import("./main.ts");
