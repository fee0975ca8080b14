import { cpSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { fitJob } from '../../../solver-core/jobs/fit.ts';
import { SelectMemory } from '../../../solver-core/jobs/select-memory.ts';
import { selectJob } from '../../../solver-core/jobs/select.ts';
import type { ProgressEvent, SelectDocument } from '../../../solver-core/protocol/index.ts';
import { smallNetwork, smallPlan } from '../../cli/select-network.ts';
import { projectRoot } from '../../shared.ts';

const folder = mkdtempSync(join(tmpdir(), 'tierwise-select-memory-'));
const environment = createEnvironment('0', join(folder, 'cli.cjs'));
const plan = join(folder, 'small.tiers');
const bytes = (name: string): Buffer => readFileSync(join(folder, name));

beforeAll(async () => {
  cpSync(join(projectRoot, 'examples/digits/digits.npz'), join(folder, 'digits.npz'));
  writeFileSync(join(folder, 'small.onnx'), smallNetwork());
  writeFileSync(plan, smallPlan);
  await fitJob(environment, { path: plan }, {});
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

describe('the newest trial', () => {
  test('is written without a second search, with the bytes that a search of its own gives', async () => {
    const memory = new SelectMemory();
    const stages: string[] = [];
    const onProgress = ({ stage }: ProgressEvent): void => void stages.push(stage);
    const trial = await selectJob(environment, { path: plan, rows: 300, trial: true }, { onProgress }, memory);
    expect([trial.output, trial.hashes.output, stages.includes('searching')]).toEqual([null, null, true]);

    stages.length = 0;
    const written = await selectJob(environment, { path: plan, rows: 300 }, { onProgress }, memory);
    expect(stages).toEqual(['preparing', 'writing']);
    const { output: _output, hashes: _hashes, ...found } = written;
    expect(trial).toMatchObject(JSON.parse(JSON.stringify(found)) as object);
    expect(JSON.parse(bytes('small.selected.json').toString('utf8'))).toEqual(JSON.parse(JSON.stringify(written)));

    const alone = await selectJob(environment, { path: plan, rows: 300, out: join(folder, 'alone.onnx') }, {});
    expect(bytes('small.selected.onnx').equals(bytes('alone.onnx'))).toBe(true);
    expect(written.hashes).toEqual(alone.hashes);
  }, 120_000);

  test('is searched for again when an option, the plan or its target differs', async () => {
    const memory = new SelectMemory();
    await selectJob(environment, { path: plan, rows: 90, trial: true }, {}, memory);
    // The record names the plan and tells what an inference takes on the target.
    const [other, copy] = ['other.tiers', 'copy.tiers'].map((name) => join(folder, name)) as [string, string];
    writeFileSync(other, smallPlan.replace('ecp5-85f', 'server-cpu'));
    writeFileSync(copy, smallPlan);
    for (const changed of [{ path: plan, maxDrop: 0.02 }, { path: other }, { path: copy }]) {
      const abort = { aborted: false };
      const onProgress = ({ stage }: ProgressEvent): void => void (abort.aborted ||= stage === 'searching');
      const out = join(folder, 'again.onnx');
      await expect(selectJob(environment, { rows: 90, out, ...changed }, { abort, onProgress }, memory)).rejects.toThrow(/./);
      expect(abort.aborted).toBe(true);
    }
  }, 120_000);

  test('is the only one kept, and none of a size that would weigh on the process', () => {
    const memory = new SelectMemory();
    const found = { record: {} as SelectDocument, model: new Uint8Array(4) };
    memory.keep('a', found);
    expect([memory.recall('a'), memory.recall('b')]).toEqual([found, null]);
    memory.keep('b', { ...found, model: { byteLength: 2 ** 31 } as Uint8Array });
    expect([memory.recall('a'), memory.recall('b')]).toEqual([null, null]);
  });
});
