import type { Behaviour } from "./behaviours/behaviour.ts";
import { NOT_COMPARED } from "./compare.ts";
import type { WantedDifference } from "./differences.ts";

/** `docs/differences-from-nginx.md`. */
export function differencesPage(behaviours: readonly Behaviour[], differences: readonly WantedDifference[]): string {
  const cell = (text: string) => text.replaceAll("|", "\\|");
  const row = ({ edge, nginx, reason }: WantedDifference) => `| ${cell(edge)} | ${cell(nginx)} | ${cell(reason)} |`;
  const notCompared = Object.entries(NOT_COMPARED).map(([name, reason]) => `| \`${name}\` | ${reason} |`);
  return `# Differences from nginx

[\`test/differential/ingress-nginx.test.ts\`](../test/differential/ingress-nginx.test.ts) writes this page. It asks a real nginx,
with the configuration that the ingress-nginx controller would write for some manifests, and the edge on workerd, with
what is compiled of the same manifests, the same requests. Both stand before the same Services, which tell what they were
asked. Compared are the status, which Services were asked, the target of the request as they got it, their headers and
bodies, and the headers and the body of the answer.

\`DIFFERENTIAL_REQUESTS=2000 npx vitest run --project node test/differential\` asks 2,000 requests of each of the
${behaviours.length} behaviours below; \`npm test\` asks fewer. Without nginx on the machine it is skipped.

## Wanted

The test fails on every difference that is not in this list, and on those of the list that do not occur.

| The edge | nginx | Why |
| --- | --- | --- |
${differences.map(row).join("\n")}

## Not compared

Headers of both directions:

| Header | Because |
| --- | --- |
${notCompared.join("\n")}

An \`X-Request-ID\` that the proxy makes is compared by its form. Bodies of answers are compared where a Service wrote them.

What the controller does in Lua is written in nginx's own words: the redirect to https, HSTS, the choice of the canary,
redirects from and to \`www\`, Services without endpoints. Left out is what these can't say, or what takes time or chance:
affinity, limits, shares of canaries, retries, timeouts, mirrors, \`auth-url\` with \`auth-signin\`.

## Behaviours

${behaviours.map(({ name }) => `- ${name}`).join("\n")}
`;
}
