import { noFaults } from '../backends/board-sim/simulated-board.ts';
import type { BoardFaults } from '../backends/board-sim/simulated-board.ts';
import { TierwiseError } from '../model/error.ts';

/** The options of `tierwise board-sim` for node:util's parseArgs. */
export const boardSimOptions = {
  pty: { type: 'string' },
  drop: { type: 'string' },
  flip: { type: 'string' },
  garbage: { type: 'string' },
  delay: { type: 'string' },
  'unplug-after': { type: 'string', multiple: true },
  'replug-after': { type: 'string' },
  'power-loss': { type: 'boolean' },
  seed: { type: 'string' },
  verbose: { type: 'boolean' },
} as const;

/** The names of these options. */
export const boardSimOptionNames: readonly string[] = Object.keys(boardSimOptions);

/** What was given of them, as text. */
export interface BoardSimValues {
  readonly pty?: string | undefined;
  readonly drop?: string | undefined;
  readonly flip?: string | undefined;
  readonly garbage?: string | undefined;
  readonly delay?: string | undefined;
  readonly 'unplug-after'?: readonly string[] | undefined;
  readonly 'replug-after'?: string | undefined;
  readonly 'power-loss'?: boolean | undefined;
  readonly seed?: string | undefined;
  readonly verbose?: boolean | undefined;
}

/** Longest delay and longest absence, milliseconds. */
const longestMs = 3_600_000;

/** The faults that were asked for. Throws TierwiseError of category usage. */
export function parseFaults(values: BoardSimValues): BoardFaults {
  return {
    drop: rate('drop', values.drop),
    flip: rate('flip', values.flip),
    garbage: rate('garbage', values.garbage),
    delayMs: whole('delay', values.delay, 0, longestMs, noFaults.delayMs),
    unplugAfter: (values['unplug-after'] ?? []).map((text) => whole('unplug-after', text, 1, Number.MAX_SAFE_INTEGER, 1)),
    replugAfterMs: whole('replug-after', values['replug-after'], 0, longestMs, noFaults.replugAfterMs),
    powerLoss: values['power-loss'] === true,
    seed: whole('seed', values.seed, 0, 2 ** 30, noFaults.seed),
  };
}

function rate(name: string, text: string | undefined): number {
  if (text === undefined) return 0;
  const value = Number(text);
  if (!/^[\d.]+(e-?\d+)?$/i.test(text) || !(value >= 0 && value <= 1))
    throw usage(`--${name} wants a share of the bytes between 0 and 1, not "${text}"`, `For example --${name} 0.001.`);
  return value;
}

function whole(name: string, text: string | undefined, least: number, most: number, fallback: number): number {
  if (text === undefined) return fallback;
  const value = Number(text);
  if (!/^\d+$/.test(text) || value < least || value > most)
    throw usage(`--${name} wants a whole number between ${least} and ${most}, not "${text}"`, 'Run `tierwise --help` for its unit.');
  return value;
}

function usage(message: string, advice: string): TierwiseError {
  return new TierwiseError('usage', message, advice, { category: 'usage' });
}
