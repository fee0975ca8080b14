import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { narrowSets } from '../../../../solver-core/compress/training/narrow-sets.ts';
import { tensorLayout } from '../../../../solver-core/compress/training/tensor-layout.ts';
import { trainSelection } from '../../../../solver-core/compress/training/train-selection.ts';
import type { TrainingRequest } from '../../../../solver-core/compress/training/train-selection.ts';
import type { SelectOptions } from '../../../../solver-core/compress/select/types.ts';
import { learnerOf } from '../../learn/gradient/networks.ts';
import { accuracyOf, biasBefore, bytes, clusters, layer, linear, price, problemOn } from './one-layer.ts';

const [steering, validation] = [clusters(240, 2), clusters(400, 3)];
const host = { nowMs: () => 0, pause: () => Promise.resolve() };
const all: SelectOptions = { bits: 8, values: { kind: 'all' }, maxDrop: 0.02, seed: 1 };

async function run(options: Partial<SelectOptions> = {}, control: { readonly aborted?: boolean } = {}) {
  const learner = await learnerOf(bytes, { rate: 1e-2, epochs: 3 });
  const request: TrainingRequest = {
    problem: problemOn(validation),
    learner,
    rows: steering,
    tensors: new Map([[layer.id, { layout: tensorLayout('w', linear), bias: { name: 'b', beta: linear.beta, before: biasBefore } }]]),
    options: { ...all, ...options },
  };
  try {
    return await trainSelection(request, { host, abort: { aborted: control.aborted ?? false } });
  } finally {
    await learner.dispose();
  }
}

describe('selection by training', () => {
  test('saves energy within the allowed drop, and the outcome is what was assessed', async () => {
    const maxDrop = 0.04;
    const outcome = await run({ maxDrop });
    expect(outcome.chosen.saving).toBeGreaterThan(0.1);
    expect(outcome.chosen.assessment.quality).toBeGreaterThanOrEqual(outcome.original.quality - maxDrop);
    const [chosen] = outcome.chosen.layers;
    expect(accuracyOf(chosen!.stored, validation)).toBe(outcome.chosen.assessment.quality);
    expect(outcome.chosen.energy).toBe(chosen!.stored.integers.reduce((sum, v) => sum + price(v), 0));
    // Nothing allowed that was tried costs less.
    for (const point of outcome.points) if (point.allowed) expect(point.energy).toBeGreaterThanOrEqual(outcome.chosen.energy);
  });

  test('repeats bit for bit', async () => {
    const [a, b] = [await run({ maxPoints: 4 }), await run({ maxPoints: 4 })];
    expect(a.points.map((p) => p.layers.map((l) => l.stored))).toEqual(b.points.map((p) => p.layers.map((l) => l.stored)));
  });

  test('keeps to powers of two, to the set that was asked for, and to four bits', async () => {
    const powers = await run({ values: { kind: 'powers-of-two' }, maxDrop: 1 });
    for (const v of powers.chosen.layers[0]!.stored.integers) expect(v === 0 || Number.isInteger(Math.log2(Math.abs(v)))).toBe(true);
    const set = await run({ values: { kind: 'set', size: 9 }, maxDrop: 1, maxPoints: 60 });
    expect(set.points.at(-1)!.layers[0]!.values).toBeLessThanOrEqual(9);
    const four = await run({ bits: 4, maxDrop: 1, maxPoints: 3 });
    for (const v of four.points.at(-1)!.layers[0]!.stored.integers) expect(Math.abs(v)).toBeLessThanOrEqual(7);
  });

  test('an impossible demand is told, and a cancelled run ends', async () => {
    const outcome = await run({ maxDrop: -1 });
    expect(outcome.chosen.allowed).toBe(false);
    const best = Math.max(...outcome.points.map((p) => p.assessment.quality));
    expect(outcome.chosen.assessment.quality).toBe(best);
    await expect(run({}, { aborted: true })).rejects.toThrow('cancelled');
  });
});

describe('narrowing of sets', () => {
  const uses = fc.array(fc.integer({ min: 0, max: 5 }), { minLength: 255, maxLength: 255 });
  test('keeps 0 and both ends, removes at most its share, never two neighbours, and nothing that saves nothing', () => {
    fc.assert(
      fc.property(uses, uses, fc.double({ min: 0.01, max: 1, noNaN: true }), (counts, energies, share) => {
        const set = Int16Array.from({ length: 31 }, (_, i) => i - 15);
        const energy = Float64Array.from(energies);
        const stiffness = new Float64Array(255).fill(1);
        const [after] = narrowSets([{ set, uses: Float64Array.from(counts), energy, stiffness }], share);
        const kept = new Set(after);
        const inUse = Array.from(set).filter((v) => counts[v + 127]! > 0 || v === 0 || Math.abs(v) === 15);
        for (const v of [-15, 0, 15]) expect(kept.has(v)).toBe(true);
        const gone = inUse.filter((v) => !kept.has(v));
        expect(gone.length).toBeLessThanOrEqual(Math.max(1, Math.floor(share * (inUse.length - 3))));
        for (const v of gone) {
          const at = inUse.indexOf(v);
          const [below, above] = [inUse[at - 1]!, inUse[at + 1]!];
          expect(kept.has(below) && kept.has(above)).toBe(true);
          expect(energy[v + 127]!).toBeGreaterThanOrEqual(Math.min(energy[below + 127]!, energy[above + 127]!));
        }
        // What nobody holds does not stay.
        for (const v of kept) expect(inUse).toContain(v);
      }),
      { seed: 7, numRuns: 100 },
    );
  });

  test('layers with more to save shrink first', () => {
    const set = Int16Array.from({ length: 15 }, (_, i) => i - 7);
    const energy = Float64Array.from({ length: 255 }, (_, i) => Math.abs(i - 127));
    const layerOf = (count: number) => ({ set, uses: new Float64Array(255).fill(count), energy, stiffness: new Float64Array(255).fill(1) });
    const [small, large] = narrowSets([layerOf(1), layerOf(100)], 0.2);
    expect(large!.length).toBeLessThan(small!.length);
  });
});
