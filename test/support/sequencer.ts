import { BaseSequencer, type TestSpecification } from "vitest/node";

/**
 * Where these run last, one worker works while the others have nothing left. A clean clone knows no durations, and
 * those of a run before depend on what else the machine did.
 */
const LONGEST = [
  "test/chaos/chaos.test.ts",
  "test/chaos/restart.test.ts",
  "test/chaos/health-object.test.ts",
  "test/chaos/cluster.test.ts",
  "test/chaos/retry-storm.test.ts",
  "test/cli/publish.test.ts",
  "test/cli/deploy/run.test.ts",
  "test/conformance/ingress-nginx.test.ts",
  "test/cli/publish-shards.test.ts",
  "test/cli/explain/kept-answer.test.ts",
  "test/compiler/sources/hostile.test.ts",
  "test/cli/failover.test.ts",
  "test/cli/pull.test.ts",
  "test/cli/comparison/threads.test.ts",
  "test/docs/auth.test.ts",
  "test/conformance/ingress.test.ts",
  "test/compiler/bad-input.test.ts",
  "test/cli/deploy/guarded.test.ts",
  "test/cli/dev.test.ts",
  "test/cli/status.test.ts",
  "test/cli/dev-reload.test.ts",
  "test/cli/secrets-dev.test.ts",
];

export class LongestFirst extends BaseSequencer {
  override async sort(files: TestSpecification[]): Promise<TestSpecification[]> {
    const placeOf = ({ moduleId }: TestSpecification) => {
      const place = LONGEST.findIndex((name) => moduleId.endsWith(`/${name}`));
      return place === -1 ? LONGEST.length : place;
    };
    const sorted = await super.sort(files);
    return sorted.sort((a, b) => placeOf(a) - placeOf(b));
  }
}
