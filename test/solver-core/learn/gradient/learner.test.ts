import { describe, expect, test } from 'vitest';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import { copiedWeights, descend, startingWeights } from '../../../../solver-core/learn/gradient/optimiser.ts';
import { resumeGradientLearner } from '../../../../solver-core/learn/gradient/index.ts';
import type { GradientLearner } from '../../../../solver-core/learn/gradient/index.ts';
import type { LearnRows } from '../../../../solver-core/learn/learner.ts';
import { tolerances } from '../../../tolerances.ts';
import { learnerOf, modelBytes, networks, optionsOf } from './networks.ts';

const dense = modelBytes(networks['dense layers, transposed and scaled']!);

/** Rows of four classes that lie around four points; `turn` moves the points to the next class. */
function clusters(count: number, seed: number, turn = 0): LearnRows {
  const centres = normals(createRandom(1, 'centres'), 4 * 6);
  const noise = normals(createRandom(seed, 'noise'), count * 6);
  const values = Int32Array.from({ length: count }, (_, i) => i % 4);
  const x = Float32Array.from({ length: count * 6 }, (_, i) => {
    const centre = (values[Math.floor(i / 6)]! + turn) % 4;
    return 1.5 * centres[centre * 6 + (i % 6)]! + 0.6 * noise[i]!;
  });
  return { rows: count, x, labels: { kind: 'class', values, classes: 4 } };
}

async function accuracy(learner: GradientLearner, rows: LearnRows): Promise<number> {
  const scores = await learner.scores(rows);
  if (rows.labels.kind !== 'class') throw new Error('classes are needed');
  let right = 0;
  for (let r = 0; r < rows.rows; r++) {
    const row = scores.subarray(r * 4, (r + 1) * 4);
    if (row.indexOf(Math.max(...row)) === rows.labels.values[r]) right++;
  }
  return right / rows.rows;
}

function expectNear(found: Float32Array, wanted: readonly number[]): void {
  expect(found).toHaveLength(wanted.length);
  found.forEach((v, i) => expect(Math.abs(v - wanted[i]!)).toBeLessThan(tolerances.gradientFp32.relative));
}

async function parametersOf(learner: GradientLearner): Promise<readonly number[]> {
  const weights = await learner.weights();
  if (weights.kind !== 'initializers') throw new Error('initializers are expected');
  return [...weights.weights.values()].flatMap(({ data }) => Array.from(data));
}

describe.each(['sgd', 'adam'] as const)('%s', (kind) => {
  test('one small step lowers the loss of its batch; with the sign turned it would rise', async () => {
    const batch = clusters(32, 2);
    const start = await learnerOf(dense, { learner: kind, rate: 1e-3 });
    const after = await start.updated(batch);
    const before = await start.loss(batch);
    expect(await after.loss(batch)).toBeLessThan(before);
    // The same distance the other way: θ − (θ' − θ).
    const [from, to] = [await parametersOf(start), await parametersOf(after)];
    const state = start.state();
    let at = 0;
    const turned = new Map(
      [...state.arrays].map(([name, values]) => [
        name,
        name.startsWith('parameter')
          ? values.map(() => {
              const i = at++;
              return Math.fround(2 * from[i]! - to[i]!);
            })
          : values,
      ]),
    );
    const climbed = (await resumeGradientLearner({ header: state.header, arrays: turned }, optionsOf(dense, { learner: kind, rate: 1e-3 })))
      .value!;
    expect(await climbed.loss(batch)).toBeGreaterThan(before);
    await climbed.dispose();
    await start.dispose();
  });

  test('learns four clusters, leaves the learner it came from alone, and repeats bit for bit', async () => {
    const [rows, fresh] = [clusters(400, 3), clusters(400, 4)];
    const changes = { learner: kind, rate: kind === 'adam' ? 1e-2 : 5e-2, epochs: 10 };
    const start = await learnerOf(dense, changes);
    const before = await parametersOf(start);
    const learned = await start.updated(rows);
    expect(await accuracy(learned, fresh)).toBeGreaterThan(0.95);
    expect(learned.rows).toBe(400);
    expect(await parametersOf(start)).toEqual(before);
    const again = await (await learnerOf(dense, changes)).updated(rows);
    expect(await parametersOf(again)).toEqual(await parametersOf(learned));
    const other = await (await learnerOf(dense, { ...changes, seed: 2 })).updated(rows);
    expect(await parametersOf(other)).not.toEqual(await parametersOf(learned));
    for (const learner of [start, again, other]) await learner.dispose();
  });

  test('a saved learner goes on as if nothing had happened', async () => {
    const changes = { learner: kind, ewc: 10, rate: 1e-2 };
    const first = await (await learnerOf(dense, changes)).updated(clusters(70, 5));
    const through = await first.updated(clusters(50, 6));
    const resumed = (await resumeGradientLearner(first.state(), optionsOf(dense, changes))).value!;
    const on = await resumed.updated(clusters(50, 6));
    expect(await parametersOf(on)).toEqual(await parametersOf(through));
    expect(on.state()).toEqual(through.state());
    await first.dispose();
    await resumed.dispose();
  });
});

test('a state of another kind, another shape or with missing parts is refused', async () => {
  const learner = await (await learnerOf(dense)).updated(clusters(10, 7));
  const state = learner.state();
  const refused = async (changed: typeof state, changes = {}): Promise<string | undefined> =>
    (await resumeGradientLearner(changed, optionsOf(dense, changes))).diagnostics[0]?.code;
  expect(await refused(state)).toBeUndefined();
  expect(await refused(state, { learner: 'sgd' })).toBe('state-mismatch');
  const arrays = new Map(state.arrays);
  arrays.delete('first 1');
  expect(await refused({ ...state, arrays })).toBe('state-mismatch');
  expect(await refused({ ...state, header: { ...state.header, steps: -1 } })).toBe('state-mismatch');
  expect(await refused({ ...state, arrays: new Map(state.arrays).set('parameter 0', Float64Array.of(1)) })).toBe('state-mismatch');
  await learner.dispose();
});

test('elastic weight consolidation keeps more of an old task than plain steps do', async () => {
  const [old, turned] = [clusters(300, 8), clusters(300, 9, 1)];
  const forgotten = async (ewc: number): Promise<number> => {
    const learner = await learnerOf(dense, { rate: 1e-2, epochs: 10, ewc });
    const first = await learner.updated(old);
    const then = await first.updated(turned);
    const kept = await accuracy(then, old);
    await learner.dispose();
    return kept;
  };
  expect(await forgotten(3000)).toBeGreaterThan((await forgotten(0)) + 0.2);
});

test('the consolidation step is stable however strong it is, and ends at the anchor', () => {
  const weights = copiedWeights(startingWeights('sgd', [Float32Array.of(3, -2)]));
  const pull = { strength: 1e5, fisher: [Float32Array.of(1, 1)], anchor: [Float32Array.of(1, 1)] };
  let now = weights;
  for (let i = 0; i < 50; i++) now = descend('sgd', now, [Float32Array.of(0, 0)], 1e-3, pull);
  expect(Math.abs(now.parameters[0]![0]! - 1)).toBeLessThan(tolerances.gradientFp32.relative);
  expect(Math.abs(now.parameters[0]![1]! - 1)).toBeLessThan(tolerances.gradientFp32.relative);
});

test('Adam and momentum take the steps of their papers', () => {
  const gradient = Float32Array.of(0.5, -2);
  const adam = descend('adam', copiedWeights(startingWeights('adam', [Float32Array.of(1, 1)])), [gradient], 0.1, undefined);
  // The first step of Adam is the rate against the sign of the gradient.
  expectNear(adam.parameters[0]!, [0.9, 1.1]);
  let sgd = copiedWeights(startingWeights('sgd', [Float32Array.of(1, 1)]));
  for (let i = 0; i < 2; i++) sgd = descend('sgd', sgd, [gradient], 0.1, undefined);
  expectNear(sgd.parameters[0]!.subarray(0, 1), [1 - 0.1 * (0.5 + 1.9 * 0.5)]);
});

test('new classes, removed rows and steps that diverge are refused with advice', async () => {
  const learner = await learnerOf(dense);
  const rows = clusters(8, 10);
  const beyond: LearnRows = { ...rows, labels: { kind: 'class', values: Int32Array.from(rows.x.subarray(0, 8), () => 4), classes: 5 } };
  await expect(learner.updated(beyond)).rejects.toMatchObject({ code: 'class-growth-unsupported' });
  await expect(learner.without(rows)).rejects.toMatchObject({ code: 'unlearn-unsupported' });
  const wild = await learnerOf(dense, { learner: 'sgd', rate: 1e40, epochs: 3 });
  await expect(wild.updated(clusters(64, 11))).rejects.toMatchObject({ code: 'learning-diverged' });
  expect(learner.updateCost(64)).toMatchObject({ bits: 32 });
  expect(learner.updateCost(64).macs).toBeGreaterThan(64 * 2 * (30 + 35 + 28));
  await learner.dispose();
  await wild.dispose();
});

test('regression learns the numbers themselves', async () => {
  const x = Float32Array.from(normals(createRandom(12, 'x'), 200 * 6));
  const values = new Float32Array(200 * 4).map((_, i) => 0.3 * x[Math.floor(i / 4) * 6 + (i % 4)]!);
  const rows: LearnRows = { rows: 200, x, labels: { kind: 'regression', values, outputs: 4 } };
  const start = await learnerOf(dense, { rate: 1e-2, epochs: 20 }, 'regression');
  expect(await (await start.updated(rows)).loss(rows)).toBeLessThan(0.2 * (await start.loss(rows)));
  await start.dispose();
});
