import type { SiteSetting } from './types.ts';

/** [rows, channels] y = |x − centre| > threshold ? x − centre : 0 in single precision, as the written model computes it; a new array. */
export function sparseInputs(values: Float32Array, channels: number, setting: SiteSetting | undefined): Float32Array {
  const result = values.slice();
  if (setting === undefined) return result;
  const { threshold, centre } = setting;
  for (let at = 0; at < result.length; at += channels) {
    for (let c = 0; c < channels; c++) {
      const v = centre === null ? result[at + c]! : Math.fround(result[at + c]! - centre[c]!);
      result[at + c] = threshold !== null && Math.abs(v) <= threshold[c]! ? 0 : v;
    }
  }
  return result;
}
