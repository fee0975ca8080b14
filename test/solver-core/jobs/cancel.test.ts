import { cpSync, mkdtempSync, readdirSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { evalJob } from '../../../solver-core/jobs/eval.ts';
import { fitJob } from '../../../solver-core/jobs/fit.ts';
import { isAbort } from '../../../solver-core/model/abort.ts';
import { projectRoot } from '../../shared.ts';

const inputs = ['digits.npz', 'digits.onnx', 'digits.tiers'];
let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierwise-cancel-'));
  for (const file of inputs) cpSync(join(projectRoot, 'examples/digits', file), join(folder, file));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

// The backend that answers without an engine image is enough here: the stages are the same.
test.each(['preparing', 'solving', 'evaluating before', 'evaluating after', 'writing'])(
  'a fit cancelled while %s writes nothing',
  async (stage) => {
    const stop = new AbortController();
    const seen = new Set<string>();
    const fit = fitJob(
      createEnvironment('0', join(folder, 'cli.cjs')),
      { path: join(folder, 'digits.tiers'), backend: 'cpu' },
      {
        abort: stop.signal,
        onProgress(event) {
          seen.add(event.stage);
          if (event.stage === stage) stop.abort();
        },
      },
    );
    const error: unknown = await fit.catch((reason: unknown) => reason);
    expect(isAbort(error)).toBe(true);
    expect([...seen].at(-1)).toBe(stage);
    expect(readdirSync(folder).sort()).toEqual(inputs);
  },
);

test('a cancelled evaluation says so', async () => {
  const stop = new AbortController();
  stop.abort();
  const params = { model: join(folder, 'digits.onnx'), data: join(folder, 'digits.npz') };
  const error: unknown = await evalJob(createEnvironment('0', ''), params, { abort: stop.signal }).catch((reason: unknown) => reason);
  expect(isAbort(error)).toBe(true);
});
