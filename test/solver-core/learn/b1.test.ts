import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { cpuNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { createRandom } from '../../../solver-core/fit/prng.ts';
import { createRidgeLearner } from '../../../solver-core/learn/index.ts';
import type { LearnRows, UpperLearner } from '../../../solver-core/learn/index.ts';
import { hasShared, shared } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { batches, headOf, jointRidge, learned, pick, range, relativeDifference, targetsOf } from './learn-rows.ts';

function readRows(name: string): LearnRows {
  const rows = readFileSync(shared(`material/data/optdigits/${name}`), 'utf8')
    .trim()
    .split('\n')
    .map((line) => line.trim().split(/\s+/).map(Number));
  const x = Float32Array.from(rows.flatMap((row) => row.slice(0, 64).map((v) => v / 16)));
  return { rows: rows.length, x, labels: { kind: 'class', values: Int32Array.from(rows, (row) => row[64]!), classes: 10 } };
}

async function nRight(learner: UpperLearner, rows: LearnRows): Promise<number> {
  const scores = await learner.scores(rows);
  const k = learner.outputs;
  return range(0, rows.rows).filter((r) => {
    const own = scores.subarray(r * k, (r + 1) * k);
    return own.indexOf(own.reduce((a, b) => Math.max(a, b))) === rows.labels.values[r];
  }).length;
}

/** Benchmark B1: ten digits in five phases of two, rows of earlier phases not kept. */
describe.skipIf(!hasShared)('class-incremental optdigits', () => {
  const options = {
    inputs: 64,
    outputs: 0,
    labels: 'class' as const,
    lambda: 1,
    forgetting: 1,
    expand: 512,
    compensation: undefined,
  };

  test.each([1, 2, 3])('seed %i: at least 97.0 percent after the last phase, and the joint solve to 1e-9', async (seed) => {
    const [train, held] = [readRows('optdigits.tra'), readRows('optdigits.tes')];
    const random = createRandom(seed, 'order');
    const order = range(0, 10)
      .map((c) => ({ c, at: random.uniform() }))
      .toSorted((a, b) => a.at - b.at)
      .map(({ c }) => c);
    const values = train.labels.values;
    const phases = range(0, 5).map((p) =>
      pick(
        train,
        range(0, train.rows).filter((r) => order.slice(2 * p, 2 * p + 2).includes(values[r]!)),
      ),
    );
    const learner = await learned(await createRidgeLearner({ ...options, seed }, cpuNumerics()), phases);
    expect((await nRight(learner, held)) / held.rows).toBeGreaterThanOrEqual(0.97);
    // Later phases in small batches and R form: the same head.
    const small = phases.flatMap((phase, p) => (p === 0 ? [phase] : batches(phase, 100)));
    const inverse = await learned(await createRidgeLearner({ ...options, seed, form: 'r' }, cpuNumerics()), small);
    expect(relativeDifference((await inverse.solution()).w, (await learner.solution()).w)).toBeLessThan(tolerances.recursiveFp64.relative);
    if (seed > 1) return;
    const { expansion } = await headOf(learner);
    const z = Float64Array.from({ length: train.rows * 512 }, (_, i) => {
      const [r, f] = [Math.floor(i / 512), i % 512];
      let sum = expansion!.b[f]!;
      for (let j = 0; j < 64; j++) sum += train.x[r * 64 + j]! * expansion!.w[j * 512 + f]!;
      return Math.max(0, sum);
    });
    const joint = jointRidge(z, targetsOf(train, 10), train.rows, 512, 10, 1);
    expect(relativeDifference((await learner.solution()).w, joint.w)).toBeLessThan(tolerances.recursiveFp64.relative);
  });
});
