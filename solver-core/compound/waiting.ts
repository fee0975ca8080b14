import type { LearnRows } from '../learn/learner.ts';
import { classRows } from './features.ts';
import type { Exit, WaitingDecisions } from './types.ts';

/** Widths of the features of the two exits. */
export interface Widths {
  readonly lower: number;
  readonly upper: number;
}

/** Labelled decisions of one batch, in their order. */
export interface LabelledDecisions {
  readonly labels: readonly number[];
  readonly exits: readonly Exit[];
  /** [rows, lower width] */
  readonly lower: Float32Array;
  /** [rows that the upper exit decided, upper width] */
  readonly upper: Float32Array;
}

export function noWaiting(): WaitingDecisions {
  const none = (): Float64Array => new Float64Array(0);
  return {
    ...{ first: 0, rows: 0, lower: new Float32Array(0), upper: new Float32Array(0) },
    ...{ upperRows: none(), labels: none(), exits: none() },
  };
}

/** The rows that wait and these behind them. */
export function withDecisions(waiting: WaitingDecisions, { labels, exits, lower, upper }: LabelledDecisions): WaitingDecisions {
  const upperRows = exits.flatMap((exit, i) => (exit === 'upper' ? [waiting.rows + i] : []));
  return {
    first: waiting.first,
    rows: waiting.rows + labels.length,
    lower: joinedFloats(waiting.lower, lower),
    upper: joinedFloats(waiting.upper, upper),
    upperRows: Float64Array.from([...waiting.upperRows, ...upperRows]),
    labels: Float64Array.from([...waiting.labels, ...labels]),
    exits: Float64Array.from([...waiting.exits, ...exits.map((exit) => (exit === 'upper' ? 1 : 0))]),
  };
}

/** Without the rows before this position of the stream. */
export function withoutBefore(waiting: WaitingDecisions, position: number, widths: Widths): WaitingDecisions {
  const drop = Math.max(0, Math.min(waiting.rows, position - waiting.first));
  if (drop === 0) return waiting;
  const gone = waiting.upperRows.filter((row) => row < drop).length;
  return {
    first: waiting.first + drop,
    rows: waiting.rows - drop,
    lower: waiting.lower.slice(drop * widths.lower),
    upper: waiting.upper.slice(gone * widths.upper),
    upperRows: waiting.upperRows.slice(gone).map((row) => row - drop),
    labels: waiting.labels.slice(drop),
    exits: waiting.exits.slice(drop),
  };
}

/** Rows [from, to) of the stream, for each exit as its head sees them. */
export interface RowsOfExits {
  readonly rows: number;
  /** [rows] */
  readonly exits: readonly Exit[];
  readonly lower: LearnRows;
  /** The rows that the upper exit decided, and which of `rows` each is. */
  readonly upper: LearnRows;
  readonly upperRows: readonly number[];
}

export function rowsBetween(waiting: WaitingDecisions, from: number, to: number, widths: Widths): RowsOfExits {
  const [first, end] = [Math.max(0, from - waiting.first), Math.max(0, Math.min(waiting.rows, to - waiting.first))];
  const labels = Int32Array.from(waiting.labels.subarray(first, end));
  const positions = Array.from(waiting.upperRows.keys()).filter((i) => waiting.upperRows[i]! >= first && waiting.upperRows[i]! < end);
  const [start, stop] = [positions[0] ?? 0, (positions.at(-1) ?? -1) + 1];
  const upperRows = positions.map((i) => waiting.upperRows[i]! - first);
  return {
    rows: Math.max(0, end - first),
    exits: Array.from(waiting.exits.subarray(first, end), (exit) => (exit === 1 ? 'upper' : 'lower')),
    lower: classRows(waiting.lower.subarray(first * widths.lower, end * widths.lower), labels),
    upper: classRows(
      waiting.upper.subarray(start * widths.upper, stop * widths.upper),
      Int32Array.from(upperRows, (row) => labels[row]!),
    ),
    upperRows,
  };
}

function joinedFloats(a: Float32Array, b: Float32Array): Float32Array {
  const all = new Float32Array(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
