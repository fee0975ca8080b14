import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateEnergy } from '../../../solver-core/energy/estimate.ts';
import { eventMacs } from '../../../solver-core/energy/events-work.ts';
import type { LayerZeros } from '../../../solver-core/energy/sparsity-energy.ts';
import { layerActivities, sparsityEnergy } from '../../../solver-core/energy/sparsity-energy.ts';
import { energyTables } from '../../../solver-core/energy/tables/index.ts';
import type { EnergyTarget } from '../../../solver-core/energy/target.ts';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import type { SparsityEnergyDocument } from '../../../solver-core/protocol/index.ts';
import { bareJoules } from '../../joules.ts';
import { tolerances } from '../../tolerances.ts';
import { dense } from '../report/samples.ts';

const quality = { metric: 'cross-entropy', before: 1.5, after: 1.52, split: '4096 held-out tokens', rows: 4096 } as const;
const seneca = energyTargets.get('seneca-type')!;

function priced(
  layers: readonly Layer[],
  zeros: readonly LayerZeros[],
  target: EnergyTarget = seneca,
  unitsPerRun = 1,
): SparsityEnergyDocument {
  const document = sparsityEnergy(layers, zeros, target, energyTables, { unit: 'token', unitsPerRun, quality });
  if (document === null) throw new Error('no figures');
  return document;
}

function close(actual: number | undefined, expected: number): void {
  expect(Math.abs((actual ?? NaN) - expected)).toBeLessThanOrEqual(tolerances.sumFp64.relative * Math.abs(expected));
}

const costs = (document: SparsityEnergyDocument) => Object.fromEntries(document.costs.map((cost) => [cost.model, cost]));

/** A layer that stands for itself: one that reads `input`. */
const layer = (id: string, d: number, k: number, input = `${id}.in`): Layer => dense(id, d, k, { input });

describe('by hand', () => {
  // fc1 has no site; fc2 reads 50 values, 40 % of them zero by nature and 70 % with thresholds.
  const layers = [layer('fc1', 100, 50), layer('fc2', 50, 10)];
  const document = priced(layers, [{ layer: 'fc2', natural: 0.4, sparse: 0.7 }]);
  const made = { dense: 5500, natural: 5000 + 0.6 * 500, sparse: 5000 + 0.3 * 500 };
  const events = { dense: 150, natural: 100 + 0.6 * 50, sparse: 100 + 0.3 * 50 };
  const compared = { dense: 0, natural: 0, sparse: 50 };
  const three = ['dense', 'natural', 'sparse'] as const;

  test('no joule without its band and source', () => expect(bareJoules(document)).toEqual([]));

  test('multiply-adds that are made', () => expect(document.macs).toEqual(made));

  test.each(three)('%s: 2.8 pJ per synaptic operation, 2.3 pJ per comparison', (variant) => {
    close(costs(document)['synaptic']?.[variant].value, (made[variant] * 2.8 + compared[variant] * 2.3) * 1e-12);
  });

  test.each(three)('%s: events, loads, sums, comparisons and power by the instruction', (variant) => {
    const pJ = events[variant] * 3.6 + made[variant] * (2.8 + 3.7 + 0.25 * 7.6) + compared[variant] * 2.3;
    const seconds = (made[variant] + compared[variant]) / (16 * 500e6);
    const cost = costs(document)['instructions']?.[variant];
    close(cost?.value, pJ * 1e-12 + 0.005 * seconds);
    // Every access and every core that an event may reach; a processor at its slowest.
    const highPJ = events[variant] * 41.1 + made[variant] * 14.1 + compared[variant] * 9.9;
    close(cost?.high, highPJ * 1e-12 + (0.02 * (made[variant] + compared[variant])) / (8 * 400e6));
    close(document.latency[variant].value, seconds);
    close(document.latency[variant].low, (made[variant] + compared[variant]) / (64 * 500e6));
    close(document.latency[variant].high, (made[variant] + compared[variant]) / (8 * 400e6));
  });

  test('both savings name their baseline, both cost models and the quality on both sides', () => {
    for (const [saving, variant] of [
      [document.againstDense, 'dense'],
      [document.againstNatural, 'natural'],
    ] as const) {
      expect(saving).toMatchObject({ ...quality, source: 'assumed' });
      expect(saving.perTable.map(({ table, cell }) => [table, cell])).toEqual([
        ['synaptic', 'seneca-type'],
        ['instructions', 'seneca-type'],
      ]);
      for (const { table, before, after, saving: share } of saving.perTable) {
        expect([before, after]).toEqual([costs(document)[table]?.[variant], costs(document)[table]?.sparse]);
        close(share, 1 - after.value / before.value);
      }
      const shares = saving.perTable.map((entry) => entry.saving);
      expect([saving.low, saving.high]).toEqual([Math.min(...shares), Math.max(...shares)]);
    }
    expect(document.againstDense.baseline).toContain('every input counted');
    expect(document.againstNatural.baseline).toContain('skips the zeros of its rectifiers already');
    // Synaptic model: 1 - (5150·2.8 + 50·2.3)/(5300·2.8) by hand.
    close(document.againstNatural.perTable[0]?.saving, 1 - (5150 * 2.8 + 115) / (5300 * 2.8));
  });

  test('comparisons: once for layers that read the same value; a centre costs a subtraction more', () => {
    const shared = ['q', 'k', 'v'].map((id) => layer(id, 32, 32, 'site'));
    const zeros = (thresholds: LayerZeros['thresholds']) =>
      shared.map(({ id }) => ({ layer: id, natural: 0, sparse: 1, thresholds: thresholds! }));
    close(costs(priced(shared, zeros('plain')))['synaptic']?.sparse.value, 32 * 2.3e-12);
    // The three layers' biases hold the centre's share: one multiply-add per output.
    close(costs(priced(shared, zeros('centred')))['synaptic']?.sparse.value, 32 * 3.7e-12 + 3 * 32 * 2.8e-12);
    expect(costs(priced(shared, zeros('none')))['synaptic']?.sparse.value).toBe(0);
    // A convolution and a dense layer that read one value are two sites: each has thresholds of its own.
    const both = [layer('a', 32, 32, 'site'), { ...layer('b', 32, 32, 'site'), op: 'Conv', inputShape: null }];
    const plain = both.map(({ id }) => ({ layer: id, natural: 0, sparse: 1, thresholds: 'plain' as const }));
    close(costs(priced(both, plain))['synaptic']?.sparse.value, 2 * 32 * 2.3e-12);
  });

  test('a bias that a centre or a correction brought is one more multiply-add per output, on the side of the thresholds alone', () => {
    const zeros = (biased: boolean): readonly LayerZeros[] => [{ layer: 'fc2', natural: 0.4, sparse: 0.7, thresholds: 'plain', biased }];
    const [without, withBias] = [priced(layers, zeros(false)), priced(layers, zeros(true))];
    expect(withBias.macs).toEqual({ ...without.macs, sparse: without.macs.sparse + 10 });
    for (const variant of ['dense', 'natural'] as const)
      expect(costs(withBias)['synaptic']?.[variant]).toEqual(costs(without)['synaptic']?.[variant]);
    close(costs(withBias)['synaptic']?.sparse.value, costs(without)['synaptic']!.sparse.value + 10 * 2.8e-12);
    // Its load, its sum and its time count, but no event.
    const [pJ, seconds] = [2.8 + 3.7 + 0.25 * 7.6, 10 / (16 * 500e6)];
    close(costs(withBias)['instructions']?.sparse.value, costs(without)['instructions']!.sparse.value + 10 * pJ * 1e-12 + 0.005 * seconds);
    close(withBias.latency.sparse.value, without.latency.sparse.value + seconds);
    expect(withBias.againstNatural.high).toBeLessThan(without.againstNatural.high);
  });

  test('a pass over 8 tokens is told per token', () => {
    const [one, eight] = [priced(layers, []), priced(layers, [], seneca, 8)];
    close(eight.macs.dense, Math.round(one.macs.dense / 8));
    for (const model of ['synaptic', 'instructions']) close(costs(eight)[model]?.dense.value, costs(one)[model]!.dense.value / 8);
    close(eight.latency.dense.value, one.latency.dense.value / 8);
  });

  test('weights beyond the cores cost the same on all sides: nothing is credited for rows that are skipped', () => {
    const large = [layer('big', 2048, 2048)];
    const document = priced(large, [{ layer: 'big', natural: 0, sparse: 1, thresholds: 'none' }]);
    const sparse = costs(document)['instructions']?.sparse.value;
    close(sparse, large[0]!.parameters * 16 * 8e-12);
  });

  test('null on a target that does not skip zeros, and where a size is unknown', () => {
    const about = { unit: 'row', quality } as const;
    expect(sparsityEnergy(layers, [], energyTargets.get('server-cpu')!, energyTables, about)).toBeNull();
    expect(sparsityEnergy([dense('x', 4, 4, { macs: null })], [], seneca, energyTables, about)).toBeNull();
  });
});

describe('properties', () => {
  const share = fc.double({ min: 0, max: 1, noNaN: true });
  const sizes = fc.array(
    fc.record({ d: fc.integer({ min: 1, max: 64 }), k: fc.integer({ min: 1, max: 64 }), natural: share, more: share }),
    {
      minLength: 1,
      maxLength: 5,
    },
  );
  type Sizes = readonly { readonly d: number; readonly k: number; readonly natural: number; readonly more: number }[];
  const layersOf = (list: Sizes): readonly Layer[] => list.map(({ d, k }, i) => layer(`l${i}`, d, k));
  const zerosOf = (list: Sizes, sparse: (entry: Sizes[number]) => number, thresholds?: 'none' | 'plain'): readonly LayerZeros[] =>
    list.map((entry, i) => ({
      layer: `l${i}`,
      natural: entry.natural,
      sparse: sparse(entry),
      ...(thresholds === undefined ? {} : { thresholds }),
    }));
  const options = { seed: 11, numRuns: 60 };

  test('no more zeros than by nature: no saving against a machine that skips those', () => {
    fc.assert(
      fc.property(sizes, (list) => {
        const document = priced(
          layersOf(list),
          zerosOf(list, ({ natural }) => natural),
        );
        for (const { saving } of document.againstNatural.perTable) expect(saving).toBe(0);
        expect(document.macs.sparse).toBe(document.macs.natural);
        expect(document.latency.sparse).toEqual(document.latency.natural);
      }),
      options,
    );
  });

  test('more zeros never cost more; at all zeros only fixed costs are left', () => {
    fc.assert(
      fc.property(sizes, share, (list, step) => {
        const layers = layersOf(list);
        const at = (sparse: number) =>
          priced(
            layers,
            zerosOf(list, () => sparse, 'plain'),
          );
        const [few, many, all] = [at(step / 2), at(step), at(1)];
        for (const model of ['synaptic', 'instructions'])
          for (const end of ['low', 'value', 'high'] as const)
            expect(costs(many)[model]!.sparse[end]).toBeLessThanOrEqual(costs(few)[model]!.sparse[end] * (1 + tolerances.sumFp64.relative));
        expect(all.macs.sparse).toBe(0);
        const compared = list.reduce((sum, { d }) => sum + d, 0);
        close(costs(all)['synaptic']?.sparse.value, compared * 2.3e-12);
        close(costs(all)['instructions']?.sparse.value, compared * 2.3e-12 + (0.005 * compared) / 8e9);
      }),
      options,
    );
  });

  test('no zero is counted twice: what is saved against dense is what nature saves, and then what thresholds save', () => {
    fc.assert(
      fc.property(sizes, (list) => {
        const sparse = ({ natural, more }: Sizes[number]) => natural + more * (1 - natural);
        const layers = layersOf(list);
        const document = priced(layers, zerosOf(list, sparse, 'plain'));
        for (const { dense: all, natural, sparse: made } of document.costs) {
          const [a, b] = [natural.value / all.value, natural.value === 0 ? 0 : made.value / natural.value];
          if (natural.value > 0) close(made.value / all.value, a * b);
        }
        // From made multiply-adds alone, counted here a second time.
        const saved = list.reduce((sum, entry) => sum + entry.d * entry.k * (sparse(entry) - entry.natural), 0);
        const compared = list.reduce((sum, { d }) => sum + d, 0);
        const synaptic = costs(document)['synaptic']!;
        const expected = saved * 2.8e-12 - compared * 2.3e-12;
        expect(Math.abs(synaptic.natural.value - synaptic.sparse.value - expected)).toBeLessThanOrEqual(
          tolerances.sumFp64.relative * synaptic.dense.value,
        );
      }),
      options,
    );
  });

  test('what is a table in words is a quantity with its band in order', () => {
    fc.assert(
      fc.property(sizes, (list) => {
        const { costs: both, latency } = priced(
          layersOf(list),
          zerosOf(list, ({ more }) => more),
        );
        for (const q of [...both.flatMap((cost) => [cost.dense, cost.natural, cost.sparse]), ...Object.values(latency)]) {
          expect(0 <= q.low && q.low <= q.value && q.value <= q.high && q.high < Infinity).toBe(true);
          expect(q.ref).not.toBe('');
        }
      }),
      options,
    );
  });
});

/** A convolution of square maps. */
interface Conv {
  readonly c: number;
  readonly m: number;
  readonly size: number;
  readonly kernel: number;
  readonly stride: number;
  readonly pad: number;
  readonly dilation: number;
  readonly groups: number;
}

function outOf({ size, kernel, stride, pad, dilation }: Conv): number {
  return Math.floor((size + 2 * pad - dilation * (kernel - 1) - 1) / stride) + 1;
}

function convLayer(shape: Conv): Layer {
  const { c, m, size, kernel, stride, pad, dilation, groups } = shape;
  const out = outOf(shape);
  const inputs = (c / groups) * kernel ** 2;
  const both = (n: number): number[] => [n, n];
  const patches = {
    kernel: both(kernel),
    strides: both(stride),
    dilations: both(dilation),
    padding: { before: both(pad), after: both(pad) },
  };
  return dense('conv', inputs, m, {
    op: 'Conv',
    input: 'conv.in',
    inputShape: [1, c, size, size],
    outputShape: [1, m, out, out],
    macs: m * out ** 2 * inputs,
    inputElements: c * size ** 2,
    outputElements: m * out ** 2,
    linear: { inputs, outputs: m, groups, transposed: true, alpha: 1, beta: 1, weightDims: [], biasDims: null, patches },
  });
}

/** Products with an input that is stored and not zero, one by one. */
function bruteForce(shape: Conv, nonzero: (channel: number, row: number, column: number) => boolean): number {
  const { c, m, size, kernel, stride, pad, dilation, groups } = shape;
  const out = outOf(shape);
  let made = 0;
  for (let o = 0; o < m; o++)
    for (let y = 0; y < out; y++)
      for (let x = 0; x < out; x++)
        for (let i = 0; i < c / groups; i++)
          for (let ky = 0; ky < kernel; ky++)
            for (let kx = 0; kx < kernel; kx++) {
              const channel = Math.floor(o / (m / groups)) * (c / groups) + i;
              const [row, column] = [y * stride - pad + ky * dilation, x * stride - pad + kx * dilation];
              const stored = row >= 0 && row < size && column >= 0 && column < size;
              if (stored && nonzero(channel, row, column)) made += 1;
            }
  return made;
}

describe('convolutions against a count of every product', () => {
  const shapes: readonly Conv[] = [
    { c: 3, m: 4, size: 8, kernel: 3, stride: 1, pad: 1, dilation: 1, groups: 1 },
    { c: 2, m: 6, size: 9, kernel: 3, stride: 2, pad: 1, dilation: 1, groups: 1 },
    { c: 1, m: 3, size: 12, kernel: 5, stride: 1, pad: 0, dilation: 1, groups: 1 },
    { c: 4, m: 4, size: 7, kernel: 3, stride: 1, pad: 2, dilation: 2, groups: 4 },
    { c: 4, m: 2, size: 6, kernel: 2, stride: 2, pad: 0, dilation: 1, groups: 2 },
  ];

  test.each(shapes)('%o: without zeros all products but those with padding', (shape) => {
    expect(eventMacs(convLayer(shape))).toBe(bruteForce(shape, () => true));
    if (shape.pad === 0) expect(eventMacs(convLayer(shape))).toBe(convLayer(shape).macs);
  });

  test.each(shapes)('%o: whole channels of zeros', (shape) => {
    const made = bruteForce(shape, (channel) => channel !== 0);
    const { macs } = priced([convLayer(shape)], [{ layer: 'conv', natural: 0, sparse: 1 / shape.c }]);
    expect(macs.sparse).toBe(made);
  });

  test('a zero pixel away from the border saves C_out·k_h·k_w/stride² multiply-adds', () => {
    const shape = shapes[1]!;
    const all = bruteForce(shape, () => true);
    // Every place of a pixel against the strides comes once in a square of stride by stride pixels.
    const square = bruteForce(shape, (channel, row, column) => channel !== 0 || row < 3 || row > 4 || column < 3 || column > 4);
    expect((all - square) / shape.stride ** 2).toBe((shape.m * shape.kernel ** 2) / shape.stride ** 2);
    // A mean over all pixels is what a share of zeros is worth: fewer products near the border.
    const perPixel = eventMacs(convLayer(shape))! / (shape.c * shape.size ** 2);
    expect(perPixel).toBeLessThanOrEqual((shape.m * shape.kernel ** 2) / shape.stride ** 2);
  });
});

describe('an estimate with measured zeros', () => {
  const layers = [layer('fc1', 100, 50), layer('fc2', 50, 10)];
  const zeros = [{ layer: 'fc2', natural: 0.4, sparse: 0.7 }];
  const at = (targetId: string, activity = layerActivities(layers, zeros, 'sparse', '4096 held-out tokens')) =>
    estimateEnergy({ layers, targetId, activity }).value!;

  test('an event-driven target counts them, with their provenance, and shows the comparisons', () => {
    const [first, second] = at('seneca-type').layers;
    const part = (name: string) => second?.components.find((c) => c.name === name)?.energy;
    close(part('MACs')?.value, 0.3 * 500 * 2.8e-12);
    close(part('MACs')?.low, 0.3 * 500 * 2.8e-12);
    close(part('events')?.value, 0.3 * 50 * 3.6e-12);
    close(part('thresholds')?.value, 50 * 2.3e-12);
    expect(second?.zeros).toMatchObject({ unit: '1', source: 'measured', ref: 'measured zeros on 4096 held-out tokens, modelled energy' });
    close(second?.zeros?.value, 0.7);
    expect(first?.zeros).toBeUndefined();
    expect(second?.inference?.ref).toContain('measured zeros on 4096 held-out tokens, modelled energy');
    expect(first?.inference?.ref).not.toContain('measured zeros');
    expect(first?.components.map(({ name }) => name)).not.toContain('thresholds');
    // It is the sum that the saving is told of; there the low end leaves nothing out.
    const total = at('seneca-type').totals.inference;
    close(total?.value, costs(priced(layers, zeros))['instructions']!.sparse.value);
  });

  test('any other target is as it was', () => {
    for (const targetId of ['server-cpu', 'ecp5-85f', 'systolic-64x64', 'mcu-class'])
      expect(at(targetId)).toEqual(estimateEnergy({ layers, targetId }).value);
  });
});
