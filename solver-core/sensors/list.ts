import type { SensorKind } from '../protocol/measure-documents.ts';
import type { BoardSource } from './board.ts';
import { findBoards } from './board.ts';
import type { Coverage, FoundSensor } from './found.ts';
import { unusable } from './found.ts';
import { findHwmon } from './hwmon.ts';
import type { SensorHost } from './host.ts';
import { findNvml } from './nvml.ts';
import { findRapl } from './rapl.ts';
import type { CardSource } from './xrt.ts';
import { findXrt } from './xrt.ts';

/** What jobs bind to links and tools of their own. */
export interface SensorSources {
  readonly cards: readonly CardSource[];
  readonly boards: readonly BoardSource[];
}

const platforms: Readonly<Record<string, string>> = { darwin: 'macOS', win32: 'Windows' };

/**
 * Every meter of the machine, by kind: those that are ready, and for each kind that has none a line with the reason and what to do.
 * Looking takes a tenth of a second for counters and one answer of each tool; nothing else is run. Never rejects for what the machine is.
 */
export async function findSensors(host: SensorHost, sources: SensorSources): Promise<readonly FoundSensor[]> {
  const [rapl, hwmon, nvml, xrt, board] = await Promise.all([
    host.platform === 'linux' ? findRapl(host) : [unsupported(host, 'rapl', 'processor')],
    host.platform === 'linux' ? findHwmon(host) : [unsupported(host, 'hwmon', 'rail')],
    host.platform === 'darwin' ? [unsupported(host, 'nvml', 'gpu')] : findNvml(host),
    host.platform === 'linux' ? findXrt(sources.cards, host.clock) : [unsupported(host, 'xrt', 'card')],
    findBoards(sources.boards, host.clock),
  ]);
  return [...rapl, ...hwmon, ...nvml, ...xrt, ...board];
}

function unsupported(host: SensorHost, kind: SensorKind, covers: Coverage): FoundSensor {
  const system = platforms[host.platform] ?? host.platform;
  const others: Readonly<Record<string, string>> = {
    darwin: 'macOS shows power only to root, through powermetrics, which Tierwise does not run',
    win32: 'Windows shows the counters only to a driver of its own, which Tierwise does not bring',
  };
  const why = kind === 'rapl' ? (others[host.platform] ?? 'they are read through Linux only') : 'it is read through Linux only';
  return unusable(kind, covers, 'absent', `Not supported on ${system}: ${why}. Measure on Linux.`);
}
