import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { sparseRuntime } from '../../../../solver-core/backends/sparse/index.ts';
import type { RunTensor } from '../../../../solver-core/fit/model-runner.ts';
import { TierwiseError } from '../../../../solver-core/model/error.ts';
import { findBlocks } from '../../../../solver-core/model/blocks.ts';
import { findLayers, inferShapes } from '../../../../solver-core/model/index.ts';
import { findSites } from '../../../../solver-core/model/sites.ts';
import { buildModel, encodeModel, readModel, type BuiltGraph } from '../../../../solver-core/onnx/index.ts';
import { withThresholds } from '../../../../solver-core/onnx/thresholds.ts';
import { ortRuntime } from '../../../../solver-core/runtime/ort.ts';
import { hasShared, shared } from '../../../shared.ts';
import { tolerances } from '../../../tolerances.ts';
import { expectClose, values } from './engines.ts';

const own = (name: string): Buffer => readFileSync(shared(`material/models/own/${name}`));
const json = (name: string): unknown => JSON.parse(own(name).toString('utf8'));

/** Largest difference of the rows of `data` from those expected. */
function worst(data: Float32Array, expected: readonly (readonly number[])[]): number {
  const flat = expected.flat();
  expect(data.length).toBe(flat.length);
  return flat.reduce((most, v, i) => Math.max(most, Math.abs(v - data[i]!)), 0);
}

describe.skipIf(!hasShared)('whole models against their references', () => {
  test.each(['rwkv_char_step_ref', 'rwkv_char_step_synth_ref'])(
    '%s: 64 steps of two texts, with and without skipping the same bits',
    async (name) => {
      const { ids, logits_after_steps: expected } = json(`${name}.json`) as {
        ids: number[][];
        logits_after_steps: Record<string, number[][]>;
      };
      const run = async (skipZeros: boolean): Promise<Float32Array[]> => {
        const runner = await sparseRuntime({ skipZeros }).open(own('rwkv_char_step.onnx'));
        const all: Float32Array[] = [];
        let state: RunTensor = { dims: [6, 5, 2, 128], data: new Float32Array(6 * 5 * 2 * 128) };
        for (let l = 0; l < 6; l++) state.data.fill(-1e30, (l * 5 + 3) * 256, (l * 5 + 4) * 256);
        for (let t = 0; t < 64; t++) {
          const id = { dims: [2], data: Float32Array.of(ids[0]![t]!, ids[1]![t]!) };
          const outputs = await runner.run(
            new Map([
              ['id', id],
              ['state', state],
            ]),
            ['logits', 'new_state'],
          );
          state = outputs.get('new_state')!;
          all.push(outputs.get('logits')!.data);
        }
        return all;
      };
      const [skipping, full] = [await run(true), await run(false)];
      expect(skipping).toEqual(full);
      for (const [step, logits] of Object.entries(expected))
        expect(worst(skipping[Number(step) - 1]!, logits)).toBeLessThan(tolerances.outputsFp32.absolute);
    },
  );

  test('thresholds per channel with centres in every site: as ONNX Runtime, step by step', async () => {
    const model = readModel(own('rwkv_char_step.onnx')).value!;
    const layers = findLayers(model.graph, inferShapes(model.graph, {}));
    const { sites } = findSites(model.graph, layers, findBlocks(model.graph, layers));
    const thresholds = sites.map(({ id, axis, channels }, i) => ({
      site: id,
      axis,
      threshold: values([channels], i).data.map((v) => 0.3 * Math.abs(v)),
      centre: i % 2 === 0 ? null : values([channels], 100 + i).data.map((v) => 0.1 * v),
    }));
    const bytes = encodeModel(withThresholds(model, thresholds, layers));
    const runtime = sparseRuntime();
    const [engine, full, oracle] = [
      await runtime.open(bytes),
      await sparseRuntime({ skipZeros: false }).open(bytes),
      await ortRuntime().open(bytes),
    ];
    let state: RunTensor = { dims: [6, 5, 1, 128], data: new Float32Array(6 * 5 * 128) };
    let apart = 0;
    for (let t = 0; t < 64; t++) {
      const feeds = new Map([
        ['id', { dims: [1], data: Float32Array.of((7 * t + 3) % 65) }],
        ['state', state],
      ]);
      const [own, every, expected] = [
        await engine.run(feeds, ['logits']),
        await full.run(feeds, ['logits']),
        await oracle.run(feeds, ['logits', 'new_state']),
      ];
      expect(own).toEqual(every);
      if (worst(own.get('logits')!.data, [[...expected.get('logits')!.data]]) > tolerances.outputsFp32.absolute) apart++;
      state = expected.get('new_state')!;
    }
    // A value within rounding of its threshold may fall on either side: none does here, and processors may differ in one.
    expect(apart).toBeLessThanOrEqual(1);
    const { macs, skipped } = runtime.counts();
    expect(skipped / macs).toBeGreaterThan(0.3);
  });

  test('opt_char at two lengths', async () => {
    const { ids, logits_last: last } = json('opt_char_ref.json') as { ids: number[][]; logits_last: number[][] };
    const runtime = sparseRuntime();
    const runner = await runtime.open(own('opt_char.onnx'));
    const whole = (await runner.run(new Map([['ids', { dims: [2, 64], data: Float32Array.from(ids.flat()) }]]), ['logits'])).get('logits')!;
    const lastRows = [0, 1].map((b) => whole.data.subarray((b * 64 + 63) * 65, (b * 64 + 64) * 65));
    lastRows.forEach((row, b) => expect(worst(row, [last[b]!])).toBeLessThan(tolerances.outputsFp32.absolute));
    const feeds = new Map([['ids', { dims: [1, 5], data: Float32Array.from(ids[0]!.slice(0, 5)) }]]);
    const oracle = await ortRuntime().open(own('opt_char.onnx'));
    expectClose(await runner.run(feeds, ['logits']), await oracle.run(feeds, ['logits']));
    const { macs, skipped } = runtime.counts();
    // The rectifiers of this model make 29.5 % zeros on ordinary text.
    expect(skipped / macs).toBeGreaterThan(0.2);
  });
});

test.skipIf(!hasShared)('every model of the material opens or is refused with a code, hostile ones too', async () => {
  const files = readdirSync(shared('material'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.onnx'));
  expect(files.length).toBeGreaterThan(30);
  const codes = new Set<string>();
  for (const file of files) {
    const opening = sparseRuntime().open(readFileSync(shared(`material/${file}`)));
    codes.add(await opening.then(() => 'opened').catch((error: unknown) => (error instanceof TierwiseError ? error.code : String(error))));
  }
  expect([...codes].sort()).toEqual(['model-run-failed', 'opened', 'sparse-op-unsupported']);
});

describe('a model is opened, run and closed', () => {
  const graph: BuiltGraph = {
    name: 'mlp',
    inputs: [{ name: 'x', type: 'float32', dims: ['batch', 6] }],
    outputs: [{ name: 'y', type: 'float32', dims: ['batch', 3] }],
    tensors: [
      { name: 'w', dims: [6, 9], data: values([6, 9], 1).data },
      { name: 'b', dims: [9], data: values([9], 2).data },
      { name: 'v', dims: [9, 3], data: values([9, 3], 3).data },
    ],
    nodes: [
      { op: 'Gemm', inputs: ['x', 'w', 'b'], outputs: ['h'] },
      { op: 'Relu', inputs: ['h'], outputs: ['r'] },
      { op: 'MatMul', inputs: ['r', 'v'], outputs: ['y'] },
    ],
  };

  test('batches of many sizes, more of them than programs are kept', async () => {
    const runner = await sparseRuntime().open(buildModel(graph));
    const oracle = await ortRuntime().open(buildModel(graph));
    for (const batch of [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 1, 3]) {
      const feeds = new Map([['x', values([batch, 6], batch)]]);
      expectClose(await runner.run(feeds, ['y']), await oracle.run(feeds, ['y']));
    }
  });

  test('what cannot be run is refused with operator and node', async () => {
    const foreign: BuiltGraph = { ...graph, nodes: [...graph.nodes.slice(0, 2), { op: 'Det', inputs: ['r'], outputs: ['y'] }] };
    await expect(sparseRuntime().open(buildModel(foreign))).rejects.toMatchObject({
      code: 'sparse-op-unsupported',
      message: 'The sparse engine does not run "Det" at node "Det_2".',
    });
    const shaped: BuiltGraph = {
      name: 'shaped',
      inputs: [
        { name: 'x', type: 'float32', dims: [4] },
        { name: 's', type: 'int64', dims: [2] },
      ],
      outputs: [{ name: 'y', type: 'float32', dims: [] }],
      nodes: [{ op: 'Reshape', inputs: ['x', 's'], outputs: ['y'] }],
    };
    await expect(sparseRuntime().open(buildModel(shaped))).rejects.toMatchObject({
      code: 'sparse-op-unsupported',
      message: /depend on the data/,
    });
  });

  test.each(['Threshold', 'Dense', 'MulMulAdd'])('an operator that only calls itself %s is refused', async (op) => {
    const named: BuiltGraph = { ...graph, nodes: [...graph.nodes.slice(0, 2), { op, inputs: ['r', 'v', 'b', 'b'], outputs: ['y'] }] };
    await expect(sparseRuntime().open(buildModel(named))).rejects.toMatchObject({ code: 'sparse-op-unsupported' });
  });

  test.each([
    ['Expand', [-3, 1], ['x', 's']],
    ['Split', [-1, 5], ['x', 's']],
    ['Reshape', [-1, -1], ['x', 's']],
    ['ConstantOfShape', [1 << 14, 1 << 14], ['s']],
    ['Gather', [7, 0], ['x', 's']],
  ] as const)('%s with %j is refused', async (op, sizes, inputs) => {
    const wrong: BuiltGraph = {
      name: 'wrong',
      inputs: [{ name: 'x', type: 'float32', dims: [4] }],
      outputs: [{ name: 'y', type: 'float32', dims: [] }],
      tensors: [{ name: 's', dims: [2], data: { int64: sizes } }],
      nodes: [{ op, inputs, outputs: op === 'Split' ? ['y', 'z'] : ['y'] }],
    };
    const running = sparseRuntime()
      .open(buildModel(wrong))
      .then((runner) => runner.run(new Map([['x', values([4], 1)]]), ['y']));
    await expect(running).rejects.toMatchObject({ code: 'model-run-failed' });
  });

  test('ten thousand constants are read once each', async () => {
    const n = 10_000;
    const many: BuiltGraph = {
      name: 'many',
      inputs: [{ name: 'x', type: 'float32', dims: [2] }],
      outputs: [{ name: `y${n - 1}`, type: 'float32', dims: [2] }],
      tensors: Array.from({ length: n }, (_, i) => ({ name: `c${i}`, dims: [], data: Float32Array.of(1) })),
      nodes: Array.from({ length: n }, (_, i) => ({ op: 'Add', inputs: [i === 0 ? 'x' : `y${i - 1}`, `c${i}`], outputs: [`y${i}`] })),
    };
    const runner = await sparseRuntime().open(buildModel(many));
    const { data } = (await runner.run(new Map([['x', { dims: [2], data: Float32Array.of(0, 5) }]]), [`y${n - 1}`])).get(`y${n - 1}`)!;
    expect([...data]).toEqual([n, n + 5]);
  });

  test('inputs that do not fit, are missing, or point outside of a table', async () => {
    const runner = await sparseRuntime().open(buildModel(graph));
    await expect(runner.run(new Map([['x', values([2, 5], 1)]]), ['y'])).rejects.toMatchObject({
      code: 'model-run-failed',
      message: /its input "x" has shape \[batch, 6\] and is given \[2, 5\]/,
    });
    await expect(runner.run(new Map(), ['y'])).rejects.toMatchObject({ code: 'model-run-failed', message: /input "x" is not given/ });
    await expect(runner.run(new Map([['x', values([1, 6], 1)]]), ['q'])).rejects.toMatchObject({ code: 'model-run-failed' });
    await runner.dispose();
    await expect(runner.run(new Map([['x', values([1, 6], 1)]]), ['y'])).rejects.toMatchObject({ code: 'model-run-failed' });
    const table: BuiltGraph = {
      name: 'table',
      inputs: [{ name: 'id', type: 'int64', dims: ['n'] }],
      outputs: [{ name: 'y', type: 'float32', dims: [] }],
      tensors: [{ name: 'w', dims: [5, 2], data: values([5, 2], 1).data }],
      nodes: [{ op: 'Gather', inputs: ['w', 'id'], outputs: ['y'] }],
    };
    const picking = await sparseRuntime().open(buildModel(table));
    for (const id of [5, -6, NaN])
      await expect(picking.run(new Map([['id', { dims: [1], data: Float32Array.of(id) }]]), ['y'])).rejects.toMatchObject({
        code: 'model-run-failed',
      });
  });

  test('bytes that are no model, and a model that asks for too much memory', async () => {
    await expect(sparseRuntime().open(new Uint8Array(7))).rejects.toMatchObject({ code: 'model-run-failed' });
    const bomb: BuiltGraph = {
      name: 'bomb',
      inputs: [{ name: 'x', type: 'float32', dims: [1] }],
      outputs: [{ name: 'y', type: 'float32', dims: [] }],
      tensors: [{ name: 's', dims: [3], data: { int64: [1024, 1024, 1024] } }],
      nodes: [{ op: 'Expand', inputs: ['x', 's'], outputs: ['y'] }],
    };
    await expect(sparseRuntime().open(buildModel(bomb))).rejects.toMatchObject({ code: 'sparse-memory-exceeded' });
  });
});
