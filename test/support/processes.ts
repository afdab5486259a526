import { existsSync, readdirSync, readFileSync, writeFileSync } from "node:fs";

/** A process as /proc shows it; the start time tells it from a later one with the same id. */
export interface ProcessInfo {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
  readonly startTime: string;
}

/** True where /proc tells about processes: Linux. */
export const HAS_PROC = process.platform === "linux";

/** Every process below this one, nearest first; none where there is no /proc. */
export function descendants(pid: number): ProcessInfo[] {
  if (!HAS_PROC) return [];
  const all = readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => processInfo(Number(name)) ?? []);
  const below = (parent: number): ProcessInfo[] => {
    const children = all.filter((one) => one.parent === parent);
    return [...children, ...children.flatMap((child) => below(child.pid))];
  };
  return below(pid);
}

/** True while that very process runs; one that has ended and was not yet reaped does not. */
export function isAlive({ pid, startTime }: ProcessInfo): boolean {
  return processInfo(pid)?.startTime === startTime;
}

/** Bytes of memory that a process holds now, and the most it ever held. */
export function memoryOf(pid: number): { readonly now: number; readonly peak: number } {
  const status = readFileSync(`/proc/${pid}/status`, "utf8");
  const bytes = (field: string) => Number(new RegExp(`^${field}:\\s+(\\d+) kB$`, "m").exec(status)?.[1]) * 1024;
  return { now: bytes("VmRSS"), peak: bytes("VmHWM") };
}

/** Null for a process that is gone, or dead and not yet reaped. The fields are those of proc(5), /proc/pid/stat. */
function processInfo(pid: number): ProcessInfo | null {
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
    const command = stat.slice(stat.indexOf("(") + 1, stat.lastIndexOf(")"));
    const fields = stat.slice(stat.lastIndexOf(")") + 2).split(" ");
    if (fields[0] === "Z" || fields[0] === "X") return null;
    return { pid, parent: Number(fields[1]), command, startTime: fields[19] ?? "" };
  } catch {
    return null;
  }
}

/** Lets the peak of a process begin anew at what it holds now; false where the kernel has no clear_refs of proc(5): gVisor. */
export function resetPeak(pid: number): boolean {
  const path = `/proc/${pid}/clear_refs`;
  if (!existsSync(path)) return false;
  writeFileSync(path, "5");
  return true;
}

/**
 * Bytes that the kernel may come to hold of one connection, its two buffers full (tcp(7), tcp_rmem and tcp_wmem): it
 * grows them as it sees fit, so that what a sender is ahead differs from run to run and from machine to machine.
 */
export function socketBuffers(): number {
  if (!HAS_PROC) return 16 * 2 ** 20;
  const largest = (name: string) => Number(readFileSync(`/proc/sys/net/ipv4/${name}`, "utf8").trim().split(/\s+/)[2]);
  return largest("tcp_rmem") + largest("tcp_wmem");
}
