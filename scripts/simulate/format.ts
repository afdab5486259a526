import type { CachelessReport, MethodFigures, Results, ScenarioReport, Spread } from "./figures.ts";
import { DOOMED, LOCATIONS, REGIONS_SERVED, TIMES } from "./scenario.ts";

/** All that was simulated, for people. */
export function formatResults({ size, cacheless, scenarios }: Results): string {
  const { colos, isolates, rate, seed } = size;
  return [
    `${colos} colos × ${isolates} isolates × ${rate}/s, seed ${seed}; the cluster ${DOOMED}, one of ${REGIONS_SERVED.length}, dies at ${TIMES.dies} s and is back at ${TIMES.returns} s.`,
    "Times are counted from its death, those of the recovery from its return.",
    "",
    ...scenarios.map((scenario) => formatScenario(scenario, cacheless)),
  ].join("\n");
}

function formatScenario(report: ScenarioReport, cacheless: CachelessReport): string {
  const { name, interval, perTryTimeout, isObjectLost, gets, posts, detection, load, probes, object, recovery } =
    report;
  const notes = [
    `probed every ${interval / 1000} s`,
    ...(perTryTimeout === 0 ? [] : [`a try has ${perTryTimeout / 1000} s`]),
    ...(isObjectLost ? ["the health object is lost"] : []),
  ];
  const rows: readonly (readonly [string, string])[] = [
    ["requests", whole(gets.sent + posts.sent)],
    ["failed GETs", failures(gets)],
    ["failed POSTs", failures(posts)],
    ["last failed sent", seconds(report.lastFailed)],
    ["answered after 5 s or more", whole(report.slow)],
    ["retries", whole(report.retries)],
    ["object: ejected by agreement", seconds(detection.ejected)],
    ["object: unhealthy by probes", seconds(detection.unhealthy)],
    ["50, 90, 100 % of the isolates", spread(detection.isolates)],
    ["  of those that use it", spread(detection.users)],
    ["load of the others at most", `${ratio(load.together)} together, ${ratio(load.ratio)} on ${load.cluster}`],
    ["probes a second and cluster", `${figure(probes.usual)}, at most ${probes.most}`],
    [`  from ${LOCATIONS.length} locations`, figure(probes.withLocations)],
    [
      "object requests a second",
      `${figure(object.usual)}; at the start ${object.start}, after the death ${object.most}`,
    ],
    ["  of one isolate", `one in ${object.shortestPause?.toFixed(2) ?? "-"} s at most`],
    ["  if colos had no cache", `${figure(cacheless.usual)}; at the start ${whole(cacheless.start)}`],
    ["rows written an hour", whole(report.rowsPerHour)],
    ["50, 90 % of its requests again", [recovery.half, recovery.most].map(seconds).join(", ")],
  ];
  const width = Math.max(...rows.map(([label]) => label.length));
  return [
    `== ${name} (${notes.join(", ")})`,
    ...rows.map(([label, text]) => `${label.padEnd(width)}  ${text}`),
    "",
  ].join("\n");
}

function failures({ sent, failed, meant }: MethodFigures): string {
  const all = `${whole(failed)} of ${whole(sent)} (${percent(failed, sent)})`;
  return `${all}; of ${whole(meant)} meant for ${DOOMED} in its outage ${percent(failed, meant)}`;
}

function percent(part: number, of: number): string {
  return of === 0 ? "-" : `${((100 * part) / of).toFixed(2)} %`;
}

function spread({ half, most, all }: Spread): string {
  return [half, most, all].map(seconds).join(", ");
}

function seconds(time: number | null): string {
  return time === null ? "never" : `${time.toFixed(1)} s`;
}

function ratio(value: number): string {
  return `× ${value.toFixed(2)}`;
}

function figure(value: number): string {
  return value >= 100 ? whole(Math.round(value)) : value.toFixed(2);
}

function whole(value: number): string {
  return value.toLocaleString("en");
}
