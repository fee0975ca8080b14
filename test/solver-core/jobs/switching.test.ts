import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { characterisation } from '../../../solver-core/energy/switching/characterisation.ts';
import { macCell } from '../../../solver-core/energy/switching/gate-simulation.ts';
import { dataActivity, expectedJoules } from '../../../solver-core/energy/switching/expected.ts';
import { scaleSwitched, simulatedUnits, switchedJoules } from '../../../solver-core/energy/switching/price.ts';
import { formatBand } from '../../../solver-core/energy/format.ts';
import { energyTables } from '../../../solver-core/energy/tables/index.ts';
import { registerBitJ } from '../../../solver-core/energy/tables/register-bit.ts';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import { checkJob } from '../../../solver-core/jobs/check.ts';
import { energyJob } from '../../../solver-core/jobs/energy.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { renderEnergy } from '../../../solver-core/jobs/report.ts';
import type { Diagnostic } from '../../../solver-core/model/diagnostic.ts';
import { findLayers, inferShapes } from '../../../solver-core/model/index.ts';
import { encodeModel, readModel, withQuantisedLayers } from '../../../solver-core/onnx/index.ts';
import type { EnergyDocument, ProgressEvent } from '../../../solver-core/protocol/index.ts';
import { projectRoot } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, int64s, modelBytes, node, value } from '../onnx/build-model.ts';

let folder = '';
const environment = createEnvironment('0', join(projectRoot, 'dist/cli.cjs'));
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierwise-switching-'));
  cpSync(join(projectRoot, 'examples/digits/digits.npz'), join(folder, 'digits.npz'));
  cpSync(join(projectRoot, 'test/fixtures/onnx/mlp_digits.onnx'), join(folder, 'mlp.onnx'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const dataLine = 'data "digits.npz" inputs x labels y split 0.8 seed 1\n';
function plan(name: string, options: { readonly model?: string; readonly data?: string; readonly target?: string } = {}): string {
  const { model = 'mlp.onnx', data = dataLine, target = 'systolic-64x64' } = options;
  const path = join(folder, name);
  writeFileSync(path, `model "${model}"\n${data}target "${target}"\n`);
  return path;
}

/** Digits as 8 x 8 images through a convolution that is fine and a head whose weights are `head`. */
function network(name: string, head: number): void {
  const bytes = modelBytes({
    input: [value('x', ['n', 64])],
    output: [value('y', ['n', 10])],
    initializer: [
      int64s('s', [-1, 1, 8, 8]),
      floats('k', [4, 1, 3, 3], (i) => Math.sin(i)),
      int64s('f', [-1, 144]),
      floats('w', [144, 10], (i) => (i === 5 ? head : Math.cos(i))),
    ],
    node: [
      node('Reshape', ['x', 's'], ['image']),
      node('Conv', ['image', 'k'], ['c'], {}, 'conv'),
      node('Relu', ['c'], ['r']),
      node('Reshape', ['r', 'f'], ['flat']),
      node('MatMul', ['flat', 'w'], ['y'], {}, 'head'),
    ],
  });
  writeFileSync(join(folder, name), bytes);
}

const uniform = (id: 'array' | 'booth') => {
  const { uniformLoad: e } = characterisation(id, macCell(id).netlistHash);
  const unit = e.multiplier + e.adder + e.registers;
  return { cell: id, energy: { multiplier: e.multiplier / unit, adder: e.adder / unit, registers: e.registers / unit } };
};

describe('joules of what switched', () => {
  const target = energyTargets.get('systolic-64x64')!;

  test('uniformly random operands give what the tables say of multiplier, 22-bit adder and registers', () => {
    const aladdin = energyTables.find(({ id }) => id === 'aladdin40')!;
    const { int8MulJ, int32AddJ } = aladdin.operations;
    const found = switchedJoules([uniform('array')], target, [aladdin], 'a test');
    for (const end of ['value', 'low', 'high'] as const)
      expect(Math.abs(found[end] / (int8MulJ[end] + (22 / 32) * int32AddJ[end] + 30 * registerBitJ[end]) - 1)).toBeLessThan(
        tolerances.sumFp64.relative,
      );
    expect(found).toMatchObject({ unit: 'J', source: 'modelled', ref: 'a test' });
  });

  test('the band covers both tables and both cells, the value is of the first cell between its tables', () => {
    const both = switchedJoules([uniform('array'), uniform('booth')], target, energyTables, 'both');
    for (const of of [uniform('array'), uniform('booth')]) {
      for (const table of energyTables) {
        const one = switchedJoules([of], target, [table], 'one');
        expect(both.low).toBeLessThanOrEqual(one.low);
        expect(both.high).toBeGreaterThanOrEqual(one.high);
      }
    }
    const [a, b] = energyTables.map((table) => switchedJoules([uniform('array')], target, [table], 'one').value);
    expect(Math.abs(both.value / Math.sqrt(a! * b!) - 1)).toBeLessThan(tolerances.sumFp64.relative);
  });

  test('an estimate has the parts of a simulation under random operands, and the activity of real data below', () => {
    const units = { cells: ['array', 'booth'] } as const;
    const random = switchedJoules([uniform('array'), uniform('booth')], target, energyTables, 'random');
    const expected = expectedJoules(units, 1000, target, energyTables);
    for (const [end, factor] of [
      ['value', 1],
      ['low', dataActivity.low],
      ['high', 1],
    ] as const)
      expect(Math.abs(expected[end] / (1000 * factor * random[end]) - 1)).toBeLessThan(tolerances.sumFp64.relative);
    // A unit that shifts costs less by its gates; the factor that the target states for it does not count twice.
    const shifted = expectedJoules({ cells: ['shift'] }, 1000, energyTargets.get('shift-only-64x64')!, energyTables);
    expect(shifted.value).toBeLessThan(expected.value);
    expect(shifted.value).toBeGreaterThan(expected.value / 4);
  });

  test('the activity holds every layer of the benchmark', () => {
    const text = readFileSync(join(projectRoot, 'bench/results/switching.md'), 'utf8');
    const found = [...text.matchAll(/^\| \S+ \| \d+ x \d+ \| ([\d.]+) \|/gm)].map(([, perMac]) => Number(perMac));
    expect(found).toHaveLength(36);
    expect(Math.min(...found)).toBeGreaterThanOrEqual(dataActivity.low);
    expect(Math.max(...found)).toBeLessThanOrEqual(dataActivity.high);
  });

  test('nothing switched costs nothing', () => {
    expect(switchedJoules(scaleSwitched([uniform('array')], 0), target, energyTables, 'none')).toMatchObject({ value: 0, low: 0, high: 0 });
  });

  test('only weight-stationary arrays of 8-bit units have simulated cells', () => {
    expect(simulatedUnits(target)).toEqual({ array: { rows: 64, columns: 64 }, cells: ['array', 'booth'] });
    expect(simulatedUnits(energyTargets.get('ecp5-85f')!)).toMatch(/FPGA/);
    expect(simulatedUnits(energyTargets.get('mcu-class')!)).toMatch(/cpu/);
    expect(simulatedUnits({ ...target, arithmetic: { ...target.arithmetic, inference: { kind: 'float', bits: 16 } } })).toMatch(/16-bit/);
    expect(simulatedUnits({ ...target, arithmetic: { ...target.arithmetic, inference: { kind: 'model' } } })).toMatch(/own widths/);
  });
});

describe('energy of a plan with switching', () => {
  let document: EnergyDocument;
  const events: ProgressEvent[] = [];
  beforeAll(async () => {
    const path = plan('mlp.tiers');
    document = await energyJob(environment, { path, switching: true }, { onProgress: (event) => events.push(event) });
  });

  test('every layer has the tables beside the simulation, and the totals are their sums', () => {
    const evidence = document.layers.map((layer) => layer.evidence!.find(({ simulated }) => simulated !== null)!);
    expect(evidence).toHaveLength(3);
    for (const [i, { of, estimate, simulated, error }] of evidence.entries()) {
      expect(of).toBe('multiply-adds of one inference, samples streaming');
      // The activity is simulated; horowitz45 prices no register, so a share is assumed, and a figure is worth its weakest part.
      expect(simulated!.source).toBe('assumed');
      expect(simulated!.ref).toMatch(/; activity simulated, joules from tables horowitz45, aladdin40$/);
      expect(estimate.source).toBe('assumed');
      expect(error).toBe((estimate.value - simulated!.value) / simulated!.value);
      // Trained weights on real rows switch less than random operands, which the tables are about, and more than a third of it.
      const uniformJ =
        document.layers[i]!.macs! * switchedJoules([uniform('array')], energyTargets.get('systolic-64x64')!, energyTables, 'u').value;
      expect(simulated!.value / uniformJ).toBeGreaterThan(0.33);
      expect(simulated!.value / uniformJ).toBeLessThan(1);
      // The estimate is of the same parts, so that the two differ by what the data do alone.
      expect(Math.abs(estimate.value / uniformJ - 1)).toBeLessThan(tolerances.sumFp64.relative);
      expect(simulated!.value).toBeGreaterThan(estimate.low);
      expect(simulated!.value).toBeLessThan(estimate.high);
    }
    const total = document.evidence!.find(({ simulated }) => simulated !== null)!;
    const sumOf = (figures: readonly number[]): number => figures.reduce((a, b) => a + b, 0);
    expect(Math.abs(total.estimate.value / sumOf(evidence.map((e) => e.estimate.value)) - 1)).toBeLessThan(tolerances.sumFp64.relative);
    // Geometric means over tables do not add up exactly where layers differ in how multiplier and adder share.
    expect(Math.abs(total.simulated!.value / sumOf(evidence.map((e) => e.simulated!.value)) - 1)).toBeLessThan(
      tolerances.shownDigits.relative,
    );
    expect(total.simulated!.ref).toMatch(/512 rows of digits.npz through mlp.onnx .* horowitz45, aladdin40/);
  });

  test('the grouped model stands beside the tiles it was checked against', () => {
    for (const { evidence } of document.layers) {
      const found = /grouped model ([+−])([\d.]+) % of it/.exec(evidence!.at(-1)!.simulated!.ref);
      expect(Number(found![2]) / 100).toBeLessThan(tolerances.groupedLayers.relative);
    }
  });

  test('says what is not in it, and how far it has come', () => {
    const names = ['switching', 'streaming', 'estimate beside the switching', 'not in the switching'];
    expect(document.assumptions.map(({ name }) => name)).toEqual(expect.arrayContaining(names));
    expect(events.some(({ stage, fraction }) => stage === 'simulating' && fraction !== null && fraction > 0.5)).toBe(true);
  });

  test('is remembered while model, data and their use stay the same, and comes out the same anew', async () => {
    const stages: string[] = [];
    const again = await energyJob(
      environment,
      { path: plan('mlp.tiers'), switching: true },
      { onProgress: ({ stage }) => stages.push(stage) },
    );
    expect(again).toEqual(document);
    expect(stages).toEqual([]);
    network('small.onnx', 1);
    const anew = (): Promise<EnergyDocument> => {
      const path = plan('small.tiers', { model: 'small.onnx' });
      return energyJob(createEnvironment('0', join(projectRoot, 'dist/cli.cjs')), { path, switching: true });
    };
    const small = await anew();
    expect(small).toEqual(await anew());
    // A convolution streams its positions, the head sample after sample.
    const of = 'multiply-adds of one inference, ';
    expect(small.layers.map(({ evidence }) => evidence![0]!.of)).toEqual([`${of}positions streaming`, `${of}samples streaming`]);
    expect(small.evidence![0]!.of).toBe(`${of}streaming`);
  });

  test('a model in QDQ form is simulated with the integers it stores', async () => {
    const model = readModel(new Uint8Array(readFileSync(join(folder, 'mlp.onnx')))).value!;
    const layers = findLayers(model.graph, inferShapes(model.graph));
    // All weights 0 or the same small integer: hardly anything switches.
    const quantised = layers.map(({ id, linear }) => ({
      id,
      weights: Int8Array.from({ length: linear!.inputs * linear!.outputs }, (_, i) => (i % 7 === 0 ? 1 : 0)),
      scales: new Float32Array(linear!.outputs).fill(0.01),
      bits: 8 as const,
      bias: null,
      input: { scale: 1 / 255, zeroPoint: 0 },
    }));
    writeFileSync(join(folder, 'qdq.onnx'), encodeModel(withQuantisedLayers(model, quantised)));
    const stored = await energyJob(environment, { path: plan('qdq.tiers', { model: 'qdq.onnx' }), switching: true });
    expect(stored.diagnostics.filter(({ code }) => code.startsWith('switching'))).toEqual([]);
    for (const [i, { evidence }] of stored.layers.entries())
      expect(evidence![0]!.simulated!.value).toBeLessThan(document.layers[i]!.evidence![0]!.simulated!.value / 2);

    // 0 and 1 are powers of two, too: an array of shifters holds them, for less.
    const shifted = await energyJob(environment, {
      path: plan('shift.tiers', { model: 'qdq.onnx', target: 'shift-only-64x64' }),
      switching: true,
    });
    expect(shifted.evidence![0]!.simulated!.value).toBeLessThan(stored.evidence![0]!.simulated!.value);
    expect(shifted.evidence![0]!.simulated!.ref).toMatch(/^gates of the shifter/);
  });

  test('an array of shifters holds no other weights', async () => {
    const path = plan('shift-any.tiers', { target: 'shift-only-64x64' });
    await expect(energyJob(environment, { path, switching: true })).rejects.toMatchObject({
      code: 'switching-no-layer',
      message: expect.stringMatching(/holds the weight -?\d+, and the units hold only 0/) as string,
      // What helps is other weights; the layers are of the right kind.
      advice: expect.stringMatching(/^`tierwise select --values powers-of-two`/) as string,
    });
  });

  test('without the word nothing is simulated', async () => {
    const plain = await energyJob(environment, { path: plan('mlp.tiers') });
    expect(plain.evidence).toBeUndefined();
    expect(plain.layers.every(({ evidence }) => evidence === undefined)).toBe(true);
  });

  test.each(['text', 'md', 'html'] as const)('%s shows estimate, simulation and error', async (format) => {
    const { text } = await renderEnergy(environment, { path: plan('mlp.tiers'), switching: true }, format);
    expect(text).toMatch(/Estimate, simulation, measurement/);
    expect(text).toMatch(/gates of the array multiplier/);
    expect(text).toMatch(/[+−]\d+ %/);
    expect(text).toMatch(/unlike the estimate knows the data/);
    // Estimate and simulation with value and band.
    const { estimate, simulated } = document.evidence!.find((each) => each.simulated !== null)!;
    for (const band of [formatBand(estimate), formatBand(simulated!)]) expect(text).toContain(band);
    const plain = await renderEnergy(environment, { path: plan('mlp.tiers') }, format);
    expect(plain.text).not.toMatch(/Estimate, simulation/);
  });
});

describe('what stands against a simulation', () => {
  const fails = (path: string, code: string, text: RegExp) =>
    expect(energyJob(environment, { path, switching: true })).rejects.toMatchObject({
      code,
      message: expect.stringMatching(text) as string,
    });

  test('a bare model has no rows', async () => {
    await fails(join(folder, 'mlp.onnx'), 'switching-needs-plan', /a plan names/);
  });

  test('a plan without data', async () => {
    await fails(plan('bare.tiers', { data: '' }), 'plan-without-data', /names no data/);
  });

  test('a target without such an array names those that have one', async () => {
    const path = plan('fpga.tiers', { target: 'ecp5-85f' });
    await fails(path, 'no-8-bit-array', /"ecp5-85f" cannot be simulated: .*FPGA/);
    await expect(energyJob(environment, { path, switching: true })).rejects.toMatchObject({
      advice: expect.stringContaining('systolic-64x64') as string,
    });
  });

  test('cancelling stops it, and the next request starts anew', async () => {
    const fresh = createEnvironment('0', join(projectRoot, 'dist/cli.cjs'));
    const stop = new AbortController();
    network('small.onnx', 1);
    const path = plan('cancel.tiers', { model: 'small.onnx' });
    const others: Promise<EnergyDocument>[] = [];
    const onProgress = ({ stage }: ProgressEvent): void => {
      if (stage !== 'simulating' || others.length > 0) return;
      // Another one asks for the same figures while they are made, then the first gives up.
      others.push(energyJob(fresh, { path, switching: true }));
      setImmediate(() => stop.abort());
    };
    const stopped = energyJob(fresh, { path, switching: true }, { abort: stop.signal, onProgress });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(others).toHaveLength(1);
    expect((await others[0]!).evidence).toHaveLength(1);
  });

  test('cancelling stops it inside a layer, before the next cell', async () => {
    const stop = new AbortController();
    let begun = 0;
    const soon = (turns: number): unknown => (turns === 0 ? stop.abort() : setImmediate(() => soon(turns - 1)));
    const onProgress = ({ stage }: ProgressEvent): void => {
      if (stage === 'simulating' && ++begun === 1) soon(5);
    };
    const fresh = createEnvironment('0', join(projectRoot, 'dist/cli.cjs'));
    const stopped = energyJob(fresh, { path: plan('inside.tiers'), switching: true }, { abort: stop.signal, onProgress });
    await expect(stopped).rejects.toMatchObject({ name: 'AbortError' });
    expect(begun).toBe(1);
  });

  test('layers that cannot be made integer are named, the others simulated', async () => {
    network('half.onnx', NaN);
    const document = await energyJob(environment, { path: plan('half.tiers', { model: 'half.onnx' }), switching: true });
    expect(document.layers.map(({ evidence }) => evidence?.length ?? 0)).toEqual([1, 0]);
    expect(document.evidence![0]!.of).toBe('multiply-adds of one inference, positions streaming, 1 of 2 layers');
    expect(document.diagnostics).toContainEqual(
      expect.objectContaining({
        code: 'switching-layer-skipped',
        severity: 'info',
        message: expect.stringMatching(/"head".*not finite/) as string,
      }),
    );
  });

  test('sums that 22 bits do not hold are told', async () => {
    const bytes = modelBytes({
      input: [value('x', ['n', 64])],
      output: [value('y', ['n', 1])],
      initializer: [floats('e', [64, 160], () => 1), floats('w', [160, 1], () => 1)],
      node: [node('MatMul', ['x', 'e'], ['h'], {}, 'widen'), node('MatMul', ['h', 'w'], ['y'], {}, 'sum')],
    });
    writeFileSync(join(folder, 'wide.onnx'), bytes);
    const { diagnostics } = await energyJob(environment, { path: plan('wide.tiers', { model: 'wide.onnx' }), switching: true });
    const found = diagnostics.filter(({ code }) => code === 'switching-sums-wrap');
    expect(found.map(({ where }) => where.node)).toEqual(['sum']);
    expect(found[0]!.message).toMatch(/^\d+ % of the sums/);
  });

  test('a model none of whose layers can be', async () => {
    const bytes = modelBytes({
      input: [value('x', ['n', 64])],
      output: [value('y', ['n', 10])],
      initializer: [floats('w', [64, 10], () => Infinity)],
      node: [node('MatMul', ['x', 'w'], ['y'], {}, 'only')],
    });
    writeFileSync(join(folder, 'none.onnx'), bytes);
    await fails(plan('none.tiers', { model: 'none.onnx' }), 'switching-no-layer', /"only", it has weights that are not finite/);
  });
});

describe('units that hold only some weights', () => {
  const warnings = (diagnostics: readonly Diagnostic[]) => diagnostics.filter(({ code }) => code === 'weights-not-held');
  const shifters = { target: 'shift-only-64x64' };

  test('a model with others is a warning that says what to do, of plans, models and checks', async () => {
    const path = plan('others.tiers', shifters);
    const all = [
      (await energyJob(environment, { path })).diagnostics,
      (await energyJob(environment, { path: plan('named.tiers'), ...shifters })).diagnostics,
      (await energyJob(environment, { path: join(folder, 'mlp.onnx'), ...shifters })).diagnostics,
      (await checkJob(environment, { path })).diagnostics,
    ];
    for (const diagnostics of all) {
      const found = warnings(diagnostics);
      expect(found).toHaveLength(1);
      expect(found[0]).toMatchObject({ severity: 'warning', where: { path: join(folder, 'mlp.onnx') } });
      expect(found[0]!.message).toMatch(/"shift-only-64x64" hold only 0 and .* 3 of 3 layers have other weights \(layer "\S+": -?\d+\)/);
      expect(found[0]!.message).toContain('tierwise select --values powers-of-two');
    }
  });

  test('a model that stores such weights is none, nor is any on units that hold all', async () => {
    const model = readModel(new Uint8Array(readFileSync(join(folder, 'mlp.onnx')))).value!;
    const layers = findLayers(model.graph, inferShapes(model.graph));
    const stored = (odd: number) =>
      layers.map(({ id, linear }, layer) => ({
        id,
        weights: Int8Array.from({ length: linear!.inputs * linear!.outputs }, (_, i) =>
          layer === 1 && i === 9 ? odd : [0, 1, -2, 64][i % 4]!,
        ),
        scales: new Float32Array(linear!.outputs).fill(0.01),
        bits: 8 as const,
        bias: null,
        input: { scale: 1 / 255, zeroPoint: 0 },
      }));
    const of = async (odd: number): Promise<readonly Diagnostic[]> => {
      const path = join(folder, `powers${odd}.onnx`);
      writeFileSync(path, encodeModel(withQuantisedLayers(model, stored(odd))));
      return warnings((await energyJob(environment, { path, ...shifters })).diagnostics);
    };
    expect(await of(32)).toEqual([]);
    expect((await of(33)).map(({ message }) => message)).toEqual([
      expect.stringMatching(/1 of 3 layers has other weights \(layer "\S+": 33\)/),
    ]);
    expect(warnings((await energyJob(environment, { path: plan('any.tiers') })).diagnostics)).toEqual([]);
  });
});
