import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { cpSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import ort from 'onnxruntime-node';
import * as v from 'valibot';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { createMessageConnection, ProgressType, StreamMessageReader, StreamMessageWriter } from 'vscode-jsonrpc/node.js';
import { splitRows } from '../../solver-core/fit/split.ts';
import { readModel } from '../../solver-core/onnx/index.ts';
import type { ProgressEvent, SelectPoint } from '../../solver-core/protocol/index.ts';
import { digitsRows } from '../solver-core/fit/digits.ts';
import { tolerances } from '../tolerances.ts';
import { buildProduct, documentOf, edit, errorCode } from './product.ts';
import type { Product, Ran } from './product.ts';
import { energySchema, evalSchema, inspectSchema, selectSchema } from './schemas.ts';
import { smallNetwork, smallPlan, wideNetwork } from './select-network.ts';
import { selected, smallSelectFolder } from './select-tools.ts';
import type { Selected } from './select-tools.ts';

let product: Product;
let folder = '';
let document: Selected;
beforeAll(async () => {
  product = await buildProduct();
  folder = smallSelectFolder(product);
  expect((await run('fit small.tiers')).code).toBe(0);
  document = selected(await run('select small.tiers --json'));
});
afterAll(() => product.remove());

const run = (words: string, cwd = folder): Promise<Ran> => product.run(words.split(' '), { cwd });
const hash = (name: string): string =>
  createHash('sha256')
    .update(readFileSync(join(folder, name)))
    .digest('hex');

describe('tierwise select', () => {
  test('selects from the fitted model, writes model and record, and leaves every other file alone', () => {
    expect(readdirSync(folder).filter((name) => name.startsWith('small'))).toEqual([
      'small.fitted.json',
      'small.fitted.onnx',
      'small.onnx',
      'small.selected.json',
      'small.selected.onnx',
      'small.tiers',
    ]);
    expect(hash('small.onnx')).toBe(createHash('sha256').update(smallNetwork()).digest('hex'));
    expect(document.output).toBe(join(folder, 'small.selected.onnx'));
    expect(document.hashes).toMatchObject({
      model: hash('small.fitted.onnx'),
      data: hash('digits.npz'),
      output: hash('small.selected.onnx'),
    });
    expect(JSON.parse(readFileSync(join(folder, 'small.selected.json'), 'utf8'))).toEqual(document);
    expect(document.diagnostics[0]).toMatchObject({ code: 'selection-base', severity: 'info' });
  });

  test('saves energy within the allowed drop, on rows that are in one part each', () => {
    const { rows, points, saving } = document;
    expect(rows).toEqual({ calibration: 958, validation: 479, heldOut: 360 });
    const chosen = points.filter((point) => point.chosen);
    expect(chosen.map(({ allowed }) => allowed)).toEqual([true]);
    expect(chosen[0]!.drop).toBeLessThanOrEqual(0.01);
    expect(chosen[0]!.saving).toBeGreaterThan(0.2);
    expect(points.filter((point) => point.allowed && point.saving > chosen[0]!.saving)).toEqual([]);
    expect(saving).toMatchObject({ metric: 'accuracy', rows: 360, split: 'held-out rows' });
    // The same weights priced whole tile by whole tile on other rows: not the same number, but no other story.
    expect(Math.abs(saving!.low - chosen[0]!.saving)).toBeLessThan(tolerances.tilesOnOtherRows.absolute);
    expect(saving!.low).toBeGreaterThan(0.2);
  });

  test('every saving follows from its two energies, and the layers add up to the whole', () => {
    const { saving, layers } = document;
    expect(new Set(saving!.perTable.map(({ cell, table }) => `${cell} ${table}`))).toEqual(
      new Set(['array horowitz45', 'array aladdin40', 'booth horowitz45', 'booth aladdin40']),
    );
    for (const of of [...saving!.perTable, ...layers.flatMap(({ perTable }) => perTable)])
      expect(Math.abs(of.saving - (1 - of.after.value / of.before.value))).toBeLessThanOrEqual(tolerances.sumFp64.relative);
    for (const { cell, table, before, after } of saving!.perTable) {
      for (const [side, whole] of [['before', before] as const, ['after', after] as const]) {
        const parts = layers.map(({ perTable }) => perTable.find((one) => one.cell === cell && one.table === table)![side].value);
        expect(Math.abs(parts.reduce((a, b) => a + b, 0) / whole.value - 1)).toBeLessThanOrEqual(tolerances.sumFp64.relative);
      }
    }
    const own = saving!.perTable.filter(({ cell }) => cell === document.cell).map((one) => one.saving);
    expect([saving!.low, saving!.high]).toEqual([Math.min(...own), Math.max(...own)]);
  });

  test('the written model is what every other command takes it for', async () => {
    const words = (command: string): Promise<unknown> => run(command).then(documentOf);
    const [inspected, original] = await Promise.all(
      ['small.selected.onnx', 'small.fitted.onnx'].map(async (name) => v.parse(inspectSchema, await words(`inspect ${name} --json`))),
    );
    expect(inspected!.totals).toMatchObject({ macs: original!.totals.macs, parameters: original!.totals.parameters });
    expect(inspected!.totals.weightBytes).toBe(64 * 16 + 16 * 10 + 4 * (16 + 10));
    expect(inspected!.model.metadata).toMatchObject({
      'tierwise.source': hash('small.fitted.onnx'),
      'tierwise.data': hash('digits.npz'),
      'tierwise.select': 'closed form, 8 bits, all values, allowed drop 1 points, array cell, seed 1',
      'tierwise.select.Gemm_0': expect.stringMatching(/^8 bits, \d+ values, [\d.]+ % zeros, inputs on \d+ levels, mu [\d.e-]+$/),
    });
    // Held-out rows alone, by the runtime itself, as the record says.
    const evaluated = v.parse(evalSchema, await words('eval small.selected.onnx --data digits.npz --json'));
    expect(evaluated.rows).toBe(1797);
    expect(Math.abs(evaluated.value - document.saving!.after)).toBeLessThan(tolerances.partOfRows.absolute);
    // Integers are priced as such where the target can multiply and keep them.
    const partsOf = async (name: string): Promise<ReadonlyMap<string, number>> => {
      const sums = new Map<string, number>();
      for (const { components } of v.parse(energySchema, await words(`energy ${name} --target server-cpu --json`)).layers)
        for (const part of components) sums.set(part.name, (sums.get(part.name) ?? 0) + part.energy.value);
      return sums;
    };
    const [before, after] = [await partsOf('small.fitted.onnx'), await partsOf('small.selected.onnx')];
    expect(after.get('weights')! / before.get('weights')!).toBe(0.25);
    expect(after.get('activations')! / before.get('activations')!).toBe(0.25);
    expect(after.get('compute')!).toBeLessThan(before.get('compute')!);
  });

  test('its accuracy on the held-out rows is what the runtime itself gives', async () => {
    const { rows, x, labels } = await digitsRows();
    const { heldOut } = splitRows(rows, 0.8, 1);
    const width = x.length / rows;
    const held = new Float32Array(heldOut.length * width);
    heldOut.forEach((row, at) => held.set(x.subarray(row * width, (row + 1) * width), at * width));
    for (const [name, told] of [
      ['small.fitted.onnx', document.saving!.before] as const,
      ['small.selected.onnx', document.saving!.after] as const,
    ]) {
      const session = await ort.InferenceSession.create(join(folder, name), { graphOptimizationLevel: 'disabled', logSeverityLevel: 3 });
      const scores = (await session.run({ x: new ort.Tensor('float32', held, [heldOut.length, width]) }))['s']!.data as Float32Array;
      await session.release();
      let correct = 0;
      heldOut.forEach((row, at) => {
        const own = [...scores.subarray(at * 10, (at + 1) * 10)];
        if (own.indexOf(Math.max(...own)) === labels.values[row]) correct++;
      });
      expect(correct / heldOut.length).toBe(told);
    }
  });

  test('integers are not selected or solved a second time', async () => {
    writeFileSync(join(folder, 'again.tiers'), smallPlan.replace('small.onnx', 'small.selected.onnx'));
    const solving = await run('fit again.tiers --json');
    expect([solving.code, errorCode(solving)]).toEqual([1, 'plan-has-errors']);
    expect(solving.stdout).toMatch(/its weight is stored as int8/);
    writeFileSync(join(folder, 'again.tiers'), smallPlan.replace('small.onnx', 'small.selected.onnx').replace(/backend cpu[^]*/, ''));
    const again = await run('select again.tiers --json');
    expect([again.code, errorCode(again)]).toEqual([1, 'no-quantisable-layer']);
    expect(again.stdout).toMatch(/integers already/);
  });
});

test('the solver process gives the same file and tells every point as it is found', async () => {
  const other = product.scratch();
  for (const name of readdirSync(folder).filter((one) => /^(small\.(onnx|tiers|fitted\..*)|digits\.npz)$/.test(one)))
    cpSync(join(folder, name), join(other, name));
  const child = spawn(process.execPath, [product.solver], { stdio: 'pipe' });
  const rpc = createMessageConnection(new StreamMessageReader(child.stdout), new StreamMessageWriter(child.stdin));
  rpc.listen();
  try {
    const told: SelectPoint[] = [];
    rpc.onProgress(new ProgressType<ProgressEvent>(), 'select', (event) => {
      if (event.point !== undefined) told.push(event.point);
    });
    const path = join(other, 'small.tiers');
    for (const wrong of [{ bits: 5 }, { values: 'some' }, { cell: 'quantum' }, { maxDrop: 2 }, { trial: 'yes' }, { setSize: 2.5 }])
      await expect(rpc.sendRequest('tierwise/select', { path, ...wrong })).rejects.toThrow(/must be/);
    const answer = v.parse(selectSchema, await rpc.sendRequest('tierwise/select', { path, progressToken: 'select' }));
    expect(told).toEqual(answer.points.map((point) => ({ ...point, chosen: false })));
    // Same plan, model, data and seed: the same bytes, in another folder and another process.
    expect(answer.hashes.output).toBe(document.hashes.output);
    expect(readFileSync(join(other, 'small.selected.onnx'))).toEqual(readFileSync(join(folder, 'small.selected.onnx')));
  } finally {
    const ended = once(child, 'exit');
    child.stdin.end();
    expect((await ended)[0]).toBe(0);
    rpc.dispose();
  }
});

describe('what stops a selection', () => {
  /** A folder of its own whose files `change` edits, and the words after `select`. */
  async function refused(change: (at: string) => void, words = 'small.tiers'): Promise<readonly [number | null, string, string]> {
    const at = smallSelectFolder(product);
    change(at);
    const before = readdirSync(at).sort();
    const ran = await run(`select ${words} --json`, at);
    expect(readdirSync(at).sort()).toEqual(before);
    return [ran.code, errorCode(ran), ran.stdout];
  }
  const planOf = (at: string, change: (text: string) => string): void => edit(join(at, 'small.tiers'), change);

  interface Refusal {
    readonly name: string;
    readonly code: string;
    readonly text: RegExp;
    /** Default 1. */
    readonly exit?: number;
    readonly change?: (at: string) => void;
    readonly words?: string;
  }
  const refusals: readonly Refusal[] = [
    { name: 'no data', code: 'plan-without-data', text: /names no data/, change: (at) => planOf(at, (t) => t.replace(/data .*\n/, '')) },
    { name: 'an untrained model', code: 'model-at-chance', text: /commonest class/ },
    { name: 'few rows', code: 'too-few-rows', text: /17 of 1797 rows/, change: (at) => planOf(at, (t) => t.replace('0.8', '0.01')) },
    {
      name: 'weights that are not numbers',
      code: 'no-quantisable-layer',
      text: /not all finite numbers/,
      change: (at) =>
        writeFileSync(
          join(at, 'small.onnx'),
          smallNetwork((t) => ['w1', 'b2'].forEach((name) => t.get(name)!.fill(NaN))),
        ),
    },
    {
      name: 'a layer too large for memory',
      code: 'no-quantisable-layer',
      text: /8192 inputs; 2048 MiB are allowed[^]*smaller layers/,
      change: (at) => {
        writeFileSync(join(at, 'small.onnx'), wideNetwork());
        planOf(at, (t) => t.replace(/lower tier[^]*/, ''));
      },
    },
    {
      name: 'an output over notes of somebody',
      exit: 2,
      code: 'output-would-overwrite',
      text: /not a record/,
      change: (at) => writeFileSync(join(at, 'notes.json'), '{}'),
      words: '--out notes.onnx',
    },
    { name: 'an output over the data', exit: 2, code: 'output-would-overwrite', text: /digits\.npz/, words: '--out digits.npz' },
    { name: 'an output over the model', exit: 2, code: 'output-would-overwrite', text: /small\.onnx/, words: '--out small.onnx' },
    { name: 'an unknown cell', exit: 2, code: 'usage', text: /array, booth, shift/, words: '--cell quantum' },
    { name: 'shifters for all values', exit: 2, code: 'cell-without-values', text: /powers of two/, words: '--cell shift' },
    { name: 'a set without --values set', exit: 2, code: 'set-size-out-of-range', text: /--values set/, words: '--set-size 8' },
    { name: 'a set of no number', exit: 2, code: 'usage', text: /--set-size wants/, words: '--values set --set-size few' },
    { name: 'a drop below 0', exit: 2, code: 'usage', text: /points of accuracy/, words: '--max-drop=-1' },
    { name: 'three bits', exit: 2, code: 'usage', text: /--bits/, words: '--bits 3' },
  ];
  test.each(refusals)('$name', async ({ exit = 1, code, text, change = () => undefined, words = '' }) => {
    const [left, found, stdout] = await refused(change, `small.tiers ${words}`.trim());
    expect([left, found]).toEqual([exit, code]);
    expect(stdout).toMatch(text);
  });

  test('a kill or Ctrl-C in the middle leaves nothing half-written', async () => {
    const at = product.scratch();
    for (const name of ['small.onnx', 'small.tiers', 'small.fitted.onnx', 'small.fitted.json', 'digits.npz'])
      cpSync(join(folder, name), join(at, name));
    const before = readdirSync(at).sort();
    for (const signal of ['SIGINT', 'SIGKILL'] as const) {
      const child = product.start(['select', 'small.tiers'], at);
      child.stdout?.resume();
      let heard = '';
      let isSent = false;
      child.stderr?.on('data', (chunk: Buffer) => {
        heard += chunk.toString();
        if (!isSent && heard.includes('searching')) isSent = child.kill(signal);
      });
      const [code, by] = (await once(child, 'close')) as [number | null, string | null];
      expect([code, by]).toEqual(signal === 'SIGINT' ? [130, null] : [null, 'SIGKILL']);
      expect(readdirSync(at).sort()).toEqual(before);
    }
  });
});

test('a trial with powers of two writes nothing and prices the shifter against the multiplier', async () => {
  const before = readdirSync(folder).sort();
  const ran = await run('select small.tiers --trial --values powers-of-two --rows 200 --max-drop 30 --format json');
  const { output, cell, saving, rows, layers } = selected(ran);
  expect(readdirSync(folder).sort()).toEqual(before);
  expect([output, cell]).toEqual([null, 'shift']);
  expect(rows).toEqual({ calibration: 200, validation: 100, heldOut: 360 });
  expect(saving!.perTable[0]!.cell).toBe('shift');
  expect(saving!.baseline).toMatch(/the shift cell against the array cell/);
  for (const layer of layers) expect(layer.values).toBeLessThanOrEqual(15);
});

test('a layer uses no more values than a set has', async () => {
  const ran = await run('select small.tiers --trial --values set --set-size 5 --bits 4 --rows 90 --max-drop 60 --format json');
  const { setSize, saving, layers } = selected(ran);
  expect(setSize).toBe(5);
  expect(saving!.variant).toMatch(/4 bits, low-energy sets of 5 values at most/);
  for (const layer of layers) expect(layer.values).toBeLessThanOrEqual(5);
});

test('powers of two that lose too much end in words, not in the rounded weights under another name', async () => {
  const ran = await run('select small.tiers --trial --values powers-of-two --rows 200 --max-drop 0 --format json');
  const { saving, points, layers, diagnostics } = v.parse(selectSchema, documentOf(ran));
  expect([ran.code, saving]).toEqual([1, null]);
  expect(diagnostics.map(({ code }) => code)).toContain('nothing-within-drop');
  const nearest = points.filter(({ chosen }) => chosen);
  expect(nearest.map(({ id }) => id)).not.toContain('int8');
  expect(nearest).toHaveLength(1);
  for (const layer of layers) expect(layer.values).toBeLessThanOrEqual(15);
});

test('the written integers are those the record tells', () => {
  const model = readModel(new Uint8Array(readFileSync(join(folder, 'small.selected.onnx')))).value!;
  for (const [layer, weight] of [['Gemm_0', 'w1'] as const, ['Gemm_2', 'w2'] as const]) {
    const stored = model.graph.initializers.get(weight)!;
    expect(stored.dtype).toBe('int8');
    const told = document.layers.find(({ id }) => id === layer)!;
    expect(new Set(stored.values).size).toBe(told.values);
    expect(stored.values!.filter((value) => value === 0).length / stored.elements).toBe(told.zeros);
  }
});
