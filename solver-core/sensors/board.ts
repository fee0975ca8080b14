import type { FoundSensor } from './found.ts';
import { unusable } from './found.ts';
import type { MeterClock } from './host.ts';

/** One TELEMETRY message of a board (docs/link.md): counters since power-up, in clocks and toggled bits. */
export interface BoardCounters {
  readonly sequence: number;
  readonly uptime: number;
  readonly busy: number;
  readonly toggles: number;
  readonly bad_frames: number;
}

/** A board that answers at a serial port; jobs bind it to a link. */
export interface BoardSource {
  readonly path: string;
  readonly name: string;
  readonly clockHz: number;
  /** Asks for TELEMETRY every `intervalMs`; 0 ends it. Rejects when the link fails. */
  watch(intervalMs: number, listener: (counters: BoardCounters) => void): Promise<void>;
}

/** What a board did between two messages. */
export interface BoardActivity {
  readonly seconds: number;
  /** Share of the time in which the engine ran a command, 0..1. */
  readonly busyShare: number;
  readonly toggles: number;
  /** Messages that were sent but did not arrive. */
  readonly lost: number;
}

/** How often a board is asked, and how long it may keep quiet, milliseconds. */
const intervalMs = 100;
const silenceMs = 2000;

/** What was done from one message to a later one, or why the two cannot be compared: the counters of a board start at 0 with its power. */
export function activityBetween(from: BoardCounters, to: BoardCounters, clockHz: number): BoardActivity | string {
  const clocks = to.uptime - from.uptime;
  if (to.sequence <= from.sequence || clocks <= 0) return 'the counters went backwards: the board was reset';
  const busy = to.busy - from.busy;
  const toggles = to.toggles - from.toggles;
  if (busy < 0 || toggles < 0) return 'a counter went backwards: the board was reset';
  // A command's clocks are added when it ends, so one that began before the first message may count more than passed since.
  return { seconds: clocks / clockHz, busyShare: Math.min(1, busy / clocks), toggles, lost: to.sequence - from.sequence - 1 };
}

/**
 * Boards as meters. The messages of a board hold clocks and toggles and no power: no board of ours has a power monitor behind its
 * engine. So a board that answers is found, its activity is told, and it is not ready: joules are not made up from clocks.
 */
export async function findBoards(boards: readonly BoardSource[], clock: MeterClock): Promise<readonly FoundSensor[]> {
  if (boards.length === 0)
    return [unusable('board', 'board', 'absent', 'No board was asked. Name its port: `tierwise sensors --backend serial:PORT`.')];
  const found: FoundSensor[] = [];
  for (const board of boards) found.push(await look(board, clock));
  return found;
}

async function look(board: BoardSource, clock: MeterClock): Promise<FoundSensor> {
  const change = { id: `board:${board.path}`, name: board.name, domain: `board at ${board.path}`, updateIntervalMs: intervalMs };
  const heard: BoardCounters[] = [];
  const endMs = clock.nowMs() + silenceMs;
  try {
    await board.watch(intervalMs, (counters) => {
      if (heard.length < 64) heard.push(counters);
    });
    while (heard.length < 2 && clock.nowMs() < endMs) await clock.sleep(intervalMs);
    await board.watch(0, () => undefined);
  } catch (error) {
    return unusable(
      'board',
      'board',
      'absent',
      `The board does not answer: ${error instanceof Error ? error.message : String(error)}`,
      change,
    );
  }
  const [first] = heard;
  const last = heard.at(-1);
  if (first === undefined || last === undefined || first === last)
    return unusable(
      'board',
      'board',
      'stale',
      `The board answers but sent ${heard.length} of 2 messages of telemetry in ${silenceMs / 1000} s.`,
      change,
    );
  const activity = activityBetween(first, last, board.clockHz);
  if (typeof activity === 'string') return unusable('board', 'board', 'malformed', `Telemetry contradicts itself: ${activity}.`, change);
  const busy = `${Math.round(100 * activity.busyShare)} % busy over ${Number(activity.seconds.toPrecision(2))} s`;
  const reason =
    `The board sends clocks and toggles (${busy}) but no power: it has no power monitor that its gateware reads. ` +
    'Put an INA226 into its supply on the I2C bus of this machine, where it shows up as hwmon, or read an external meter.';
  return unusable('board', 'board', 'absent', reason, change);
}
