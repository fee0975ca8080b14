import type { AbortFlag } from '../../model/abort.ts';
import type { EngineDevice, EngineProblem, Limbs } from './device.ts';
import { gramShift } from './shift.ts';

/** The bring-up problem: d = 64, m = 8, 32 rows, ridge 2^30, 14-bit data. */
const features = 64;
const outputs = 8;
const rows = 32;
const ridge = 2 ** 30;

/**
 * Hash of the bring-up problem for engines with 18-bit words, whatever their lanes (hdl/README.md). A board answers it before
 * its first use.
 */
export const goldenHash18 = 'cf8d1a4cd408f052';

/** The same problem with a factor of two limbs. */
export const goldenHash18TwoLimbs = '7e874d60817ff74c';

/** The bring-up problem; words are xorshift32 (13, 17, 5), seed 12345, `(r >>> 18) - 8192`, row-major [32, 72]. */
export function goldenProblem(): { readonly problem: EngineProblem; readonly words: Int32Array; readonly rows: number } {
  const words = new Int32Array(rows * (features + outputs));
  let r = 12345;
  for (let i = 0; i < words.length; i++) {
    r ^= r << 13;
    r ^= r >>> 17;
    r ^= r << 5;
    words[i] = (r >>> 18) - 8192;
  }
  return { problem: { features, outputs, diagonal: new Float64Array(features).fill(ridge) }, words, rows };
}

/** Runs the bring-up problem through GRAM, CHOL (sh from the diagonal) and BACK, and hashes G, R | Z and W. About 45 000 clocks. */
export async function engineHash(device: EngineDevice, abort?: AbortFlag, limbs: Limbs = 1): Promise<string> {
  const golden = goldenProblem();
  await device.begin(golden.problem, abort);
  await device.accumulate(golden.words, golden.rows, abort);
  const gram = await device.readGram(abort);
  let largest = 0;
  for (let i = 0; i < features; i++) largest = Math.max(largest, gram[i * (features + outputs) + i]!);
  await device.factor(gramShift(largest, device.info.wordBits), abort, limbs);
  await device.backSubstitute(abort);
  return hashWords([gram, (await device.readFactor(abort)).values, (await device.readWeights(abort)).values]);
}

/**
 * FNV-1a over 32-bit words: of each number the low word, then the high word (sign extended), row-major, zeros below the
 * diagonal included. 16 hexadecimal digits.
 */
export function hashWords(arrays: readonly (Float64Array | Int32Array)[]): string {
  let hash = 0xcbf29ce484222325n;
  const add = (word: number): void => {
    hash = BigInt.asUintN(64, (hash ^ BigInt(word)) * 1099511628211n);
  };
  for (const array of arrays) {
    for (const value of array) {
      add(value >>> 0);
      add(Math.floor(value / 2 ** 32) >>> 0);
    }
  }
  return hash.toString(16).padStart(16, '0');
}
