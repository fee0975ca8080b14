import { readFileSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { arrayFeatures, rowRoles } from '../../../solver-core/compound/features.ts';
import type { TrialOutcome } from '../../../solver-core/compound/trial.ts';
import { tryHeads } from '../../../solver-core/compound/trial.ts';
import { findBlocks } from '../../../solver-core/model/blocks.ts';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import { readModel } from '../../../solver-core/onnx/index.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { tokenModel } from '../../../solver-core/jobs/token-model.ts';
import { openTokenRunner } from '../../../solver-core/jobs/token-runner.ts';
import { hasShared, shared } from '../../shared.ts';
import { numerics, prices } from './toy.ts';

/** Output of the second block of the own transformer on the beginning of a text, with the next characters. */
async function features(windows: number): Promise<{ readonly x: Float32Array; readonly labels: Int32Array; readonly width: number }> {
  const bytes = readFileSync(shared('material/models/own/opt_char.onnx'));
  const model = readModel(bytes).value!;
  const shapes = inferShapes(model.graph);
  const token = tokenModel({ model, shapes }).value!;
  const cut = findBlocks(model.graph, findLayers(model.graph, shapes))[1]!.output;
  const vocabulary = JSON.parse(readFileSync(shared('material/models/own/vocab.json'), 'utf8')) as readonly string[];
  const text = readFileSync(shared('material/data/tinyshakespeare/input.txt'), 'utf8').slice(0, windows * 128 + 1);
  const ids = Int32Array.from(text, (character) => vocabulary.indexOf(character));
  const runner = await openTokenRunner(ortRuntime(), bytes, token, [cut]);
  try {
    const { values } = await runner.run(ids.slice(0, -1), 128);
    const x = values.get(cut)!;
    return { x, labels: ids.slice(1), width: x.length / (windows * 128) };
  } finally {
    await runner.dispose();
  }
}

describe.skipIf(!hasShared)('characters behind the second block of a transformer', () => {
  let outcome: TrialOutcome;
  beforeAll(async () => {
    const { x, labels, width } = await features(16);
    const options = { exit: 'lower', task: 'next-token', heads: ['rls', 'adam'], gainPerJoule: undefined, prices } as const;
    outcome = await tryHeads(arrayFeatures(x, labels, width, 512), rowRoles(labels.length, width, 1), {
      ...options,
      ...{ outputs: 65, start: null, lambda: 'auto', forgetting: 1, rate: 4e-3, seed: 1, numerics },
    });
  });

  test('the one-hot ridge head loses to the cross-entropy head by measurement', () => {
    const [ridge, softmax] = outcome.trials;
    expect(softmax!.loss).toBeLessThan(ridge!.loss - 0.05);
    expect([ridge!.chosen, softmax!.chosen]).toEqual([false, true]);
    expect(outcome.chosen.learner.kind).toBe('adam');
  });
});
