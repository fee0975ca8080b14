import { describe, expect, test } from 'vitest';
import { createRandom, normals } from '../../../../solver-core/fit/prng.ts';
import type { ForwardForm, GradientLearner } from '../../../../solver-core/learn/gradient/index.ts';
import { resumeGradientLearner } from '../../../../solver-core/learn/gradient/index.ts';
import type { LearnRows } from '../../../../solver-core/learn/learner.ts';
import { tolerances } from '../../../tolerances.ts';
import { learnerOf, modelBytes, networks, optionsOf } from './networks.ts';

const network = 'pooling, apart and overlapping';
const bytes = modelBytes(networks[network]!);
const changes = { learner: 'sgd', rate: 1e-2 } as const;

const rows: LearnRows = {
  rows: 12,
  x: Float32Array.from(normals(createRandom(4, 'rows'), 12 * 128)),
  labels: { kind: 'class', values: Int32Array.from({ length: 12 }, (_, i) => i % 3), classes: 3 },
};

/** Multiples of a quarter: a coarse quantiser. */
const quarters: ForwardForm = (_name, values) => values.map((v) => Math.round(v * 4) / 4);

async function parameters(learner: GradientLearner): Promise<ReadonlyMap<string, Float32Array>> {
  const weights = await learner.weights();
  if (weights.kind !== 'initializers') throw new Error('initializers are expected');
  return new Map([...weights.weights].map(([name, { data }]) => [name, data]));
}

/** A learner whose weights themselves are what `form` makes of those of `of`. */
async function withWeightsOf(of: GradientLearner, form: ForwardForm): Promise<GradientLearner> {
  const state = of.state();
  const arrays = new Map(
    [...state.arrays].map(([name, values]) => [
      name,
      name.startsWith('parameter') ? Float64Array.from(form(name, Float32Array.from(values), [])) : values,
    ]),
  );
  const { value } = await resumeGradientLearner({ header: state.header, arrays }, optionsOf(bytes, changes));
  if (value === undefined) throw new Error('the state does not open');
  return value;
}

describe('a form of the weights in the forward pass', () => {
  test('scores and loss are those of a model that holds the form', async () => {
    const start = await learnerOf(bytes, changes);
    const other = await withWeightsOf(start, quarters);
    const formed = start.inForm(quarters);
    expect(await formed.scores(rows)).toEqual(await other.scores(rows));
    expect(await formed.loss(rows)).toBe(await other.loss(rows));
    expect(await formed.loss(rows)).not.toBe(await start.loss(rows));
    expect(await formed.inForm(undefined).loss(rows)).toBe(await start.loss(rows));
    await start.dispose();
    await other.dispose();
  });

  test('a step moves the weights by the gradient at the form (straight-through)', async () => {
    const start = await learnerOf(bytes, changes);
    const other = await withWeightsOf(start, quarters);
    const [from, to] = [await parameters(start), await parameters(await start.inForm(quarters).updated(rows))];
    const [formFrom, formTo] = [await parameters(other), await parameters(await other.updated(rows))];
    let moved = 0;
    for (const [name, before] of from) {
      before.forEach((v, i) => {
        const step = to.get(name)![i]! - v;
        const wanted = formTo.get(name)![i]! - formFrom.get(name)![i]!;
        expect(Math.abs(step - wanted)).toBeLessThan(tolerances.gradientFp32.relative);
        moved += Math.abs(step);
      });
    }
    expect(moved).toBeGreaterThan(0);
    await start.dispose();
    await other.dispose();
  });

  test('importance is that of the form, and not negative', async () => {
    const start = await learnerOf(bytes, changes);
    const other = await withWeightsOf(start, quarters);
    const found = await start.inForm(quarters).importance(rows);
    expect(found).toEqual(await other.importance(rows));
    expect([...found.keys()].sort()).toEqual([...(await parameters(start)).keys()].sort());
    expect([...found.values()].every((values) => values.every((v) => v >= 0))).toBe(true);
    expect(found).not.toEqual(await start.importance(rows));
    await start.dispose();
    await other.dispose();
  });
});
