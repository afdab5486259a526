import { type ChaosReport, type FaultReport, RECOVERY_BOUND } from "./report.ts";
import { RATE } from "./scenario.ts";

const HEADER = [
  "fault",
  "at",
  "for",
  "met",
  "detected",
  "failed GETs",
  "failed POSTs",
  "retried",
  "moved",
  "back in use",
];

/** A run for people: a line for each fault, totals, and what the columns mean. */
export function formatChaos(report: ChaosReport): string {
  const { scenario, gets, posts, failedGets, failedPosts, deliveredTwice, deliveries, faults, lateness } = report;
  const rows = [HEADER, ...faults.map(rowOf)];
  const widths = HEADER.map((_, at) => Math.max(...rows.map((row) => (row[at] as string).length)));
  const lines = rows.map((row) =>
    row
      .map((cell, at) => (at === 0 ? cell.padEnd(widths[at] as number) : cell.padStart(widths[at] as number)))
      .join("  "),
  );
  return [
    `${scenario}: ${gets + posts} requests, ${RATE} a second; ${deliveries} deliveries`,
    "",
    ...lines,
    "",
    `${gets} GETs, ${failedGets.length} failed; ${posts} POSTs, ${failedPosts} failed, ${deliveredTwice.length} delivered twice`,
    "met: by a request of the harness that went straight to the cluster. detected: from the fault to the last request that",
    "felt it. moved: went to another cluster untouched, or was refused a connection and went on at once.",
    `back in use: after the fault's end, at most ${seconds(RECOVERY_BOUND)}.`,
    `Clusters without a fault, and the edge without any, answered the harness within ${seconds(lateness)}.`,
    "",
  ].join("\n");
}

function rowOf(report: FaultReport): string[] {
  const { fault, met, detection, failedGets, failedPosts, retried, moved, recovery, recovers } = report;
  return [
    `${fault.cluster} ${fault.fault}`,
    `${fault.at} s`,
    `${fault.for} s`,
    `${met}`,
    detection === null ? "-" : seconds(detection),
    `${failedGets}`,
    `${failedPosts}`,
    `${retried}`,
    moved === null ? "-" : `${moved}`,
    recovers ? (recovery === null ? "never" : seconds(recovery)) : "-",
  ];
}

function seconds(milliseconds: number): string {
  return `${(milliseconds / 1000).toFixed(2)} s`;
}
