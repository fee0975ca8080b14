import { describe, expect, test } from 'vitest';
import { plainNumerics } from '../../../../solver-core/backends/cpu/index.ts';
import { sparsify } from '../../../../solver-core/compress/sparsify/sparsify.ts';
import type {
  SparsifyCheckpoint,
  SparsifyModel,
  SparsifyOptions,
  SparsifyProgress,
} from '../../../../solver-core/compress/sparsify/types.ts';
import { toyModel } from './toy-model.ts';

const options: SparsifyOptions = { method: 'budget', maxLoss: 0.05, correct: true, per: 'channel', active: null, siteBound: null };
const numerics = plainNumerics();
const methods = ['budget', 'sequential', 'uniform'] as const;

/** A model whose loss is the same but for one site, which may not be touched. */
function fragile(site: string): SparsifyModel {
  const { model } = toyModel(4);
  return {
    ...model,
    async evaluate(state, rows) {
      const { losses, zeros } = await model.evaluate(state, rows);
      const touched = state.settings.get(site)?.threshold?.some((t) => t > 0) === true;
      return { losses: touched ? losses.map((v) => v * 100 + 100) : losses, zeros };
    },
  };
}

describe('searches for thresholds', () => {
  test.each(methods)('%s keeps the bound of the whole model on the deciding rows', async (method) => {
    for (const seed of [1, 2, 3]) {
      const { model } = toyModel(seed);
      const found = await sparsify(model, { ...options, method }, { numerics });
      const dense = await model.evaluate({ settings: new Map(), corrections: new Map() }, 'deciding');
      const after = await model.evaluate(found.state, 'deciding');
      const mean = (losses: Float64Array): number => losses.reduce((a, b) => a + b, 0) / losses.length;
      expect(mean(after.losses)).toBeLessThanOrEqual(mean(dense.losses) * 1.05);
      expect(found.points[0]).toMatchObject({ kind: 'baseline', lossIncrease: 0, allowed: true });
      expect(found.points.filter(({ chosen }) => chosen)).toHaveLength(1);
      expect(found.chosen.sparsity).toBeGreaterThan(found.points[0]!.sparsity);
    }
  });

  test('a budget with corrections gets further than one without, and than equal shares', async () => {
    const { model } = toyModel(2);
    const reached = async (changed: Partial<SparsifyOptions>): Promise<number> =>
      (await sparsify(model, { ...options, ...changed }, { numerics })).chosen.sparsity;
    const ours = await reached({});
    expect(ours).toBeGreaterThan(await reached({ correct: false }));
    expect(ours).toBeGreaterThan(await reached({ method: 'uniform' }));
  });

  test('a site where no grid point passes stays dense, and says why', async () => {
    const found = await sparsify(fragile('h1'), { ...options, method: 'sequential' }, { numerics });
    expect(found.state.settings.has('h1')).toBe(false);
    expect(found.state.settings.has('h2')).toBe(true);
    expect(found.left.get('h1')).toMatch(/no point of the grid/);
  });

  test('nothing within the bound leaves the model as it is', async () => {
    const { model } = toyModel(4);
    const none: SparsifyModel = {
      ...model,
      async evaluate(state, rows) {
        const { losses, zeros } = await model.evaluate(state, rows);
        return { losses: state.settings.size === 0 ? losses : losses.map(() => Number.NaN), zeros };
      },
    };
    for (const method of methods) {
      const found = await sparsify(none, { ...options, method }, { numerics });
      expect(found.state.settings.size).toBe(0);
      expect(found.chosen.increase).toBe(0);
      expect([...found.left.keys()]).toEqual(['h1', 'h2']);
    }
  });

  test('sites that are not asked for stay as they are', async () => {
    for (const method of methods) {
      const found = await sparsify(toyModel(1).model, { ...options, method, active: new Set(['h2']) }, { numerics });
      expect([...found.state.settings.keys()]).toEqual(['h2']);
    }
  });

  test.each(methods)('%s goes on from any checkpoint as if it had never stopped', async (method) => {
    const asked = { ...options, method };
    const kept: SparsifyCheckpoint[] = [];
    const whole = await sparsify(toyModel(5).model, asked, { numerics, onCheckpoint: (checkpoint) => void kept.push(checkpoint) });
    expect(kept).toHaveLength(whole.evaluations);
    for (const at of [0, kept.length >> 1, kept.length - 1]) {
      const resume = JSON.parse(JSON.stringify(kept[at])) as SparsifyCheckpoint;
      const { model, counts } = toyModel(5);
      const again = await sparsify(model, asked, { numerics, resume });
      expect({ ...again, resumed: 0 }).toEqual({ ...whole, resumed: 0 });
      expect(again.resumed).toBe(at + 1);
      // At most the dense losses of both kinds of rows are computed again.
      expect(counts.evaluations).toBeLessThanOrEqual(whole.evaluations - at - 1 + 2);
    }
  });

  test.each(methods)('%s stops between passes, and its progress never goes back', async (method) => {
    const { model, counts } = toyModel(1);
    const abort = { aborted: false };
    const seen: SparsifyProgress[] = [];
    const run = sparsify(
      model,
      { ...options, method },
      {
        numerics,
        abort,
        onProgress: (progress) => void seen.push(progress),
        onCheckpoint: ({ evaluations }) => void (abort.aborted = evaluations.length === 3),
      },
    );
    await expect(run).rejects.toThrow('cancelled');
    expect(counts.evaluations).toBe(3);
    const fractions = seen.map(({ fraction }) => fraction);
    expect(fractions).toEqual([...fractions].sort((a, b) => a - b));
  });
});
