import { mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeEach, describe, expect, test } from 'vitest';
import { prepareSearchOutput } from '../../../solver-core/jobs/search-outputs.ts';
import { selectFiles } from '../../../solver-core/jobs/select-outputs.ts';
import { encodeModel, readModel, withMetadata } from '../../../solver-core/onnx/index.ts';
import { smallNetwork } from '../../cli/select-network.ts';

const root = mkdtempSync(join(tmpdir(), 'tierwise-select-outputs-'));
afterAll(() => rmSync(root, { recursive: true, force: true }));

const network = smallNetwork();
const selected = encodeModel(withMetadata(readModel(network).value!, { 'tierwise.select': 'closed form' }));
const record = JSON.stringify({ schema: 'tierwise.select/1' });

describe('where a selection may write', () => {
  let folder = '';
  let count = 0;
  beforeEach(() => {
    folder = join(root, String(count++));
    mkdirSync(folder);
    writeFileSync(join(folder, 'm.onnx'), network);
  });
  const prepare = (): Promise<string> => prepareSearchOutput(selectFiles, join(folder, 'out.onnx'), join(folder, 'm.onnx'), []);

  test('a new name, and over an earlier selection, whole or in part', async () => {
    const out = join(folder, 'out.onnx');
    expect(await prepare()).toBe(out);
    writeFileSync(out, selected);
    expect(await prepare()).toBe(out);
    writeFileSync(join(folder, 'out.json'), record);
    expect(await prepare()).toBe(out);
  });

  test.each([
    ['out.onnx', network, /not a model that/],
    ['out.onnx', 'my notes', /not a model that/],
    ['out.onnx', '', /not a model that/],
    ['out.json', '{"schema":"tierwise.fit/1"}', /not a record that/],
    ['out.json', '[1, 2', /not a record that/],
    ['out.json', 'null', /not a record that/],
  ])('not over %s of somebody else', async (name, content, message) => {
    writeFileSync(join(folder, name), content);
    const refused = prepare();
    await expect(refused).rejects.toThrow(message);
    await expect(refused).rejects.toMatchObject({ code: 'output-would-overwrite', category: 'usage' });
    expect(readFileSync(join(folder, name))).toEqual(Buffer.from(content));
  });

  test('not over a link that leads nowhere', async () => {
    symlinkSync(join(folder, 'nowhere'), join(folder, 'out.json'));
    await expect(prepare()).rejects.toMatchObject({ code: 'output-would-overwrite' });
  });
});
