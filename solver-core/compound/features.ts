import { createRandom } from '../fit/prng.ts';
import type { LearnRows } from '../learn/learner.ts';
import { assert } from '../model/error.ts';

/** Rows that a head learns from, read as often as it asks. The same rows in the same order each time. */
export interface FeatureSource {
  readonly rows: number;
  readonly width: number;
  /** Chunks in order. x: [rows, width]; labels: [rows] classes. */
  chunks(): AsyncIterable<FeaturePiece>;
}

export interface FeaturePiece {
  readonly rows: number;
  readonly x: Float32Array;
  readonly labels: Int32Array;
}

/** Rows in memory as a source. */
export function arrayFeatures(x: Float32Array, labels: Int32Array, width: number, chunkRows = 1024): FeatureSource {
  const rows = labels.length;
  assert(x.length === rows * width, `${x.length} values for ${rows} rows of ${width}`);
  return {
    rows,
    width,

    async *chunks() {
      for (let from = 0; from < rows; from += chunkRows) {
        const to = Math.min(rows, from + chunkRows);
        yield { rows: to - from, x: x.subarray(from * width, to * width), labels: labels.subarray(from, to) };
      }
    },
  };
}

/** What a calibration row is for. */
export type RowRole = 'learn' | 'stop' | 'judge';

/** Consecutive rows that share a role: neighbours in a text are too alike to judge each other. */
const blockRows = 16;
/** Share of the rows that no head learns; half of them stop the learning and set the temperature, half judge. */
const heldOutShare = 0.3;
/** Most rows held out: their features and scores are kept in memory. */
const heldOutBytes = 2 ** 26;

/**
 * A role for each row, in whole blocks, drawn by the seed: 70 % learn, 15 % stop, 15 % judge, less of the latter where rows of `rowValues` numbers
 * would not fit 64 MiB. Few rows go to more and smaller blocks, so that each role has some from 3 rows on.
 */
export function rowRoles(rows: number, rowValues: number, seed: number): readonly RowRole[] {
  const size = Math.max(1, Math.min(blockRows, Math.floor(rows / 30)));
  const blocks = Math.ceil(rows / size);
  const order = Array.from({ length: blocks }, (_, i) => i);
  const random = createRandom(seed, 'row roles');
  for (let i = blocks - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  const most = Math.floor(heldOutBytes / (8 * rowValues * size));
  const each = Math.max(1, Math.floor(Math.min(heldOutShare * blocks, most) / 2));
  const roles = new Array<RowRole>(blocks).fill('learn');
  for (const block of order.slice(0, each)) roles[block] = 'stop';
  for (const block of order.slice(each, 2 * each)) roles[block] = 'judge';
  return Array.from({ length: rows }, (_, r) => roles[Math.floor(r / size)]!);
}

/** The pieces of a source that hold the rows of one role, as a learner takes them; empty ones left out. */
export async function* rowsOfRole(source: FeatureSource, roles: readonly RowRole[], role: RowRole): AsyncGenerator<LearnRows> {
  let first = 0;
  for await (const piece of source.chunks()) {
    const chosen = Array.from({ length: piece.rows }, (_, r) => r).filter((r) => roles[first + r] === role);
    first += piece.rows;
    if (chosen.length > 0) yield pickRows(piece, source.width, chosen);
  }
}

/** All rows of one role in one piece. */
export async function allOfRole(source: FeatureSource, roles: readonly RowRole[], role: RowRole): Promise<LearnRows> {
  const pieces: LearnRows[] = [];
  for await (const piece of rowsOfRole(source, roles, role)) pieces.push(piece);
  const rows = pieces.reduce((sum, piece) => sum + piece.rows, 0);
  const x = new Float32Array(rows * source.width);
  const labels = new Int32Array(rows);
  let at = 0;
  for (const piece of pieces) {
    x.set(piece.x, at * source.width);
    labels.set(labelsOf(piece), at);
    at += piece.rows;
  }
  return classRows(x, labels);
}

/** Rows with classes as a learner takes them. */
export function classRows(x: Float32Array, labels: Int32Array): LearnRows {
  const classes = labels.reduce((high, v) => Math.max(high, v), -1) + 1;
  return { rows: labels.length, x, labels: { kind: 'class', values: labels, classes } };
}

/** The classes of such rows. */
export function labelsOf({ labels }: LearnRows): Int32Array {
  assert(labels.kind === 'class', 'a head of a compound model learns classes');
  return labels.values;
}

function pickRows({ x, labels }: FeaturePiece, width: number, chosen: readonly number[]): LearnRows {
  const picked = new Float32Array(chosen.length * width);
  chosen.forEach((r, at) => picked.set(x.subarray(r * width, (r + 1) * width), at * width));
  return classRows(
    picked,
    Int32Array.from(chosen, (r) => labels[r]!),
  );
}
