import { planLayout } from '../backends/engine/layout.ts';
import { defaultEngineParameters, engineInfo } from '../backends/engine/parameters.ts';
import { fitJobs } from '../fit/fit-tiers.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Layer } from '../model/layer.ts';
import { solveRowsPerSample } from '../model/positions.ts';
import type { Plan } from '../model/plan.ts';
import { quoteName } from '../model/quote.ts';

/** Root mean square of the words of a full Gram below which refinement has too little to start from. */
const leastWordBits = 6;

/**
 * What stands against solving a plan's layers on the engine that ships. Errors: `engine-too-small` (a layer whose inputs do not fit
 * beside one output). Warnings: `engine-words-coarse` (so many rows that the exact Gram leaves each of them few bits).
 * `samples`: rows of the data that the fit uses; every position of a convolution is a row of the engine.
 */
export function engineFindings(layers: readonly Layer[], plan: Plan, samples: number): readonly Diagnostic[] {
  const engine = engineInfo(defaultEngineParameters, 'functional', '', '');
  return fitJobs(layers, plan).flatMap(({ layer, tier }): Diagnostic[] => {
    if (layer.linear === null) return [];
    const where = { range: tier.range, node: layer.id };
    const { inputs } = layer.linear;
    const layout = planLayout(engine, inputs, 1);
    if (typeof layout === 'string') {
      const message = `Layer ${quoteName(layer.id)} has ${inputs} inputs per output and does not fit the engine: ${layout}. Use \`backend cpu\`, or take the layer out of the tier.`;
      return [{ severity: 'error', code: 'engine-too-small', message, where }];
    }
    const rows = samples * solveRowsPerSample(layer);
    const bits = wordBitsLeft(rows, engine.accumulatorBits, engine.wordBits);
    if (bits >= leastWordBits) return [];
    const message = `Layer ${quoteName(layer.id)} has ${rows} rows; the engine's ${engine.accumulatorBits}-bit sums leave a word of about ${Math.floor(bits)} bits for each. Use fewer rows, or \`backend cpu\`.`;
    return [{ severity: 'warning', code: 'engine-words-coarse', message, where }];
  });
}

/**
 * Bits of a typical word: the sum of n squares stays below 2^(AW-1), so their root mean square is at most 2^((AW-1)/2) / √n; a word
 * has DW bits, sign included.
 */
export function wordBitsLeft(rows: number, accumulatorBits: number, wordBits: number): number {
  return Math.min(wordBits, (accumulatorBits - 1) / 2 - Math.log2(Math.max(1, rows)) / 2 + 1);
}
