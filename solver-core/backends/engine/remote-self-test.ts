import type { AbortFlag, Host } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';
import type { EngineDevice, EngineProblem, Limbs } from './device.ts';
import { FunctionalDevice } from './functional-device.ts';
import { engineFits, layoutOrThrow } from './layout.ts';
import type { EngineLinkInfo } from './link.ts';
import { goldenProblem, hashWords } from './self-test.ts';
import { gramShift } from './shift.ts';

interface BringUp {
  readonly problem: EngineProblem;
  readonly words: Int32Array;
  readonly rows: number;
}

/** The bring-up problem, cut down to what a small engine holds: its first columns, and words of fewer bits for short operands. */
export function bringUpProblem(device: EngineDevice): BringUp {
  const golden = goldenProblem();
  const { wordBits } = device.info;
  const { features: d, outputs: m } = golden.problem;
  const scale = 2 ** Math.max(0, 14 - wordBits);
  for (const share of [1, 2, 4, 8]) {
    const features = Math.min(d / share, device.info.maxFeatures);
    const outputs = m / share;
    if (!engineFits(device.info, features, outputs)) continue;
    const words = new Int32Array(golden.rows * (features + outputs));
    for (let r = 0, at = 0; r < golden.rows; r++)
      for (let c = 0; c < features + outputs; c++, at++) words[at] = Math.floor(golden.words[r * (d + m) + c]! / scale);
    const ridge = golden.problem.diagonal[0]! / (scale * scale);
    return { problem: { features, outputs, diagonal: new Float64Array(features).fill(ridge) }, words, rows: golden.rows };
  }
  return { problem: { features: 1, outputs: 1, diagonal: Float64Array.of(256) }, words: Int32Array.of(3, 4), rows: 1 };
}

/** Hash of everything an engine makes of the bring-up problem; two-limb results too where it has them. */
async function answer(device: EngineDevice, bringUp: BringUp, abort: AbortFlag | undefined): Promise<string> {
  const { problem, words, rows } = bringUp;
  const columns = problem.features + problem.outputs;
  await device.begin(problem, abort);
  await device.accumulate(words, rows, abort);
  const gram = await device.readGram(abort);
  let largest = 0;
  for (let i = 0; i < problem.features; i++) largest = Math.max(largest, gram[i * columns + i]!);
  const shift = gramShift(largest, device.info.wordBits);
  const results: Float64Array[] = [gram];
  const { limbs } = layoutOrThrow(device.info, problem.features, problem.outputs);
  for (const used of limbs === 2 ? ([1, 2] as const satisfies readonly Limbs[]) : ([1] as const)) {
    await device.factor(shift, abort, used);
    await device.backSubstitute(abort);
    const weights = await device.readWeights(abort);
    results.push((await device.readFactor(abort)).values, weights.values);
    // The way of refinement: substitution from both ends, with words far from saturation.
    const right = { ...weights, values: weights.values.map((word) => Math.floor(word / 16)) };
    results.push((await device.solve(right, abort)).words.values);
  }
  return hashWords(results);
}

/**
 * The bring-up problem on an engine and on the functional model with the same parameters: other bits mean another engine or a defect.
 * Throws `board-self-test-failed`; leaves the device before `begin`.
 */
export async function checkRemoteDevice(
  device: EngineDevice,
  parameters: EngineLinkInfo,
  host: Pick<Host, 'pause'>,
  abort?: AbortFlag,
): Promise<void> {
  const bringUp = bringUpProblem(device);
  const model = new FunctionalDevice(host, parameters);
  const expected = await answer(model, bringUp, abort);
  await model.dispose();
  const got = await answer(device, bringUp, abort);
  if (got === expected) return;
  throw new TierwiseError(
    'board-self-test-failed',
    `${device.info.device} answers ${got} to the bring-up problem, expected ${expected}.`,
    'Load the bitstream of this version of Tierwise; if that does not help, check clock and supply of the board.',
    { category: 'backend' },
  );
}
