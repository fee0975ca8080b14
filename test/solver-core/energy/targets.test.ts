import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import { validateTable, validateTarget } from '../../../solver-core/energy/validate-target.ts';
import { projectRoot } from '../../shared.ts';

const folder = join(projectRoot, 'solver-core/energy/targets');
const files = readdirSync(folder).filter((name) => name.endsWith('.json'));

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

  test('no FPGA figure claims more than a model, and every assumed number says so in its reference or name', () => {
    for (const target of energyTargets.values()) {
      const bands = [
        target.clockHz,
        target.macsPerCycle,
        target.arithmeticFactor,
        target.overheadPerMacJ,
        target.refetch,
        ...target.memories.map((m) => m.energyPerBitJ),
        ...(target.staticPowerW === null ? [] : [target.staticPowerW]),
      ];
      for (const band of bands) {
        expect(['modelled', 'assumed']).toContain(band.source);
        if (band.source === 'assumed') expect(band.ref).toContain('assumed');
      }
    }
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
});
