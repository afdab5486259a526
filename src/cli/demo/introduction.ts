import { type CompileResult, type PathMatch, sampleTexts } from "../../compiler/index.ts";

/** What `npm start` says: routes to try, and how to take a cluster away. */
export function introduction(edge: string, clusters: ReadonlyMap<string, number>, { output }: CompileResult): string {
  const hosts = output?.router.hosts ?? [];
  const tries = hosts
    .filter(({ hostname }) => hostname !== "*")
    .flatMap(({ hostname, rules }) =>
      rules
        .filter(({ rule }) => rule.role === "rule")
        .map(({ rule }) => {
          const host = hostname.replace("*", "any");
          return `  curl -H 'Host: ${host}' ${edge}${exampleOf(rule.match.path)}`;
        }),
    );
  const [first] = clusters;
  const loop = `for i in $(seq 20); do curl -s -H 'Host: example.com' ${edge}/service1/a | head -1; done`;
  const stop =
    first === undefined
      ? []
      : ["", `Stop one cluster, and see requests go on (${first[0]}):`, `  kill ${first[1]}`, `  ${loop}`];
  return ["", `Open ${edge}/ to see routes, clusters and live counts.`, "", "Try:", ...tries, ...stop, ""].join("\n");
}

function exampleOf(path: PathMatch): string {
  if (path.type === "Exact") return path.value;
  if (path.type === "RegularExpression") return sampleTexts(path.source)[0] ?? "/";
  return `${path.value.replace(/\/$/, "")}/a`;
}
