import { createRandom } from '../fit/prng.ts';
import { splitRows } from '../fit/split.ts';
import { isInMemory, rowBatches, rowElements } from '../fit/row-batches.ts';
import type { FitRows, LabelledRows } from '../fit/index.ts';
import type { AbortFlag } from '../model/abort.ts';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { OpenedRows } from './open-rows.ts';

/** The three parts of the rows; no row is in two of them. */
export interface SelectRows {
  /** Steer the choice of each weight. */
  readonly calibration: LabelledRows;
  /** Decide between whole configurations. */
  readonly validation: LabelledRows;
  /** Judge once, at the end. */
  readonly heldOut: FitRows;
}

/** Share of the plan's fit rows that steers; the rest decides. */
const steeringShare = 2 / 3;
/** Fewer fit rows than this leave too few on both sides to tell one point of accuracy from another. */
export const fewestFitRows = 60;
/** What a cap may leave for steering at least. */
const fewestCalibrationRows = 20;
/** Fewer rows than this say nothing about what was lost. */
const fewestHeldOutRows = 10;
/** Calibration rows that are used at most unless told; more add time and hardly anything else. */
export const defaultCalibrationRows = 16384;
/** What calibration and validation rows may take in memory together. */
const memoryBytes = 2 ** 30;

/**
 * Splits the rows: the plan's own split gives the held-out rows; of the fit rows two thirds steer and one third decides, drawn with the
 * plan's seed. At most `calibrationRows` of the former and half as many of the latter are used, drawn with the same seed.
 * Throws `too-few-rows`, `data-too-large`.
 */
export async function selectRows(
  data: OpenedRows,
  split: { readonly fraction: number; readonly seed: number },
  calibrationRows = defaultCalibrationRows,
  abort?: AbortFlag,
): Promise<SelectRows> {
  if (calibrationRows < fewestCalibrationRows) {
    throw new TierwiseError(
      'too-few-rows',
      `${calibrationRows} calibration rows cannot steer the choice of weights; at least ${fewestCalibrationRows} can`,
      'Give a larger number with --rows, or leave it away.',
      { category: 'usage' },
    );
  }
  const { fit, heldOut } = splitRows(data.rows.rows, split.fraction, split.seed);
  if (fit.length < fewestFitRows) {
    throw new TierwiseError(
      'too-few-rows',
      `the plan gives ${fit.length} of ${data.rows.rows} rows of ${data.name} to the fit; selecting weights takes at least ${fewestFitRows}: two thirds steer, one third decides`,
      'Give more rows, or a larger split in the plan.',
    );
  }
  if (heldOut.length < fewestHeldOutRows) {
    throw new TierwiseError(
      'too-few-rows',
      `the plan keeps ${heldOut.length} of ${data.rows.rows} rows of ${data.name} aside; judging the result takes at least ${fewestHeldOutRows} that nothing was chosen by`,
      'Give more rows, or a smaller split in the plan.',
    );
  }
  const parts = splitRows(fit.length, steeringShare, split.seed + 1);
  const calibration = drawn(
    parts.fit.map((at) => fit[at]!),
    calibrationRows,
    split.seed,
  );
  const validation = drawn(
    parts.heldOut.map((at) => fit[at]!),
    Math.max(fewestCalibrationRows, Math.ceil(calibrationRows / 2)),
    split.seed,
  );
  const bytes = 4 * rowElements(data.rows) * (calibration.length + validation.length);
  if (bytes > memoryBytes) {
    throw new TierwiseError(
      'data-too-large',
      `${calibration.length} calibration and ${validation.length} validation rows of ${data.name} take ${Math.ceil(bytes / 2 ** 20)} MiB; ${memoryBytes / 2 ** 20} MiB are allowed`,
      'Use fewer with --rows N.',
    );
  }
  return {
    calibration: await inMemory(data.take(calibration), abort),
    validation: await inMemory(data.take(validation), abort),
    heldOut: data.take(heldOut),
  };
}

/** At most `count` of the numbers, drawn with the seed, increasing. */
function drawn(numbers: Uint32Array, count: number, seed: number): Uint32Array {
  if (numbers.length <= count) return numbers;
  const random = createRandom(seed, 'select-cap');
  const order = numbers.slice();
  for (let i = 0; i < count; i++) {
    const j = i + random.below(order.length - i);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order.subarray(0, count).sort();
}

async function inMemory(rows: FitRows, abort: AbortFlag | undefined): Promise<LabelledRows> {
  if (isInMemory(rows)) return rows;
  const elements = rowElements(rows);
  const x = new Float32Array(rows.rows * elements);
  for await (const batch of rowBatches(rows, Math.max(1, Math.floor(2 ** 20 / elements)))) {
    checkAbort(abort);
    x.set(batch.x, batch.first * elements);
  }
  return { rows: rows.rows, inputShape: rows.inputShape, x, labels: rows.labels };
}
