import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { mapTarget } from '../../../solver-core/energy/map-target.ts';
import type { Band } from '../../../solver-core/energy/quantity.ts';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import { validateTable, validateTarget } from '../../../solver-core/energy/validate-target.ts';
import { projectRoot } from '../../shared.ts';

const folder = join(projectRoot, 'solver-core/energy/targets');
const files = readdirSync(folder).filter((name) => name.endsWith('.json') && name !== 'target.schema.json');

function json(name: string): Record<string, unknown> {
  return JSON.parse(readFileSync(join(folder, name), 'utf8')) as Record<string, unknown>;
}

describe('target files', () => {
  test('each is valid, is named after its id, and is among the targets', () => {
    expect(files.map((name) => name.replace('.json', '')).sort()).toEqual([...energyTargets.keys()].sort());
    for (const name of files) {
      const { value, diagnostics } = validateTarget(json(name), name);
      expect(diagnostics).toEqual([]);
      expect(`${value?.id}.json`).toBe(name);
    }
  });

  test('a kind of DRAM brings its energy per bit', () => {
    expect(energyTargets.get('gpu-class')?.memories.at(-1)).toMatchObject({ dram: 'hbm2', energyPerBitJ: { value: 3.9e-12 } });
  });

  test('no FPGA figure claims more than a model, and every assumed number says so in its reference or name', () => {
    for (const target of energyTargets.values()) {
      const bands: Band[] = [];
      mapTarget(target, (band) => {
        bands.push(band);
        return band;
      });
      expect(bands.length).toBeGreaterThan(6);
      for (const band of bands) {
        expect(['modelled', 'assumed']).toContain(band.source);
        if (band.source === 'assumed') expect(band.ref).toContain('assumed');
      }
    }
  });

  test.each(['systolic-64x64', 'shift-only-64x64', 'mcu-class'])('%s: its memory costs what one of its size does', (id) => {
    const memory = energyTargets.get(id)?.memories[0];
    // 100 pJ per 64 bit at 1 MB (Horowitz), by the square root of the size.
    const perBitJ = (100e-12 / 64) * Math.sqrt((memory?.sizeBytes ?? 0) / 2 ** 20);
    expect(memory?.energyPerBitJ.value.toPrecision(2)).toBe(perBitJ.toPrecision(2));
  });

  test('constants of a chip in another process than the tables have a band for it', () => {
    const eyeriss = energyTargets.get('eyeriss-168');
    for (const access of Object.values(eyeriss?.array?.access ?? {}))
      expect(access).toMatchObject({ kind: 'relative', macsPerWord: { source: 'assumed' } });
    expect(eyeriss?.arithmeticFactor).toMatchObject({ low: 1, high: 2.5, source: 'assumed' });
  });

  test('an engine refines on a target that exists', () => {
    for (const target of energyTargets.values()) if (target.engine !== null) expect(energyTargets.has(target.engine.refineOn)).toBe(true);
    expect.hasAssertions();
  });
});

describe('shift-only-64x64', () => {
  const horowitz = { multiplier: 0.2, adder: (0.1 * 22) / 32 };
  const aladdin = { multiplier: 0.6538, adder: (0.1344 * 22) / 32 };
  const fast = { multiplier: 0.7925, adder: (0.21 * 22) / 32 };
  const slow = { multiplier: 0.5394, adder: (0.086 * 22) / 32 };
  const load = (cell: string): { multiplier: number; adder: number } =>
    (
      JSON.parse(readFileSync(join(projectRoot, `solver-core/energy/switching/data/characterisation-${cell}.json`), 'utf8')) as {
        uniformLoad: { multiplier: number; adder: number };
      }
    ).uniformLoad;

  test.each(['array', 'booth'])('its multiply-add over that of the %s cell lies in the band, by every constant table', (reference) => {
    const factor = energyTargets.get('shift-only-64x64')?.array?.multiplyAddFactor;
    const [shift, other] = [load('shift'), load(reference)];
    for (const { multiplier, adder } of [horowitz, aladdin, fast, slow]) {
      const ratio = ((multiplier * shift.multiplier) / other.multiplier + (adder * shift.adder) / other.adder) / (multiplier + adder);
      expect(ratio).toBeGreaterThan(factor?.low ?? Infinity);
      expect(ratio).toBeLessThan(factor?.high ?? 0);
    }
  });

  test('is systolic-64x64 but for what a unit does', () => {
    const [shift, systolic] = [json('shift-only-64x64.json'), json('systolic-64x64.json')];
    const { multiplyAddFactor, weightValues, ...array } = shift['array'] as Record<string, unknown>;
    expect([multiplyAddFactor, weightValues]).toMatchObject([{ source: 'assumed' }, 'powers-of-two']);
    const { id, name, summary } = systolic;
    expect({ ...shift, id, name, summary, array }).toEqual(systolic);
  });
});

describe('a bad file gives diagnostics', () => {
  const good = json('ecp5-85f.json');
  const band = { value: 1, low: 1, high: 1, source: 'modelled', ref: 'r' };
  const section = (change: object): Record<string, unknown> => {
    const systolic = json('systolic-64x64.json');
    return { ...systolic, array: { ...(systolic['array'] as object), ...change } };
  };
  const withEvents = (change: object): Record<string, unknown> => {
    const seneca = json('seneca-type.json');
    return { ...seneca, events: { ...(seneca['events'] as object), ...change } };
  };
  test.each<readonly [string, unknown, string]>([
    ['not an object', 'x', 'the file is "x"; expected an object.'],
    ['another schema', { ...good, schema: 'tierwise.target/2' }, '"schema" is "tierwise.target/2"; expected "tierwise.target/1".'],
    [
      'band out of order',
      { ...good, clockHz: { ...band, low: 2 } },
      '"clockHz" is {"low":2,"value":1,"high":1}; expected 0 < low <= value <= high.',
    ],
    ['a clock of zero', { ...good, clockHz: { ...band, low: 0 } }, 'expected 0 < low'],
    ['no source', { ...good, refetch: { value: 1, low: 1, high: 1, ref: 'r' } }, '"refetch.source" is nothing'],
    ['no reference', { ...good, refetch: { ...band, ref: '' } }, '"refetch.ref"'],
    ['text for a number', { ...good, staticPowerW: { ...band, value: '1' } }, 'expected numbers value, low and high'],
    [
      'bounded last memory',
      { ...good, memories: [{ id: 'a', name: 'a', sizeBytes: 5, energyPerBitJ: band }] },
      '"memories[0].sizeBytes" is 5; expected null',
    ],
    ['no memory', { ...good, memories: [] }, 'a list of 1 to 8 memory levels'],
    ['unknown kind', { ...good, kind: 'tpu' }, '"kind" is "tpu"; expected one of fpga, asic, cpu, gpu, neuromorphic.'],
    ['odd width', { ...good, arithmetic: { ...(good['arithmetic'] as object), solve: { kind: 'float', bits: 12 } } }, '"arithmetic.solve"'],
    ['a dataflow that is none', section({ dataflow: 'systolic' }), '"array.dataflow" is "systolic"; expected one of weight-stationary'],
    ['an array without units', section({ rows: 0 }), '"array.rows" is 0; expected a whole number from 1 to 65536'],
    ['rows that stay, but nowhere', section({ dataflow: 'row-stationary' }), '"array.registerWords" is null; expected the words'],
    [
      'two energies for one access',
      section({ access: { registers: { energyPerBitJ: band, macsPerWord: band }, array: { energyPerBitJ: band } } }),
      'expected either "energyPerBitJ" or "macsPerWord"',
    ],
    ['an array without DRAM', { ...section({}), memories: [{ id: 'a', name: 'a', sizeBytes: null, energyPerBitJ: band }] }, 'two levels'],
    [
      'an array with a memory in the middle',
      { ...section({}), memories: ['a', 'b', 'c'].map((id) => ({ id, name: id, sizeBytes: id === 'c' ? null : 9, energyPerBitJ: band })) },
      '"memories" is a list of 3; expected two levels with an array, its buffer and its DRAM',
    ],
    ['events on an array', { ...section({}), events: json('seneca-type.json')['events'] }, 'because the target has an array'],
    [
      'more nonzero inputs than inputs',
      withEvents({ nonzeroInputs: { ...band, high: 2 } }),
      '"events.nonzeroInputs" is 2; expected a share, at most 1',
    ],
    ['event costs of no table', withEvents({ costs: 'loihi' }), '"events.costs" is "loihi"; expected one of seneca22.'],
    ['event costs by a table and a number', withEvents({ macJ: band }), 'expected nothing, because "costs" names a table'],
    ['event costs by numbers, but not all', withEvents({ costs: undefined, eventJ: band, macJ: band }), '"events.weightLoadJ" is nothing'],
    ['a DRAM that is none', { ...good, memories: [{ id: 'a', name: 'a', sizeBytes: null, dram: 'ddr9' }] }, '"memories[0].dram" is "ddr9"'],
    [
      'a DRAM and a number',
      { ...good, memories: [{ id: 'a', name: 'a', sizeBytes: null, dram: 'ddr4', energyPerBitJ: band }] },
      'expected nothing, because "dram" names DDR4',
    ],
  ])('%s', (_, input, message) => {
    const { value, diagnostics } = validateTarget(input, 'my.json');
    expect(value).toBeUndefined();
    expect(diagnostics[0]).toMatchObject({ severity: 'error', code: 'energy-target-invalid', where: { path: 'my.json' } });
    expect(diagnostics.map((d) => d.message).join('\n')).toContain(message);
  });

  test('a table without an operation', () => {
    const { value, diagnostics } = validateTable(
      { schema: 'tierwise.energy-table/1', id: 'a', name: 'a', process: 'a', ref: 'a', operations: {} },
      't.json',
    );
    expect(value).toBeUndefined();
    expect(diagnostics).toHaveLength(9);
  });

  test('nesting without end is described, not followed', () => {
    const deep = JSON.parse(`${'['.repeat(120_000)}${']'.repeat(120_000)}`) as unknown;
    const deeper = JSON.parse(`${'{"a":'.repeat(120_000)}1${'}'.repeat(120_000)}`) as unknown;
    for (const [index, input] of [deep, deeper, { ...good, clockHz: deeper }, { ...good, memories: deeper, name: deep }].entries()) {
      const { value, diagnostics } = validateTarget(input, 'deep.json');
      expect(value, String(index)).toBeUndefined();
      expect(diagnostics.every((d) => d.message.length < 200)).toBe(true);
    }
    expect(validateTarget({ ...good, clockHz: deeper }, 'x').diagnostics[0]?.message).toContain('"clockHz" is {"a":{…}}; expected numbers');
  });

  test('the faults of one file are capped, and what lies below a missing object is not listed', () => {
    const { diagnostics } = validateTarget({ schema: 'tierwise.target/1' }, 'x.json');
    expect(diagnostics).toHaveLength(11);
    expect(diagnostics.at(-1)?.message).toBe('The file has 3 more faults; docs/targets.md explains every field.');
    const one = validateTarget({ ...good, arithmetic: { ...(good['arithmetic'] as object), training: 3 }, engine: 'x' }, 'x.json');
    expect(one.diagnostics.map((d) => d.message)).toEqual([
      '"arithmetic.training" is 3; expected an object.',
      '"engine" is "x"; expected an object.',
    ]);
    const list = validateTarget([], 'x.json').diagnostics;
    expect(list.map((d) => d.message)).toEqual(['the file is []; expected an object.']);
  });

  test.each([1e308, 1e-308])('a constant of %s is refused wherever it stands', (n) => {
    const at = (change: object, base: object = good): readonly string[] =>
      validateTarget({ ...base, ...change }, 'x.json').diagnostics.map((d) => d.message);
    const odd = { ...band, value: n, low: n, high: n };
    expect(at({ clockHz: odd })[0]).toContain('expected 1 to 10000000000000 Hz');
    for (const key of ['macsPerCycle', 'arithmeticFactor', 'overheadPerMacJ', 'staticPowerW', 'refetch'])
      expect(at({ [key]: odd })).toHaveLength(1);
    expect(at({ array: { ...(section({})['array'] as object), idlePerUnitCycleJ: odd } }, section({}))[0]).toContain('0 or 1e-24 to 1 J');
    expect(at({ memories: [{ id: 'a', name: 'a', sizeBytes: null, energyPerBitJ: odd }] })[0]).toContain('0 or 1e-24 to 1 J');
  });
});
