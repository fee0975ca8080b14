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
