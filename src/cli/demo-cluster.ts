import type { Command } from "commander";
import { runDemoCluster } from "./demo/cluster.ts";

/** `demo-cluster`, not shown in the help: one embedded cluster of `dev --demo`. */
export function addDemoClusterCommand(program: Command): void {
  program.command("demo-cluster <name>", { hidden: true }).action((name: string) => runDemoCluster(name));
}
