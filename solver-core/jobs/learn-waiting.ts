import type { RowLabels } from '../fit/index.ts';
import type { LearnRows } from '../learn/learner.ts';
import type { SeenRows } from './learn-rows.ts';

/** Rows that were seen and wait to be learned, or that candidates are judged on (method 3.8), oldest first. */
export interface WaitingRows {
  readonly rows: number;
  /** [rows, width] */
  readonly x: Float32Array;
  readonly width: number;
  /** Class index per row, or [rows, outputs] numbers. */
  readonly labels: Float64Array;
  readonly labelWidth: number;
  /** [rows] */
  readonly prints: Float64Array;
}

export function noRows(width: number, labelWidth: number): WaitingRows {
  return { rows: 0, x: new Float32Array(0), width, labels: new Float64Array(0), labelWidth, prints: new Float64Array(0) };
}

export function withRows(waiting: WaitingRows, { rows, prints }: SeenRows): WaitingRows {
  return {
    ...waiting,
    rows: waiting.rows + rows.rows,
    x: joined(Float32Array, waiting.x, rows.x),
    labels: joined(Float64Array, waiting.labels, Float64Array.from(rows.labels.values)),
    prints: joined(Float64Array, waiting.prints, prints),
  };
}

/** All of these rows in one piece; `like`: what their labels are. */
export function joinedRows(parts: readonly SeenRows[], like: RowLabels): SeenRows {
  const [first] = parts;
  if (first !== undefined && parts.length === 1) return first;
  const count = parts.reduce((sum, { rows }) => sum + rows.rows, 0);
  const labelWidth = like.kind === 'class' ? 1 : like.outputs;
  const x = new Float32Array(parts.reduce((sum, { rows }) => sum + rows.x.length, 0));
  const labels = new Float64Array(count * labelWidth);
  const prints = new Float64Array(count);
  let at = 0;
  for (const part of parts) {
    x.set(part.rows.x, (at * x.length) / count);
    labels.set(part.rows.labels.values, at * labelWidth);
    prints.set(part.prints, at);
    at += part.rows.rows;
  }
  return rowsBetween({ rows: count, x, width: x.length / count, labels, labelWidth, prints }, 0, count, like.kind);
}

/** Rows [from, to) as a learner sees them. */
export function rowsBetween(waiting: WaitingRows, from: number, to: number, kind: RowLabels['kind']): SeenRows {
  const { width, labelWidth } = waiting;
  const values = waiting.labels.subarray(from * labelWidth, to * labelWidth);
  const labels: RowLabels =
    kind === 'class'
      ? { kind, values: Int32Array.from(values), classes: values.reduce((high, v) => Math.max(high, v), -1) + 1 }
      : { kind, values: Float32Array.from(values), outputs: labelWidth };
  const rows: LearnRows = { rows: to - from, x: waiting.x.subarray(from * width, to * width), labels };
  return { rows, prints: waiting.prints.subarray(from, to) };
}

/** The rows for which `keeps` says so. */
export function filterRows(waiting: WaitingRows, keeps: (row: number) => boolean): WaitingRows {
  const kept = Array.from({ length: waiting.rows }, (_, r) => r).filter(keeps);
  if (kept.length === waiting.rows) return waiting;
  const { width, labelWidth } = waiting;
  const x = new Float32Array(kept.length * width);
  const labels = new Float64Array(kept.length * labelWidth);
  kept.forEach((r, at) => {
    x.set(waiting.x.subarray(r * width, (r + 1) * width), at * width);
    labels.set(waiting.labels.subarray(r * labelWidth, (r + 1) * labelWidth), at * labelWidth);
  });
  return { ...waiting, rows: kept.length, x, labels, prints: Float64Array.from(kept, (r) => waiting.prints[r]!) };
}

function joined<T extends Float32Array | Float64Array>(make: new (length: number) => T, a: T, b: T): T {
  const all = new make(a.length + b.length);
  all.set(a);
  all.set(b, a.length);
  return all;
}
