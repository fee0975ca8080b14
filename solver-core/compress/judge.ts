import type { Numerics } from '../fit/numerics.ts';
import type { RidgeSums } from '../fit/ridge/sums.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Calibration } from './calibrate.ts';

/** Fewer judging rows than this say little. */
const fewJudges = 32;

/** H of the steering rows, lower triangle, 0 on the diagonal of inputs that say nothing: XᵀX, less n·mean·meanᵀ when a bias takes up the mean error. */
export function steeringGram({ gram, sumX, rows, columns: d }: RidgeSums, bias: boolean): Float64Array {
  const h = gram.slice();
  if (!bias || rows === 0) return h;
  for (let i = 0; i < d; i++) {
    const diagonal = h[i * d + i]!;
    for (let j = 0; j <= i; j++) h[i * d + j] = h[i * d + j]! - (sumX[i]! * sumX[j]!) / rows;
    // A constant input: what is left is rounding.
    if (h[i * d + i]! < diagonal * d * 2 ** -50) h[i * d + i] = 0;
  }
  return h;
}

/** [k] what the bias gains when weights change from `from` to `to`, [d, k]: the mean of the lost output. Zeros without a bias. */
export function biasChange(
  { sumX, rows, columns: d }: RidgeSums,
  from: Float64Array,
  to: Float64Array,
  k: number,
  bias: boolean,
): Float64Array {
  const change = new Float64Array(k);
  if (!bias || rows === 0) return change;
  for (let i = 0; i < d; i++) for (let n = 0; n < k; n++) change[n] = change[n]! + (sumX[i]! / rows) * (from[i * k + n]! - to[i * k + n]!);
  return change;
}

/** Judges changed weights by their output on held-out rows. */
export interface Judge {
  /** ‖X(W − Q) − b‖_F / ‖XW‖_F for the weights Q and the change b of the bias; 0 when nothing is lost. */
  error(to: Float64Array, change: Float64Array): Promise<number>;
}

/** A judge of changes to `from`, [d, k]; ‖XW‖ is computed once. */
export async function judgeOf(
  numerics: Numerics,
  { heldOut, heldOutRows: rows }: Calibration,
  from: Float64Array,
  k: number,
): Promise<Judge> {
  const d = k === 0 ? 0 : from.length / k;
  const product = (b: Float64Array): Promise<Float64Array> => numerics.multiply({ a: heldOut, b, m: rows, k: d, n: k });
  const size = sumOfSquares(await product(from));
  return {
    async error(to, change) {
      const difference = new Float64Array(from.length);
      for (let at = 0; at < from.length; at++) difference[at] = from[at]! - to[at]!;
      const lost = await product(difference);
      for (let r = 0; r < rows; r++) for (let n = 0; n < k; n++) lost[r * k + n] = lost[r * k + n]! - change[n]!;
      const error = sumOfSquares(lost);
      return error === 0 ? 0 : Math.sqrt(error / size);
    },
  };
}

function sumOfSquares(values: Float64Array): number {
  let sum = 0;
  for (let at = 0; at < values.length; at++) sum += values[at]! * values[at]!;
  return sum;
}

/** What the numbers of rows call for. `parameters`: d, the columns that the rows have to tell apart. */
export function rowWarnings({ sums, heldOutRows }: Calibration, parameters: number, layer: string): Diagnostic[] {
  const wanted = Math.max(512, parameters);
  const warnings: Diagnostic[] = [];
  if (sums.rows < wanted) {
    warnings.push({
      severity: 'warning',
      code: 'few-calibration-rows',
      message: `${sums.rows} rows steer the compensation of ${parameters} inputs; at least ${wanted} are advisable. Give more rows, or expect no gain.`,
      where: { node: layer },
    });
  }
  if (heldOutRows < fewJudges) {
    warnings.push({
      severity: 'warning',
      code: 'few-held-out-rows',
      message: `only ${heldOutRows} held-out rows judge the compensation; at least ${fewJudges} are advisable. Give more rows.`,
      where: { node: layer },
    });
  }
  return warnings;
}

/** The compensated weights were not better on rows they had not seen. */
export function noGain(layer: string, compensated: number, plain: number, kept: string): Diagnostic {
  return {
    severity: 'warning',
    code: 'compensation-no-gain',
    message:
      `on held-out rows the compensated weights have an output error of ${percent(compensated)}, ${kept} ${percent(plain)}: ` +
      `${kept} is kept. Give more calibration rows.`,
    where: { node: layer },
  };
}

const percent = (fraction: number): string => (Number.isFinite(fraction) ? `${(100 * fraction).toPrecision(3)} %` : 'no finite value');
