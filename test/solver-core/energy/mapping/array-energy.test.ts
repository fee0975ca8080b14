import { describe, expect, test } from 'vitest';
import { arrayInference } from '../../../../solver-core/energy/array-energy.ts';
import type { Breakdown, EnergyContext } from '../../../../solver-core/energy/cost.ts';
import { energyContext } from '../../../../solver-core/energy/estimate.ts';
import { mapLayers } from '../../../../solver-core/energy/map-layers.ts';
import type { EnergyTarget } from '../../../../solver-core/energy/target.ts';
import type { Layer } from '../../../../solver-core/model/layer.ts';
import { tolerances } from '../../../tolerances.ts';
import { conv, dense } from '../../report/samples.ts';

const band = (value: number) => ({ value, low: value, high: value, source: 'assumed', ref: 'test' }) as const;

function priced(id: string, layer: Layer, change: (target: EnergyTarget) => Partial<EnergyTarget> = () => ({})) {
  const shipped = energyContext(id).value;
  if (shipped?.target.array === undefined) throw new Error('no array');
  const target = { ...shipped.target, ...change(shipped.target) };
  const context: EnergyContext = { ...shipped, target };
  const mapping = mapLayers([layer], context).byLayer.get(layer.id);
  if (mapping === undefined || target.array === undefined) throw new Error('no mapping');
  return { target, mapping, result: arrayInference(layer, mapping, target.array, context) };
}

function part({ components }: Breakdown, name: string): number {
  return components.find((c) => c.name === name)?.energy.value ?? 0;
}

function close(actual: number, expected: number): void {
  expect(Math.abs(actual - expected)).toBeLessThanOrEqual(tolerances.sumFp64.relative * Math.abs(expected));
}

const layer = dense('fc', 3000, 1000);

describe('a layer on an array', () => {
  test('static power counts for the cycles of the mapping', () => {
    const { result, target, mapping } = priced('systolic-64x64', layer, () => ({ staticPowerW: band(5) }));
    close(part(result, 'static'), (5 * mapping.traffic.cycles) / target.clockHz.value);
    expect(part(priced('systolic-64x64', layer, () => ({ staticPowerW: null })).result, 'static')).toBe(0);
  });

  test('a memory that is slower than the array sets the cycles, and units wait for it', () => {
    // 3000 x 1000 weights of 8 bit do not fit the buffer of 1 MiB: each crosses DRAM once. The activations stay.
    const bits = 8 * 3_000_000;
    const slow = (bitsPerCycle: number | undefined) =>
      priced('systolic-64x64', layer, ({ memories: [buffer, dram], array }) => {
        if (buffer === undefined || dram === undefined || array === undefined) throw new Error('no memories');
        const { bitsPerCycle: _, ...free } = dram;
        const own = bitsPerCycle === undefined ? free : { ...free, bitsPerCycle: band(bitsPerCycle) };
        return { staticPowerW: band(5), array: { ...array, idlePerUnitCycleJ: band(1e-15) }, memories: [buffer, own] };
      });
    const [free, fast, waiting] = [slow(undefined), slow(1e9), slow(16)];
    expect(fast.result.total).toMatchObject({ value: free.result.total.value });
    expect(free.result.mapping?.cycles).toBe(free.mapping.traffic.cycles);
    const cycles = bits / 16;
    expect(cycles).toBeGreaterThan(2 * free.mapping.traffic.cycles);
    expect(waiting.result.mapping).toMatchObject({ cycles, utilisation: 3_000_000 / (4096 * cycles) });
    expect(waiting.result.mapping?.text).toMatch(/; waits for LPDDR4$/);
    close(part(waiting.result, 'static'), (5 * cycles) / waiting.target.clockHz.value);
    close(part(waiting.result, 'idle'), (4096 * cycles - 3_000_000) * 1e-15);
    for (const name of ['compute', 'buffer', 'off-chip']) close(part(waiting.result, name), part(free.result, name));
  });

  test('the cycles of a memory have its band', () => {
    const { result, target } = priced('eyeriss-168', layer, () => ({ staticPowerW: band(1) }));
    const dram = target.memories[1]?.bitsPerCycle;
    const power = result.components.find((c) => c.name === 'static')?.energy;
    const bits = 16 * 3_000_000;
    close(power?.low ?? 0, bits / (dram?.high ?? 0) / target.clockHz.high);
    close(power?.value ?? 0, bits / (dram?.value ?? 0) / target.clockHz.value);
    close(power?.high ?? 0, bits / (dram?.low ?? 0) / target.clockHz.low);
  });

  test('accesses priced in multiply-adds are those of the tables, whatever a unit of this array costs', () => {
    const plain = priced('eyeriss-168', layer).result;
    const cheap = priced('eyeriss-168', layer, ({ array }) => (array ? { array: { ...array, multiplyAddFactor: band(0.25) } } : {})).result;
    close(part(cheap, 'compute'), part(plain, 'compute') / 4);
    for (const name of ['registers', 'array', 'buffer', 'off-chip']) close(part(cheap, name), part(plain, name));
  });

  test.each(['systolic-64x64', 'eyeriss-168'])('%s: the traffic shown times the energy per bit is the energy shown', (id) => {
    for (const each of [layer, conv('conv')]) {
      const { result, target } = priced(id, each);
      const word = id === 'eyeriss-168' ? 16 : 8;
      const perMac = part(result, 'compute') / (result.mapping === undefined ? 1 : (each.macs ?? 0));
      const energy = (name: 'registers' | 'array' | 'buffer' | 'dram', memory: number): number => {
        const access = target.array?.access[name] ?? null;
        if (access === null) return memory;
        return access.kind === 'per-bit' ? access.energyPerBitJ.value : (access.macsPerWord.value * perMac) / word;
      };
      const expected = {
        registers: energy('registers', 0),
        array: energy('array', 0),
        buffer: energy('buffer', target.memories[0]?.energyPerBitJ.value ?? 0),
        'off-chip': energy('dram', target.memories[1]?.energyPerBitJ.value ?? 0),
      };
      for (const { level, readBits, writeBits } of result.mapping?.traffic ?? [])
        close(part(result, level), expected[level as keyof typeof expected] * (readBits + writeBits));
    }
    expect.hasAssertions();
  });
});
