import { chmodSync, existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { delimiter, dirname, join } from 'node:path';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { buildProduct, documentOf, errorCode } from './product.ts';
import type { Product, Ran } from './product.ts';
import { energySchema, sensorsSchema } from './schemas.ts';

/* What a machine measures is its own; these tests hold on every machine, with meters or without. */

let product: Product;
let folder = '';
const path = process.env['PATH'] ?? '';
beforeAll(async () => {
  product = await buildProduct();
  folder = product.digits();
  mkdirSync(join(folder, '.git'));
});
afterAll(() => {
  process.env['PATH'] = path;
  return product.remove();
});

const run = (words: string): Promise<Ran> => product.run(words.split(' '), { cwd: folder });

/** A program of this name that comes first on the path. */
function program(name: string, script: string): void {
  const bin = join(folder, 'bin');
  mkdirSync(bin, { recursive: true });
  writeFileSync(join(bin, name), `#!/bin/sh\n${script}\n`);
  chmodSync(join(bin, name), 0o755);
  process.env['PATH'] = `${bin}${delimiter}${path}`;
}

test('sensors tells every kind of meter, ready or why not', async () => {
  const ran = await run('sensors --json');
  expect(ran.code).toBe(0);
  const { sensors } = v.parse(sensorsSchema, documentOf(ran));
  expect(new Set(sensors.map(({ kind }) => kind))).toEqual(new Set(['rapl', 'hwmon', 'nvml', 'xrt', 'board']));
  const text = await run('sensors');
  expect(text.stdout).toMatch(/^rapl/);
});

test.skipIf(process.platform === 'win32')('a card is read through its own tool, and is no meter for the processor', async () => {
  program('nvidia-smi', 'case "$*" in *total*) echo "not a valid field to query"; exit 2;; esac; echo "0, A100, 61.25"');
  const { sensors } = v.parse(sensorsSchema, documentOf(await run('sensors --json')));
  expect(sensors.find(({ id }) => id === 'nvml:0')).toMatchObject({ state: 'ready', power: { value: 61.25, source: 'measured' } });
  const ran = await run('measure digits.onnx --sensor nvml --json');
  expect([ran.code, errorCode(ran)]).toEqual([3, 'sensor-elsewhere']);
  process.env['PATH'] = path;
});

test.skipIf(process.platform !== 'linux').each([
  ['"28.3"', 'ready', null],
  ['"N/A"', 'absent', 'not available on this card'],
  ['"28.', 'malformed', 'the report is not JSON'],
])("an accelerator card's power is what XRT's tool writes: %s is %s", async (power, state, reason) => {
  const bdf = '0000:65:00.1';
  const put = (name: string, text: string): void => {
    const file = join(folder, 'root', name);
    mkdirSync(dirname(file), { recursive: true });
    writeFileSync(file, text);
  };
  const device = `sys/bus/pci/devices/${bdf}`;
  for (const [name, text] of Object.entries({
    vendor: '0x10ee',
    device: '0x5005',
    user_pf: '',
    ready: '0x1',
    'drm/renderD128/dev': '226:128',
  }))
    put(`${device}/${name}`, `${text}\n`);
  put('dev/dri/renderD128', '');
  put('report.json', `{"devices":[{"device_id":"${bdf}","electrical":{"power_consumption_watts":${power}}}]}`);
  const find = 'OUT=; while [ $# -gt 0 ]; do [ "$1" = -o ] && OUT=$2; shift; done';
  program('xrt-smi', `${find}\ncp ${join(folder, 'root', 'report.json')} "$OUT"`);
  process.env['TIERWISE_XRT_FILE_ROOT'] = join(folder, 'root');
  const { sensors } = v.parse(sensorsSchema, documentOf(await run('sensors --json')));
  delete process.env['TIERWISE_XRT_FILE_ROOT'];
  process.env['PATH'] = path;
  const card = sensors.find(({ kind }) => kind === 'xrt');
  expect(card).toMatchObject({ id: `xrt:${bdf}`, state, power: reason === null ? { value: 28.3 } : null });
  if (reason !== null) expect(card?.reason).toContain(reason);
});

test.each([
  ['measure', 2, 'usage'],
  ['measure digits.onnx --sensor wattmeter', 2, 'sensor-unknown'],
  ['measure digits.onnx --target ecp5-85f', 2, 'target-not-this-machine'],
  ['measure digits.onnx --target none', 2, 'unknown-target'],
  ['measure none.onnx', 1, 'file-not-found'],
  ['measure digits.onnx --backend cpu', 2, 'usage'],
  ['measure digits.tiers --fit --data digits.npz', 2, 'usage'],
  ['measure digits.onnx --fit', 2, 'usage'],
  ['measure digits.tiers --fit --backend sim', 2, 'sim-not-measurable'],
  ['measure digits.npz', 1, 'not-onnx'],
  ['calibrate server-cpu', 2, 'usage'],
  ['calibrate none digits.onnx', 2, 'unknown-target'],
  ['calibrate server-cpu digits.onnx', 1, 'nothing-to-calibrate'],
  ['sensors --backend sim', 2, 'usage'],
  ['sensors --target up5k', 2, 'usage'],
  ['energy digits.onnx --target our-board', 2, 'unknown-target'],
])('tierwise %s --json ends with %i and %s', async (words, code, errorId) => {
  const ran = await run(`${words} --json`);
  expect([ran.code, errorCode(ran)]).toEqual([code, errorId]);
  expect(existsSync(join(folder, 'digits.measured.json'))).toBe(false);
  expect(existsSync(join(folder, '.tierwise', 'calibrations'))).toBe(false);
});

describe('targets of the workspace', () => {
  const put = (name: string, text: string): void => {
    mkdirSync(join(folder, '.tierwise', 'targets'), { recursive: true });
    writeFileSync(join(folder, '.tierwise', 'targets', name), text);
  };

  test('are used by name, and a broken file beside them is a warning at its path', async () => {
    const shipped = readFileSync(new URL('../../solver-core/energy/targets/mcu-class.json', import.meta.url), 'utf8');
    put('board.json', shipped.replace('"mcu-class"', '"our-board"').replace(/"name": "[^"]*"/, '"name": "Our board"'));
    put('broken.json', '{');
    const ran = await run('energy digits.onnx --target our-board --json');
    expect(ran.code).toBe(0);
    const document = v.parse(energySchema, documentOf(ran));
    expect(document.target).toBe('our-board');
    expect(document.diagnostics).toMatchObject([
      { code: 'energy-target-invalid', severity: 'warning', where: { path: expect.stringMatching(/broken\.json$/) } },
    ]);
    const plan = readFileSync(join(folder, 'digits.tiers'), 'utf8').replace(/target "[^"]*"/, 'target "our-board"');
    writeFileSync(join(folder, 'ours.tiers'), plan);
    expect((await run('check ours.tiers')).stdout).not.toContain('unknown-target');
    writeFileSync(join(folder, 'slip.tiers'), plan.replace('our-board', 'our-bord'));
    const slip = await run('check slip.tiers');
    expect([slip.code, slip.stdout.includes('our-board')]).toEqual([1, true]);
  });

  test('--no-calibration leaves a calibration aside', async () => {
    const plain = await run('energy digits.onnx --target mcu-class --no-calibration --json');
    expect(plain.code).toBe(0);
    expect(documentOf(plain)).not.toHaveProperty('calibration');
  });
});
