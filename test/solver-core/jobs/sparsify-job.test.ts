import { existsSync, mkdtempSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { sha256 } from '../../../solver-core/jobs/files.ts';
import type { JobControl } from '../../../solver-core/jobs/job.ts';
import type { SparsifyParams } from '../../../solver-core/jobs/sparsify-aim.ts';
import type { PlanPlace } from '../../../solver-core/jobs/sparsify-rows.ts';
import type { Search } from '../../../solver-core/jobs/sparsify-search.ts';
import { sparsifyPlan } from '../../../solver-core/jobs/sparsify.ts';
import { checkAbort } from '../../../solver-core/model/abort.ts';
import type { Plan } from '../../../solver-core/model/plan.ts';
import { modelMetadata, readModel } from '../../../solver-core/onnx/index.ts';
import type { SparsifyDocument, SparsifyPoint } from '../../../solver-core/protocol/index.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import { languageModel, languageTensors, letters, numbers, text } from './tiny-language-model.ts';

let folder = '';
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), 'tierwise-sparsify-'))));
afterEach(() => rmSync(folder, { recursive: true, force: true }));

/** Puts the files down and says where they are. */
function place(change: { model?: Uint8Array; text?: string | Uint8Array; tokens?: string; plan?: Partial<Plan> } = {}): PlanPlace {
  writeFileSync(join(folder, 'm.onnx'), change.model ?? languageModel());
  writeFileSync(join(folder, 'input.txt'), change.text ?? text(600));
  writeFileSync(join(folder, 'vocab.json'), change.tokens ?? JSON.stringify([...letters]));
  const plan: Plan = {
    modelPath: 'm.onnx',
    data: undefined,
    text: { path: 'input.txt', tokens: 'vocab.json', context: 16, split: 0.8 },
    target: 'seneca-type',
    backend: { kind: 'cpu' },
    lower: [],
    upper: [],
    budgets: [],
    ...change.plan,
  };
  return { plan, planPath: join(folder, 'p.tiers'), modelPath: join(folder, 'm.onnx'), dataPath: null };
}

const point = (id: string, allowed: boolean): SparsifyPoint => ({
  id,
  label: id,
  kind: id === 'natural' ? 'baseline' : 'candidate',
  sparsity: 0.4,
  loss: 1.4,
  lossIncrease: allowed ? 0.01 : 0.3,
  allowed,
  chosen: allowed && id !== 'natural',
});

/** Thresholds that need no search: small values of what is read become zero. */
const trivial: Search = async (request, control) => {
  checkAbort(control.abort);
  control.onProgress('pass 1', 0.5);
  control.onPoint(point('one', true));
  await control.keep({ passes: 1 });
  return {
    chosen: {
      thresholds: request.sites
        .filter(({ id }) => request.active.has(id))
        .map((site) => ({
          site: site.id,
          axis: site.axis,
          threshold: Float32Array.of(0.3),
          centre: null,
        })),
      corrections: [],
    },
    points: [point('natural', true), point('one', true)],
    left: new Map(),
    evaluations: 2,
    rows: { calibration: 320, deciding: 160 },
    diagnostics: [],
  };
};

const nothing: Search = async (request, control) => ({ ...(await trivial(request, control)), chosen: null, points: [point('one', false)] });

const run = (where: PlanPlace, params: Omit<SparsifyParams, 'path'> = {}, search: Search = trivial, control: JobControl = {}) =>
  sparsifyPlan(createEnvironment('0', join(folder, 'cli.cjs')), where, params, control, search);

async function logitsOf(bytes: Uint8Array, ids: readonly number[]): Promise<Float32Array> {
  const session = await ort.InferenceSession.create(bytes);
  const out = await session.run({ ids: new ort.Tensor('int64', BigInt64Array.from(ids, BigInt), [1, ids.length]) });
  return out['logits']!.data as Float32Array;
}

/** Cross-entropy of windows of 16 tokens of the held-out part, in doubles: what the record must say. */
async function heldOutLoss(bytes: Uint8Array): Promise<number> {
  const ids = [...text(600)].map((letter) => letters.indexOf(letter)).slice(480);
  let sum = 0;
  let count = 0;
  for (let first = 0; first + 16 < ids.length; first += 16) {
    const logits = await logitsOf(bytes, ids.slice(first, first + 16));
    for (let t = 0; t < 16; t++) {
      const scores = [...logits.subarray(t * 4, t * 4 + 4)];
      sum += Math.log(scores.reduce((a, v) => a + Math.exp(v), 0)) - scores[ids[first + t + 1]!]!;
      count++;
    }
  }
  return sum / count;
}

describe('sparsify', () => {
  test('writes a model that gives the logged loss and zeros, and a record with the same hashes', async () => {
    const where = place();
    const record = await run(where);
    const output = join(folder, 'm.sparse.onnx');
    const bytes = readFileSync(output);
    expect(record).toMatchObject({
      schema: 'tierwise.sparsify/1',
      output,
      unit: 'token',
      metric: 'cross-entropy',
      rows: { calibration: 320, deciding: 160, heldOut: 112 },
      evaluations: 2,
      resumed: false,
    });
    expect(record.hashes.output).toBe(sha256(bytes));
    expect(record.hashes.model).toBe(sha256(readFileSync(where.modelPath)));
    const { seconds: _, ...stored } = JSON.parse(readFileSync(join(folder, 'm.sparse.json'), 'utf8')) as SparsifyDocument;
    expect(record).toMatchObject(stored);
    const loss = record.evaluation!.loss;
    expect(Math.abs(loss.before - (await heldOutLoss(readFileSync(where.modelPath))))).toBeLessThan(tolerances.headFp32.relative);
    expect(Math.abs(loss.after - (await heldOutLoss(bytes)))).toBeLessThan(tolerances.headFp32.relative);
    expect(loss.increase).toBe(loss.after / loss.before - 1);
    const model = readModel(bytes).value!;
    expect(modelMetadata(model).get('tierwise.sparsify')).toBe('budget, at most 2 % more loss, thresholds per channel, corrected');
    expect(modelMetadata(model).get('tierwise.source')).toBe(record.hashes.model);
    expect(readdirSync(folder).sort()).toEqual(['input.txt', 'm.onnx', 'm.sparse.json', 'm.sparse.onnx', 'vocab.json']);
  });

  test('counts zeros as layers read them, beside those that the model makes', async () => {
    const { sites, evaluation } = await run(place());
    expect(sites.map(({ id, layers, macs }) => [id, layers, macs])).toEqual([
      ['h', ['up'], 48],
      ['r', ['down'], 32],
    ]);
    // The oracle: every token has its own row of the table.
    const { table, w1 } = languageTensors();
    const windows = Math.floor((120 - 1) / 16) * 16;
    const ids = [...text(600)].map((letter) => letters.indexOf(letter)).slice(480, 480 + windows);
    const hidden = (cut: number): number[] =>
      ids.flatMap((id) =>
        Array.from({ length: 8 }, (_, o) => {
          let sum = 0;
          for (let i = 0; i < 6; i++) sum += Math.abs(table[id * 6 + i]!) > cut ? table[id * 6 + i]! * w1[i * 8 + o]! : 0;
          return Math.max(0, sum);
        }),
      );
    const share = (values: readonly number[], cut: number): number => values.filter((v) => Math.abs(v) <= cut).length / values.length;
    const first = ids.flatMap((id) => [...table.subarray(id * 6, id * 6 + 6)]);
    expect(sites[0]).toMatchObject({
      naturalZeros: 0,
      zeros: share(first, Math.fround(0.3)),
      threshold: { low: Math.fround(0.3) },
      left: null,
    });
    expect(sites[1]).toMatchObject({ naturalZeros: share(hidden(0), 0), zeros: share(hidden(Math.fround(0.3)), Math.fround(0.3)) });
    expect(evaluation?.sparsity.after).toBe((48 * sites[0]!.zeros + 32 * sites[1]!.zeros) / 80);
  });

  test('figures are of one token, also where the model fixes its batch and its window', async () => {
    const [open, fixed] = [
      await run(place(), { trial: true }),
      await run(place({ model: languageModel(4, 17, [3, 16]) }), { trial: true }),
    ];
    expect(fixed.sites.map(({ macs }) => macs)).toEqual([48, 32]);
    expect(fixed.energy!.macs).toEqual(open.energy!.macs);
    expect(fixed.evaluation).toEqual(open.evaluation);
    await expect(run(place({ model: languageModel(4, 17, [3, 20]) }), { trial: true })).rejects.toMatchObject({ code: 'context-fixed' });
  });

  test('tells the energy of the plan, or of an event-driven target', async () => {
    const { energy } = await run(place(), { trial: true });
    expect(energy).toMatchObject({ target: 'seneca-type', unit: 'token', macs: { dense: 80 } });
    expect(energy!.costs[0]!.sparse.value).toBeLessThan(energy!.costs[0]!.dense.value);
    expect((await run(place({ plan: { target: 'mcu-class' } }), { trial: true })).energy?.target).toBe('seneca-type');
    const silent = await run(place(), { trial: true, target: 'mcu-class' });
    expect(silent.energy).toBeNull();
    expect(silent.diagnostics.map(({ code }) => code)).toEqual(['target-not-event-driven']);
    await expect(run(place(), { target: 'nope' })).rejects.toMatchObject({ code: 'energy-target-unknown' });
  });

  test('a trial writes nothing', async () => {
    const record = await run(place(), { trial: true });
    expect(record.output).toBeNull();
    expect(record.evaluation).not.toBeNull();
    expect(readdirSync(folder).sort()).toEqual(['input.txt', 'm.onnx', 'vocab.json']);
  });

  test('nothing within the bound is an error that says so, and nothing is written', async () => {
    const record = await run(place(), {}, nothing);
    expect(record).toMatchObject({ output: null, evaluation: null, energy: null });
    expect(record.diagnostics).toMatchObject([{ severity: 'error', code: 'nothing-within-bound' }]);
    expect(record.diagnostics[0]!.message).toContain('"one", costs 30 %');
    expect(readdirSync(folder).sort()).toEqual(['input.txt', 'm.onnx', 'vocab.json']);
  });

  test('what a run left is continued by the next one with the same options, and by no other', async () => {
    const where = place();
    const seen: unknown[] = [];
    const stop = new AbortController();
    const stopped: Search = async (request, control) => {
      seen.push(request.resume);
      await control.keep({ passes: 1 });
      await control.keep({ passes: 2 });
      stop.abort();
      checkAbort(control.abort);
      return await nothing(request, control);
    };
    await expect(run(where, {}, stopped, { abort: stop.signal })).rejects.toMatchObject({ name: 'AbortError' });
    expect(existsSync(join(folder, 'm.sparse.partial.json'))).toBe(true);
    expect(existsSync(join(folder, 'm.sparse.onnx'))).toBe(false);
    const watched: Search = (request, control) => {
      seen.push(request.resume);
      return Promise.resolve(stop.signal.aborted ? trivial(request, control) : nothing(request, control));
    };
    await expect(run(where, { maxLoss: 0.05, out: join(folder, 'm.sparse.onnx'), trial: true }, watched)).resolves.toMatchObject({
      resumed: false,
    });
    expect((await run(where, {}, watched)).resumed).toBe(true);
    expect(seen).toEqual([null, null, { passes: 2 }]);
    expect(existsSync(join(folder, 'm.sparse.partial.json'))).toBe(false);
  });

  test('another bound, another model or --fresh begin anew', async () => {
    const kept = async (search: Search): Promise<void> => {
      await expect(run(place(), {}, search)).rejects.toThrow('stop');
    };
    const stopped: Search = async (_, control) => {
      await control.keep({ passes: 7 });
      throw new Error('stop');
    };
    const resumed: unknown[] = [];
    const watched: Search = (request, control) => {
      resumed.push(request.resume);
      return trivial(request, control);
    };
    await kept(stopped);
    await run(place(), { maxLoss: 0.03 }, watched);
    await kept(stopped);
    await run(place({ text: text(601) }), {}, watched);
    await kept(stopped);
    await run(place(), { fresh: true }, watched);
    await kept(stopped);
    await run(place(), {}, watched);
    expect(resumed).toEqual([null, null, null, { passes: 7 }]);
  });

  test('leaves out sites by their role only', async () => {
    await expect(run(place(), { without: ['att.key'] })).rejects.toMatchObject({ code: 'role-unknown' });
  });

  test('overwrites nothing that it did not write', async () => {
    const where = place();
    writeFileSync(join(folder, 'm.sparse.onnx'), 'mine');
    await expect(run(where)).rejects.toMatchObject({ code: 'output-would-overwrite' });
    rmSync(join(folder, 'm.sparse.onnx'));
    writeFileSync(join(folder, 'm.sparse.partial.json'), '{"mine": true}');
    await expect(run(where)).rejects.toMatchObject({ code: 'output-would-overwrite' });
    rmSync(join(folder, 'm.sparse.partial.json'));
    await expect(run(where, { out: join(folder, 'input.txt') })).rejects.toMatchObject({ code: 'output-would-overwrite' });
    await expect(run(where, { out: join(folder, 'none', 'm.onnx') })).rejects.toMatchObject({ code: 'file-not-writable' });
    await run(where);
    await run(where);
  });
});

describe('sparsify refuses', () => {
  const refused = async (where: PlanPlace, code: string, part: string): Promise<void> => {
    await expect(run(where)).rejects.toMatchObject({ code, message: expect.stringContaining(part) as string });
  };

  test('a plan without rows', async () => {
    const { plan, ...rest } = place();
    const { text: _, ...without } = plan;
    await refused({ ...rest, plan: without }, 'plan-without-rows', 'neither a text nor data');
  });

  test('a vocabulary that is not the model’s', async () => {
    await refused(place({ tokens: '["a", "b", "c", "d", "e"]' }), 'vocabulary-mismatch', 'has 5 tokens, the model scores 4');
    await refused(place({ tokens: '["a", "b", "c", "x"]' }), 'token-unknown', 'line 1, column');
    await refused(place({ tokens: '{' }), 'vocabulary-unreadable', 'cannot be read');
  });

  test('a text that is broken, empty, too short or not there', async () => {
    await refused(place({ text: Uint8Array.of(97, 98, 0xff) }), 'text-encoding-broken', 'offset 2');
    await refused(place({ text: '' }), 'text-empty', 'no text');
    await refused(place({ text: text(100) }), 'text-too-short', '4 windows of 16 tokens to choose by');
    const where = place();
    rmSync(join(folder, 'input.txt'));
    await refused(where, 'text-unreadable', 'cannot be read');
  });

  test('a text outside of the plan’s folder', async () => {
    const text = { path: '../input.txt', tokens: 'vocab.json', context: 16, split: 0.8 };
    await refused(place({ plan: { text } }), 'path-outside-folder', '../input.txt');
  });

  test('models that are no language models, have no site, or cannot hold thresholds', async () => {
    const draw = numbers(1);
    const classifier = modelBytes({
      node: [node('MatMul', ['x', 'w'], ['y'])],
      initializer: [floats('w', [4, 4], draw)],
      input: [value('x', ['n', 4])],
      output: [value('y', ['n', 4])],
    });
    await refused(place({ model: classifier }), 'not-a-language-model', 'no integer input');
    const table = modelBytes({
      node: [node('Gather', ['t', 'ids'], ['logits'])],
      initializer: [floats('t', [4, 4], draw)],
      input: [value('ids', ['b', 's'], 7)],
      output: [value('logits', ['b', 's', 4])],
    });
    await refused(place({ model: table }), 'no-sparsity-site', 'it has no layers');
    await refused(place({ model: languageModel(4, 8) }), 'opset-too-old', 'operator set 8');
    await refused(place({ model: Uint8Array.of(1, 2, 3) }), 'malformed-model', 'm.onnx');
  });

  test('a bound that is none', async () => {
    await expect(run(place(), { maxLoss: -1 })).rejects.toMatchObject({ code: 'usage' });
    await expect(run(place(), { maxLoss: NaN })).rejects.toMatchObject({ code: 'usage' });
  });

  test('a model whose loss is no number', async () => {
    const model = readModel(languageModel()).value!;
    const broken = modelBytes({ ...model.proto.graph!, initializer: model.proto.graph!.initializer.map((t) => (t.name === 'w2' ? floats('w2', [8, 4], () => NaN) : t)) }); // prettier-ignore
    await refused(place({ model: broken }), 'loss-not-finite', 'not a finite number');
  });
});
