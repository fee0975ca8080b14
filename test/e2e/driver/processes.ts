import { readFileSync, readdirSync, writeFileSync } from 'node:fs';

export interface Process {
  readonly pid: number;
  readonly parent: number;
  readonly command: string;
}

/** All processes that descend from one, as /proc tells (Linux). */
export function descendants(ancestor: number): readonly Process[] {
  const all = readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .flatMap((name) => readProcess(Number(name)));
  const family = new Set([ancestor]);
  const found: Process[] = [];
  for (let grew = true; grew;) {
    grew = false;
    for (const process of all) {
      if (!family.has(process.parent) || family.has(process.pid)) continue;
      family.add(process.pid);
      found.push(process);
      grew = true;
    }
  }
  return found;
}

/** The shared libraries and other files that a process has mapped into memory. */
export function mappedFiles(pid: number): readonly string[] {
  return readFileSync(`/proc/${pid}/maps`, 'utf8')
    .split('\n')
    .map((line) => line.split(/\s+/)[5] ?? '')
    .filter((file) => file.startsWith('/'));
}

function readProcess(pid: number): readonly Process[] {
  try {
    const command = readFileSync(`/proc/${pid}/cmdline`, 'utf8').replaceAll('\0', ' ').trim();
    // The second field is the program's name in brackets and may itself hold brackets and spaces.
    const parent = Number(/\) \S (\d+) /.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))?.[1]);
    return [{ pid, parent, command }];
  } catch {
    // Ended while we looked.
    return [];
  }
}

/** Memory of a process that is in RAM now, in bytes (Linux). */
export function residentBytes(pid: number): number {
  return statusKilobytes(pid, 'VmRSS') * 1024;
}

/** The most memory a process has had in RAM since `forgetPeak`, or since it started where the kernel does not let us forget. */
export function peakBytes(pid: number): number {
  return statusKilobytes(pid, 'VmHWM') * 1024;
}

/** Lets `peakBytes` count from now on. */
export function forgetPeak(pid: number): void {
  try {
    writeFileSync(`/proc/${pid}/clear_refs`, '5');
  } catch {
    // Some containers forbid it; the peak since the start is then the stricter measure.
  }
}

function statusKilobytes(pid: number, field: string): number {
  const line = new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(readFileSync(`/proc/${pid}/status`, 'utf8'));
  if (line?.[1] === undefined) throw new Error(`/proc/${pid}/status has no ${field}`);
  return Number(line[1]);
}
