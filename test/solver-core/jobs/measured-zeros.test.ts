import { copyFileSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { diffJob } from '../../../solver-core/jobs/diff.ts';
import { energyInputs, energyJob } from '../../../solver-core/jobs/energy.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { sha256 } from '../../../solver-core/jobs/files.ts';
import { openModel } from '../../../solver-core/jobs/open-model.ts';
import type { SiteZeros } from '../../../solver-core/jobs/sparsify-energy.ts';
import { sparsifyEnergy, unitsPerRun } from '../../../solver-core/jobs/sparsify-energy.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import { encodeModel, withThresholds } from '../../../solver-core/onnx/index.ts';
import type { EnergyDocument } from '../../../solver-core/protocol/index.ts';
import { energyHtml } from '../../../solver-core/report/energy-html.ts';
import { energyMarkdown } from '../../../solver-core/report/energy-markdown.ts';
import { energyText } from '../../../solver-core/report/energy-text.ts';
import { projectRoot } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';

const sites: readonly SiteZeros[] = [
  { layers: ['/fc2/Gemm'], naturalZeros: 0.5, zeros: 0.8, threshold: { low: 0.1, high: 0.1 }, centred: false, corrected: false },
  { layers: ['/fc3/Gemm'], naturalZeros: 0.4, zeros: 0.4, threshold: null, centred: false, corrected: false },
];

let folder = '';
let environment = createEnvironment('0.0.0-test', __filename);
let given: readonly Layer[] = [];
const at = (name: string): string => join(folder, name);
const write = (record: object | string): void =>
  writeFileSync(at('digits.sparse.json'), typeof record === 'string' ? record : JSON.stringify(record));
const record = (changes: object = {}): object => ({
  ...{ schema: 'tierwise.sparsify/1', unit: 'row', rows: { calibration: 900, deciding: 300, heldOut: 360 }, sites },
  hashes: { output: sha256(readFileSync(at('digits.sparse.onnx'))) },
  ...changes,
});
const energy = (target = 'seneca-type', path = 'digits.sparse.onnx'): Promise<EnergyDocument> =>
  energyJob(environment, { path: at(path), target });
const zerosText = ({ assumptions }: EnergyDocument): string | undefined => assumptions.find(({ name }) => name === 'zeros')?.text;

beforeEach(async () => {
  folder = mkdtempSync(join(tmpdir(), 'tierwise-zeros-'));
  mkdirSync(join(folder, '.git'));
  for (const name of ['digits.onnx', 'digits.npz', 'digits.tiers']) copyFileSync(join(projectRoot, 'examples', 'digits', name), at(name));
  environment = createEnvironment('0.0.0-test', __filename);
  const { model, layers } = (await openModel(environment, at('digits.onnx'))).content!;
  given = layers;
  const site = layers.find(({ id }) => id === '/fc2/Gemm')!.input;
  const sparse = withThresholds(model, [{ site, axis: -1, threshold: new Float32Array([0.1]), centre: null }], layers);
  writeFileSync(at('digits.sparse.onnx'), encodeModel(sparse));
});
afterEach(() => rmSync(folder, { recursive: true, force: true }));

describe('a sparse model with its record', () => {
  test('costs on an event-driven target what its measured zeros leave, and says what they rest on', async () => {
    write(record());
    const document = await energy();
    const about = { unit: 'row', quality: { metric: 'accuracy', before: 0.9, after: 0.9, split: '360 held-out rows', rows: 360 } } as const;
    const { value } = await sparsifyEnergy({ path: at('digits.tiers'), targetId: 'seneca-type', layers: given, sites, about });
    const expected = value!.costs.find(({ model }) => model === 'instructions')!.sparse;
    const total = document.totals.inference!;
    // Inserted operators change no size and no name of a layer: the record and the estimate are of the same energy.
    expect(Math.abs(total.value / expected.value - 1)).toBeLessThan(tolerances.sumFp64.relative);
    expect(total.ref).toContain('measured zeros on 360 held-out rows, modelled energy');
    expect(total.value).toBeLessThan((await energy('seneca-type', 'digits.onnx')).totals.inference!.value);
    expect(zerosText(document)).toBe(
      'Zeros among the inputs of 2 of 3 layers were measured on 360 held-out rows ("digits.sparse.json"); the energy is modelled from them. The other layers count in full.',
    );
    const components = document.layers.map(({ components: parts }) => parts.map(({ name }) => name).includes('thresholds'));
    expect(components).toEqual([false, true, false]);
    expect(document.assumptions.find(({ name }) => name === 'events')?.text).toContain('Inputs are zero as measured');
    expect(document.diagnostics).toEqual([]);
    // Beside the figure, wherever it is shown.
    for (const report of [energyText, energyMarkdown, energyHtml]) expect(report(document)).toContain('measured on 360 held-out rows');
  });

  test('biases that corrections brought cost the same in the estimate as in the record, and more than none', async () => {
    const corrected = sites.map((site) => ({ ...site, corrected: true }));
    write(record({ sites: corrected }));
    const about = { unit: 'row', quality: { metric: 'accuracy', before: 0.9, after: 0.9, split: '360 held-out rows', rows: 360 } } as const;
    const { value } = await sparsifyEnergy({ path: at('digits.tiers'), targetId: 'seneca-type', layers: given, sites: corrected, about });
    const expected = value!.costs.find(({ model }) => model === 'instructions')!.sparse.value;
    const withBias = (await energy()).totals.inference!.value;
    expect(Math.abs(withBias / expected - 1)).toBeLessThan(tolerances.sumFp64.relative);
    write(record());
    expect(withBias).toBeGreaterThan((await energy()).totals.inference!.value);
  });

  test('a plan that names it gets the same figures', async () => {
    write(record());
    writeFileSync(at('sparse.tiers'), readFileSync(at('digits.tiers'), 'utf8').replace('digits.onnx', 'digits.sparse.onnx'));
    const [ofPlan, ofModel] = [await energy('seneca-type', 'sparse.tiers'), await energy()];
    expect(ofPlan.totals.inference).toEqual(ofModel.totals.inference);
    expect(zerosText(ofPlan)).toBe(zerosText(ofModel));
  });

  test.each(['ecp5-85f', 'server-cpu', 'systolic-64x64'])('on %s nothing changes, and one sentence says so', async (target) => {
    const before = await energy(target);
    write(record());
    const after = await energy(target);
    expect(zerosText(before)).toBeUndefined();
    expect(zerosText(after)).toMatch(/this target does not skip zeros, so that they change nothing here\.$/);
    expect({ ...after, assumptions: [] }).toEqual({ ...before, assumptions: [] });
    expect(after.assumptions.filter(({ name }) => name !== 'zeros')).toEqual(before.assumptions);
  });

  test('a model that changed since: its zeros are not used, and a warning says so', async () => {
    const without = await energy();
    write(record({ hashes: { output: '00' } }));
    const document = await energy();
    expect(document.totals).toEqual(without.totals);
    expect(document.diagnostics.map(({ code, severity }) => [code, severity])).toEqual([['measured-zeros-stale', 'warning']]);
    expect(document.diagnostics[0]?.message).toContain('measured on another model than this one is now');
  });

  test('an output of the report may not be the record; another file of that name may', async () => {
    const inputs = async (): Promise<readonly string[]> => energyInputs({ path: at('digits.sparse.onnx') });
    write({ schema: 'tierwise.energy/1' });
    expect(await inputs()).not.toContain(at('digits.sparse.json'));
    write(record());
    expect(await inputs()).toContain(at('digits.sparse.json'));
  });

  test.each<readonly [string, object | string]>([
    ['no JSON', '{'],
    ['another schema', { schema: 'tierwise.fit/1' }],
    ['a share above 1', { sites: [{ ...sites[0], zeros: 1.5 }] }],
    ['a share that is text', { sites: [{ ...sites[0], naturalZeros: '0.5' }] }],
    ['no layers', { sites: [{ ...sites[0], layers: 'all' }] }],
    ['sites that are none', { sites: {} }],
    ['no rows', { rows: { heldOut: 0 } }],
    ['an unknown unit', { unit: 'word' }],
    ['no hash', { hashes: {} }],
  ])('a damaged record (%s) counts as none', async (_, change) => {
    const without = await energy();
    write(typeof change === 'string' ? change : record(change));
    expect(await energy()).toEqual(without);
  });

  test('layers that the model does not have are not counted', async () => {
    write(record({ sites: [...sites, { ...sites[0], layers: ['elsewhere'] }] }));
    expect(zerosText(await energy())).toContain('2 of 3 layers');
  });
});

describe('a comparison with the model as it was given', () => {
  test('counts no zeros on either side, and tells what the record says beside it', async () => {
    const about = {
      unit: 'row',
      quality: { metric: 'accuracy', before: 0.95, after: 0.94, split: '360 held-out rows', rows: 360 },
    } as const;
    const { value: priced } = await sparsifyEnergy({ path: at('digits.tiers'), targetId: 'seneca-type', layers: given, sites, about });
    const evaluation = { accuracy: { before: 0.95, after: 0.94 } };
    const hashes = { model: sha256(readFileSync(at('digits.onnx'))), output: sha256(readFileSync(at('digits.sparse.onnx'))) };
    const compared = () => diffJob(environment, { before: at('digits.onnx'), after: at('digits.sparse.onnx'), target: 'seneca-type' });
    expect((await compared()).after.saving).toBeUndefined();
    write(record({ energy: priced, evaluation, hashes }));
    const { totals, before, after } = await compared();
    expect(totals.inference.before).toEqual(totals.inference.after);
    expect(after.saving).toEqual({ ...priced!.againstNatural, from: 'digits.sparse.json' });
    expect(before.quality).toEqual({ metric: 'accuracy', value: 0.95, rows: 360, from: 'digits.sparse.json, before thresholds' });
    expect(after.quality).toEqual({ metric: 'accuracy', value: 0.94, rows: 360, from: 'digits.sparse.json, after thresholds' });
    // A saving that somebody stripped of its baseline or its second model of cost is none.
    const { baseline: _, ...bare } = priced!.againstNatural;
    for (const againstNatural of [bare, { ...priced!.againstNatural, perTable: priced!.againstNatural.perTable.slice(1) }]) {
      write(record({ energy: { ...priced, againstNatural }, evaluation, hashes }));
      expect((await compared()).after.saving).toBeUndefined();
    }
  });
});

describe('the energy of a sparsify run', () => {
  const about = { unit: 'row', quality: { metric: 'accuracy', before: 0.9, after: 0.9, split: '360 held-out rows', rows: 360 } } as const;
  const run = (targetId: string, layers = given) => sparsifyEnergy({ path: at('digits.tiers'), targetId, layers, sites, about });

  test('none on a target that does not skip zeros', async () => {
    expect(await run('ecp5-85f')).toEqual({ value: null, diagnostics: [] });
  });

  test('a pass over a fixed batch or window is told per row and per token', () => {
    const units = (shape: readonly (number | string | null)[] | null) => [unitsPerRun(shape, 'row'), unitsPerRun(shape, 'token')];
    expect([units([8, 64]), units(['batch', 128]), units([1]), units(null)]).toEqual([[8, 512], [1, 128], [1, 1], [1, 1]]); // prettier-ignore
  });

  test('an unknown target, and a layer of unknown size, are said', async () => {
    expect((await run('senica-type')).diagnostics[0]).toMatchObject({ code: 'energy-target-unknown', suggestions: ['seneca-type'] });
    const { value, diagnostics } = await run(
      'seneca-type',
      given.map((layer) => ({ ...layer, macs: null })),
    );
    expect([value, diagnostics[0]?.code]).toEqual([null, 'energy-incomplete']);
  });
});
