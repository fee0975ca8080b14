import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cacheLevel } from '../../../solver-core/energy/cache-energy.ts';
import { averageDecision } from './average-decision.ts';
import type { CompoundPrices, CompoundWork } from '../../../solver-core/energy/compound-energy.ts';
import { breakEvenHitRate, compoundPrices } from '../../../solver-core/energy/compound-energy.ts';
import type { EnergyContext } from '../../../solver-core/energy/cost.ts';
import { energyContext, estimateEnergy } from '../../../solver-core/energy/estimate.ts';
import { layerActivities } from '../../../solver-core/energy/sparsity-energy.ts';
import type { EnergyTable, EnergyTarget } from '../../../solver-core/energy/target.ts';
import { tableOperations } from '../../../solver-core/energy/target.ts';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import type { CompoundEnergy, Quantity } from '../../../solver-core/protocol/index.ts';
import { bareJoules } from '../../joules.ts';
import { tolerances } from '../../tolerances.ts';
import { dense } from '../report/samples.ts';

const exact = (value: number) => ({ value, low: value, high: value, source: 'modelled', ref: 'by hand' }) as const;

/** Every operation costs 1 pJ, so a multiply-add 2 pJ; 1 pJ per bit up to 1 KiB, 10 pJ beyond; nothing else costs anything. */
const table: EnergyTable = {
  id: 'one',
  name: 'one',
  process: 'none',
  ref: 'by hand',
  operations: Object.fromEntries(tableOperations.map((name) => [name, exact(1e-12)])) as EnergyTable['operations'],
};
const plain: EnergyTarget = {
  ...energyTargets.get('server-cpu')!,
  id: 'plain',
  clockHz: exact(1e6),
  macsPerCycle: exact(1),
  arithmeticFactor: exact(1),
  overheadPerMacJ: exact(0),
  staticPowerW: null,
  refetch: exact(1),
  memories: [
    { id: 'near', name: 'near', sizeBytes: 1024, energyPerBitJ: exact(1e-12) },
    { id: 'far', name: 'far', sizeBytes: null, energyPerBitJ: exact(1e-11) },
  ],
  arithmetic: { inference: { kind: 'float', bits: 32 }, training: { kind: 'float', bits: 32 }, solve: { kind: 'float', bits: 64 } },
  engine: null,
};
const context: EnergyContext = { target: plain, host: plain, tables: [table], tableSpread: true };

const work: CompoundWork = {
  lower: { layers: [dense('l', 8, 4)] },
  upper: { layers: [dense('u', 4, 4)] },
  heads: { lower: { inputs: 4, outputs: 3 }, upper: { inputs: 4, outputs: 3 } },
  cache: { limitBytes: 4096, keyBytes: 16, valueBytes: 16, unitsPerDecision: 4 },
};

function pricesOf(of: CompoundWork = work, on = context): CompoundPrices {
  const { value, diagnostics } = compoundPrices(of, on);
  expect(diagnostics).toEqual([]);
  return value!;
}

function close(actual: number | undefined, expected: number): void {
  expect(Math.abs((actual ?? NaN) - expected)).toBeLessThanOrEqual(tolerances.sumFp64.relative * Math.abs(expected));
}

/** Multiply-adds, and bits that cross the near memory and the far one. */
const pJ = (macs: number, near = 0, far = 0): number => (2 * macs + near + 10 * far) * 1e-12;

describe('by hand', () => {
  const prices = pricesOf();
  // 36 + 20 + 15 + 15 numbers of 4 bytes and the largest layer's 12: everything but the cache fits the near memory.
  test('a unit through a module: multiply-adds, weights and biases, inputs and outputs', () => {
    close(prices.lower.value, pJ(32, 32 * (36 + 12)));
    close(prices.upper.value, pJ(16, 32 * (20 + 8)));
  });

  test('a decision by a head, of its own size or another', () => {
    close(prices.head(3).value, pJ(12, 32 * (15 + 7)));
    close(prices.head(5, 8).value, pJ(40, 32 * (45 + 13)));
  });

  test('a look-up: four 32-bit multiply-adds per word of key and 72 more words, and 32 bytes of the memory that holds the cache', () => {
    // 4096 bytes do not fit the 1024 of the near memory.
    close(prices.lookup.value, pJ(4 * (4 + 72), 0, 256));
    close(prices.lookup.low, pJ(3 * (4 + 72), 0, 128));
    close(prices.lookup.high, pJ(8 * (4 + 72), 0, 512));
    close(prices.lookupOf(10).value, pJ(4 * (3 + 72), 0, 256));
    expect(prices.lookup.source).toBe('assumed');
  });

  test('reading and writing: bytes at the energy per bit of that memory', () => {
    close(prices.read(100).value, pJ(0, 0, 800));
    close(prices.write(100).value, pJ(0, 0, 800));
    expect(prices.read(0).value).toBe(0);
  });

  test('a cache lives where there is room beside weights and activations', () => {
    const [near, far] = plain.memories;
    const placement = { weights: near!, activations: near!, weightBytes: 600, activationBytes: 200 };
    expect(cacheLevel(224, placement, context)).toBe(near);
    expect(cacheLevel(225, placement, context)).toBe(far);
    expect(cacheLevel(824, { ...placement, weights: far! }, context)).toBe(near);
  });

  test('an exact update of a ridge head: half nd², ndk, d³/6, d²k in fp64; sums read and written', () => {
    const macs = 0.5 * 10 * 16 + 10 * 4 * 3 + 64 / 6 + 16 * 3;
    close(prices.update('rls', 10).value, pJ(macs, 8 * 16 * (8 + 12)));
    const wide = { inputs: 6, outputs: 2 };
    close(prices.update('rls', 10, wide).value, pJ(0.5 * 10 * 36 + 10 * 12 + 36 + 72, 8 * 16 * (18 + 12)));
    expect(prices.update('rls', 0).value).toBe(0);
  });

  test('steps of Adam: 2ndk for each pass and 4 per weight and step of 32 rows; four copies of the weights', () => {
    close(prices.update('adam', 40).value, pJ(4 * (2 * 40 * 12 + 2 * 15 * 4), 8 * 4 * 15 * 4));
    close(pricesOf({ ...work, headEpochs: 3 }).update('adam', 40).value, pJ(3 * (2 * 40 * 12 + 2 * 15 * 4), 8 * 4 * 15 * 4));
  });

  test('an update as its learner states it, and judging a candidate', () => {
    close(prices.updateOf({ macs: 100, bits: 64, memoryBytes: 50 }).value, pJ(100, 400));
    close(prices.probe(64).value, pJ(64 * 12));
    close(prices.probe(64, { inputs: 2, outputs: 2 }).value, pJ(64 * 4));
  });

  test('full retraining: three passes (two in the first layer) for every unit and epoch, Adam, traffic', () => {
    const macs = 2 * 32 + 3 * 16 + 3 * 12 + ((36 + 20 + 15) * 4) / 32;
    // What training keeps is more than the near memory holds.
    const bits = ((36 + 20 + 15) * 32 * 7) / 32 + (4 + 4 + 3) * 32 * 2;
    const retrained = pricesOf({ ...work, epochs: 5 }).retraining(1000);
    close(retrained.value, 1000 * 5 * pJ(macs, 0, bits));
    expect(retrained.high).toBe(retrained.value);
    // A plain optimiser takes 1 where Adam takes 4.
    close(retrained.low, 1000 * 5 * pJ(macs - (3 * (36 + 20 + 15)) / 32, 0, bits));
    // Without a number of epochs the band says how little is known of it.
    const assumed = prices.retraining(1000);
    close(assumed.value, 4 * retrained.value);
    close(assumed.high / assumed.value, 5);
    expect([assumed.source, prices.retraining(0).value]).toEqual(['assumed', 0]);
  });

  test('shapes of several units per pass are told per unit', () => {
    const many = pricesOf({ ...work, lower: { layers: work.lower.layers, unitsPerRun: 4 } });
    close(many.lower.value, prices.lower.value / 4);
  });

  test('a module without layers costs nothing; no cache: neither look-ups nor a break-even', () => {
    const bare = pricesOf({ ...work, upper: { layers: [] }, cache: null });
    expect([bare.upper.value, bare.lookup.value, bare.read(10).value, bare.breakEvenHitRate]).toEqual([0, 0, 0, null]);
  });

  test('a shape that is not known is said, not guessed', () => {
    const { value, diagnostics } = compoundPrices({ ...work, upper: { layers: [dense('odd', 4, 4, { macs: null })] } }, context);
    expect(value).toBeUndefined();
    expect(diagnostics[0]).toMatchObject({ code: 'energy-incomplete', where: { node: 'odd' } });
  });
});

describe('break-even of a cache', () => {
  test('by hand', () => {
    // 2 + 3 < H·(20 − 5 + 3)
    close(breakEvenHitRate({ lowerJ: 20, lookupJ: 2, readJ: 5, writeJ: 3 }) ?? undefined, 5 / 18);
    expect(breakEvenHitRate({ lowerJ: 7, lookupJ: 2, readJ: 5, writeJ: 0 })).toBeNull();
    expect(breakEvenHitRate({ lowerJ: 0, lookupJ: 0, readJ: 0, writeJ: 0 })).toBeNull();
  });

  const joules = fc.double({ min: 1e-9, max: 1, noNaN: true });
  test('above it a decision is cheaper with the cache than without, below it dearer', () => {
    fc.assert(
      fc.property(joules, joules, joules, joules, fc.double({ min: 0, max: 1, noNaN: true }), (lowerJ, lookupJ, readJ, writeJ, rate) => {
        const cost = lookupJ + rate * readJ + (1 - rate) * (lowerJ + writeJ);
        const limit = breakEvenHitRate({ lowerJ, lookupJ, readJ, writeJ });
        const nearly = limit !== null && Math.abs(rate - limit) <= tolerances.sumFp64.relative;
        if (!nearly && Math.abs(cost - lowerJ) > tolerances.sumFp64.relative * (lowerJ + writeJ))
          expect(cost < lowerJ).toBe(limit !== null && rate > limit);
      }),
      { seed: 5, numRuns: 300 },
    );
  });

  test('the one of a model follows from its own prices', () => {
    const prices = pricesOf();
    const [lowerJ, move] = [4 * prices.lower.value, prices.read(32).value];
    close(prices.breakEvenHitRate ?? undefined, (prices.lookup.value + move) / lowerJ);
    // A representation larger than what computing it takes is better computed.
    expect(pricesOf({ ...work, cache: { ...work.cache!, valueBytes: 4096 } }).breakEvenHitRate).toBeNull();
  });
});

const head = { inputs: 4, outputs: 3 };

function sumsUp({ total, lower, cache, head: deciding, upper }: CompoundEnergy): void {
  for (const end of ['value', 'low', 'high'] as const) close(total[end], lower[end] + cache[end] + deciding[end] + upper[end]);
}

describe('a decision by part', () => {
  const prices = pricesOf();

  const share = fc.double({ min: 0, max: 1, noNaN: true });
  test('the average is (1−H)·E_lower + E_lookup + H·E_read + (1−H)·E_write + E_head + q·E_upper', () => {
    fc.assert(
      fc.property(share, share, (hitRate, escalated) => {
        const cache = { keyBytes: 16, entryBytes: 32 };
        const energy = averageDecision(prices, { hitRate, escalated, lowerUnits: 4, upperUnits: 2, cache, head, upperHead: head });
        close(energy.lower.value, (1 - hitRate) * 4 * prices.lower.value);
        close(energy.cache.value, prices.lookup.value + prices.read(32).value);
        close(energy.upper.value, escalated * (2 * prices.upper.value + prices.head(3).value));
        expect(bareJoules(energy)).toEqual([]);
        sumsUp(energy);
      }),
      { seed: 3, numRuns: 50 },
    );
  });

  test('a hit computes nothing below, and still pays look-up, read and head', () => {
    const cache = { keyBytes: 16, entryBytes: 32 };
    const energy = averageDecision(prices, { hitRate: 1, escalated: 0, lowerUnits: 4, upperUnits: 2, cache, head, upperHead: head });
    expect([energy.lower.value, energy.upper.value]).toEqual([0, 0]);
    close(energy.total.value, prices.lookup.value + prices.read(32).value + prices.head(3).value);
  });

  test('limits: never escalating has no upper part; without a cache a hit rate means nothing', () => {
    const average = { hitRate: 1, escalated: 0, lowerUnits: 4, upperUnits: 2, cache: null, head, upperHead: head };
    const energy = averageDecision(prices, average);
    close(energy.total.value, 4 * prices.lower.value + prices.head(3).value);
  });
});

describe('on the targets that ship', () => {
  test.each([...energyTargets.keys()])('%s: every price is a quantity in order, more work costs more', (id) => {
    const on = energyContext(id).value!;
    const prices = pricesOf(work, on);
    const all: readonly Quantity<'J'>[] = [
      ...[prices.lower, prices.upper, prices.lookup, prices.head(3), prices.read(9), prices.write(9), prices.probe(8)],
      ...[prices.update('rls', 5), prices.update('adam', 5), prices.retraining(50)],
    ];
    for (const q of all) {
      expect(0 <= q.low && q.low <= q.value && q.value <= q.high && q.high < Infinity && q.value > 0, JSON.stringify(q)).toBe(true);
      expect(q.ref).not.toBe('');
      expect(['modelled', 'assumed']).toContain(q.source);
    }
    expect(prices.head(30).value).toBeGreaterThan(prices.head(3).value);
    expect(prices.update('rls', 500).value).toBeGreaterThan(prices.update('rls', 5).value);
    expect(prices.retraining(100).value).toBeGreaterThan(prices.retraining(50).value);
  });

  test('a module alone costs what the estimate of its layers says', () => {
    for (const targetId of energyTargets.keys()) {
      const layers = [dense('a', 64, 32), dense('b', 32, 64)];
      const heads = { lower: { inputs: 1, outputs: 1 }, upper: { inputs: 1, outputs: 1 } };
      const prices = pricesOf({ lower: { layers }, upper: { layers: [] }, heads, cache: null }, energyContext(targetId).value!);
      close(prices.lower.value, estimateEnergy({ layers, targetId }).value!.totals.inference!.value);
    }
  });

  test('measured zeros make a module cheaper where zeros are skipped, and nowhere else', () => {
    const { layers } = work.lower;
    const activity = layerActivities(layers, [{ layer: 'l', natural: 0, sparse: 0.9 }], 'sparse', '10 rows');
    const lowerOn = (id: string, lower: CompoundWork['lower']) => pricesOf({ ...work, lower }, energyContext(id).value!).lower.value;
    expect(lowerOn('seneca-type', { layers, activity })).toBeLessThan(lowerOn('seneca-type', { layers }));
    expect(lowerOn('server-cpu', { layers, activity })).toBe(lowerOn('server-cpu', { layers }));
  });
});
