import type { Command } from "commander";

/** `demo-cluster`, not shown in the help: one embedded cluster of `dev --demo`. */
export function addDemoClusterCommand(program: Command): void {
  program.command("demo-cluster <name>", { hidden: true }).action(async (name: string) => {
    const { runDemoCluster } = await import("./demo/cluster.ts");
    runDemoCluster(name);
  });
}
