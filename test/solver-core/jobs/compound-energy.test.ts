import { copyFileSync, cpSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createSoftmaxHead, defaultSoftmaxOptions } from '../../../solver-core/compound/softmax-head.ts';
import { lookCostJ } from '../../../solver-core/compound/index.ts';
import { averageDecision } from '../energy/average-decision.ts';
import type { CompoundPrices, CompoundWork } from '../../../solver-core/energy/compound-energy.ts';
import { energyTargets } from '../../../solver-core/energy/targets/index.ts';
import { compoundPricesFor, streamPrices } from '../../../solver-core/jobs/compound-energy.ts';
import type { CompoundSetup } from '../../../solver-core/jobs/compound-setup.ts';
import { continuedStream } from '../../../solver-core/jobs/compound-start.ts';
import { compoundSetup } from '../../../solver-core/jobs/compound-setup.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { sha256 } from '../../../solver-core/jobs/files.ts';
import { createRidgeLearner } from '../../../solver-core/learn/index.ts';
import type { Quantity } from '../../../solver-core/protocol/index.ts';
import { projectRoot } from '../../shared.ts';
import { tolerances } from '../../tolerances.ts';
import { calibration, numerics, plan, prices, started } from '../compound/toy.ts';
import { ridgeOptions } from '../learn/learn-rows.ts';
import { dense } from '../report/samples.ts';

const work: CompoundWork = {
  lower: { layers: [dense('l', 64, 32)] },
  upper: { layers: [dense('u', 32, 48)] },
  heads: { lower: { inputs: 32, outputs: 10 }, upper: { inputs: 48, outputs: 10 } },
  cache: { limitBytes: 1 << 20, keyBytes: 256, valueBytes: 128, unitsPerDecision: 1 },
};

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierwise-compound-energy-'));
  mkdirSync(join(folder, '.git'));
  mkdirSync(join(folder, '.tierwise', 'targets'), { recursive: true });
  copyFileSync(join(projectRoot, 'examples/digits/digits.tiers'), join(folder, 'digits.tiers'));
  const json = JSON.parse(readFileSync(join(projectRoot, 'solver-core/energy/targets/mcu-class.json'), 'utf8')) as object;
  writeFileSync(join(folder, '.tierwise', 'targets', 'own.json'), JSON.stringify({ ...json, id: 'own' }));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function pricesOn(targetId: string): Promise<CompoundPrices> {
  const { value, diagnostics } = await compoundPricesFor(join(folder, 'digits.tiers'), targetId, work);
  expect(diagnostics).toEqual([]);
  return value!;
}

function close(actual: number, expected: number, relative: number = tolerances.sumFp64.relative): void {
  expect(Math.abs(actual / expected - 1)).toBeLessThanOrEqual(relative);
}

test('targets of the workspace have prices, an unknown one is said', async () => {
  expect((await pricesOn('own')).lower).toEqual((await pricesOn('mcu-class')).lower);
  const { value, diagnostics } = await compoundPricesFor(join(folder, 'digits.tiers'), 'mcu-clas', work);
  expect([value, diagnostics[0]?.code, diagnostics[0]?.suggestions]).toEqual([undefined, 'energy-target-unknown', ['mcu-class']]);
});

test.each([...energyTargets.keys()])('%s: an update costs what its learner says it computes, which is the formula', async (targetId) => {
  const prices = await pricesOn(targetId);
  const stream = streamPrices(prices, work);
  const ridge = await createRidgeLearner(ridgeOptions({ inputs: 32, outputs: 10 }), numerics);
  const softmax = createSoftmaxHead({ inputs: 32, ...defaultSoftmaxOptions }, { outputs: 10 });
  // The ridge learner rounds its counts to whole multiply-adds.
  close(stream.update('lower', ridge, 50).value, prices.update('rls', 50).value, tolerances.tableDigits.relative);
  close(stream.update('lower', softmax, 50).value, prices.update('adam', 50).value);
  expect(stream.update('lower', softmax, 0).value).toBe(0);
});

test('zeros measured of a sparse model count where the target skips them, as long as it is that model', async () => {
  const path = join(folder, 'small.sparse.onnx');
  writeFileSync(path, 'a model');
  const environment = createEnvironment('0.0.0-test', __filename);
  const lowerOn = async (target: string): Promise<Quantity<'J'>> => {
    const { value } = await compoundPricesFor(join(folder, 'digits.tiers'), target, work, { environment, opened: [{ path }] });
    return value!.lower;
  };
  const record = (output: string): void => {
    const sites = [{ layers: ['l'], naturalZeros: 0, zeros: 0.9, threshold: { low: 1, high: 1 }, centred: false, corrected: false }];
    const rows = { calibration: 1, deciding: 1, heldOut: 512 };
    writeFileSync(
      join(folder, 'small.sparse.json'),
      JSON.stringify({ schema: 'tierwise.sparsify/1', unit: 'token', rows, sites, hashes: { output } }),
    );
  };
  const [event, plain] = [await lowerOn('seneca-type'), await lowerOn('server-cpu')];
  record('another');
  expect(await lowerOn('seneca-type')).toEqual(event);
  record(sha256('a model'));
  const sparse = await lowerOn('seneca-type');
  expect(sparse.value).toBeLessThan(event.value / 2);
  expect(sparse.ref).toContain('measured zeros on 512 held-out tokens, modelled energy');
  expect(await lowerOn('server-cpu')).toEqual(plain);
});

test('a record of zeros that is not of a module as it is now is said, and one that is, is not', async () => {
  const plans = join(folder, 'compound');
  cpSync(join(projectRoot, 'examples/compound'), plans, { recursive: true });
  const environment = createEnvironment('0.0.0-test', __filename);
  const codes = async (output: string): Promise<readonly (string | undefined)[]> => {
    const sites = [{ layers: ['l'], naturalZeros: 0, zeros: 0.9, threshold: null, centred: false, corrected: false }];
    const record = { schema: 'tierwise.sparsify/1', unit: 'row', rows: { heldOut: 9 }, sites, hashes: { output } };
    writeFileSync(join(plans, 'small.json'), JSON.stringify(record));
    const { diagnostics } = await compoundSetup(environment, join(plans, 'digits.tiers'), 'stream.npz');
    return diagnostics.flatMap(({ code, severity, message }) => [code, severity, /^The zeros in "small.json"/.exec(message)?.[0]]);
  };
  expect(await codes('another')).toEqual(['measured-zeros-stale', 'warning', 'The zeros in "small.json"']);
  expect(await codes(sha256(readFileSync(join(plans, 'small.onnx'))))).toEqual([]);
});

test('each exit has the head of its own width', async () => {
  const prices = await pricesOn('server-cpu');
  const stream = streamPrices(prices, work);
  expect([stream.head('lower', 10), stream.head('upper', 10)]).toEqual([prices.head(10, 32), prices.head(10, 48)]);
  expect(stream.head('upper', 10).value).toBeGreaterThan(stream.head('lower', 10).value);
});

test('above the break-even hit rate the average decision is cheaper than without a cache, below it dearer', async () => {
  const prices = await pricesOn('server-cpu');
  const limit = prices.breakEvenHitRate!;
  const average = { escalated: 0.2, lowerUnits: 1, upperUnits: 1, head: work.heads.lower, upperHead: work.heads.upper };
  const cache = { keyBytes: 256, entryBytes: 256 + 128 };
  const at = (hitRate: number): number => averageDecision(prices, { ...average, hitRate, cache }).total.value;
  const without = averageDecision(prices, { ...average, hitRate: 0, cache: null }).total.value;
  expect(limit).toBeGreaterThan(0);
  expect(limit).toBeLessThan(1);
  expect(at((1 + limit) / 2)).toBeLessThan(without);
  expect(at(limit / 2)).toBeGreaterThan(without);
  close(at(limit), without);
});

test('the rival that retrains trains the upper model alone where that reads the rows itself', async () => {
  const path = join(folder, 'digits.tiers');
  const alone = (await compoundPricesFor(path, 'mcu-class', { ...work, isUpperAlone: true })).value!;
  const without = (await compoundPricesFor(path, 'mcu-class', { ...work, lower: { layers: [] } })).value!;
  expect(alone.retraining(100).value).toBe(without.retraining(100).value);
  expect(alone.retraining(100).value).toBeLessThan((await pricesOn('mcu-class')).retraining(100).value);
});

test('a run that goes on with another budget lets no more rows wait than that pays for', async () => {
  const before = await started(calibration);
  const cost = lookCostJ(before, prices, 100);
  const policy = { kind: 'gain', window: 64, bucket: { refillJ: cost, capacityJ: cost } } as const;
  const compound = { ...plan, budgets: [] } as unknown as CompoundSetup['compound'];
  const next = continuedStream({ setup: { compound }, prices, policy }, before);
  expect(lookCostJ(next, prices, next.policy.options.pendingKeep)).toBeLessThanOrEqual(cost);
  expect(next.policy.options.pendingLimit).toBeLessThanOrEqual(next.policy.options.pendingKeep);
  expect(continuedStream({ setup: { compound }, prices, policy }, next).policy).toBe(next.policy);
});
