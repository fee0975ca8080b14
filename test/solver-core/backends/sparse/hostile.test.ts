import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { describe, expect, test } from 'vitest';
import { sparseRuntime } from '../../../../solver-core/backends/sparse/index.ts';
import type { RunTensor } from '../../../../solver-core/fit/model-runner.ts';
import { buildModel, type BuiltGraph, type BuiltNode } from '../../../../solver-core/onnx/index.ts';
import { expectLikeOrt, runOnce, values } from './engines.ts';

const float = (name: string, dims: readonly (number | string)[]) => ({ name, type: 'float32', dims }) as const;
const stored = (name: string, ...data: readonly number[]) => ({ name, dims: [data.length], data: Float32Array.from(data) });

function graphOf(node: BuiltNode, x: readonly (number | string)[], tensors: BuiltGraph['tensors'] = []): BuiltGraph {
  return { name: 'g', inputs: [float('x', x)], outputs: node.outputs.map((name) => float(name, ['n'])), tensors, nodes: [node] };
}

async function refused(graph: BuiltGraph, x: RunTensor): Promise<unknown> {
  return await runOnce(sparseRuntime(), buildModel(graph), { x }).then(
    () => null,
    (error: unknown) => error,
  );
}

describe('a model that asks for what there is not', () => {
  // Such a slice read what lay beside its tensor: other tensors, or nothing at all.
  test.each<readonly [string, BuiltNode, BuiltGraph['tensors']]>([
    [
      'Slice',
      { op: 'Slice', inputs: ['x', 's', 'e', 'a', 'by'], outputs: ['y'] },
      [stored('s', 0.5), stored('e', 3), stored('a', 1), stored('by', 1e-4)],
    ],
    ['Gather', { op: 'Gather', inputs: ['x', 'i'], outputs: ['y'] }, [stored('i', 0.5)]],
    ['Split', { op: 'Split', inputs: ['x', 'sizes'], outputs: ['y', 'z'], attributes: { axis: 1 } }, [stored('sizes', 1.5, 1.5)]],
  ])('%s at places that are no whole numbers', async (_, node, tensors) => {
    expect(await refused(graphOf(node, [2, 3], tensors), values([2, 3], 1))).toMatchObject({
      code: 'sparse-op-unsupported',
      message: expect.stringMatching(/which is no whole number/) as string,
    });
  });

  test('sizes whose product is no number any more', async () => {
    const dims = [...Array.from({ length: 30 }, () => 2 ** 40), 0];
    const node: BuiltNode = { op: 'MatMul', inputs: ['x', 'w'], outputs: ['y'] };
    const error = await refused(graphOf(node, dims, [{ name: 'w', dims: [0, 2], data: new Float32Array(0) }]), {
      dims,
      data: new Float32Array(0),
    });
    expect(error).toMatchObject({
      code: 'sparse-memory-exceeded',
      message: expect.stringMatching(/more memory than can be counted/) as string,
    });
  });

  test.each(['ReduceSum', 'ReduceMax'])('%s of no rows gives no rows', async (op) => {
    const node: BuiltNode =
      op === 'ReduceSum' ? { op, inputs: ['x', 'axes'], outputs: ['y'] } : { op, inputs: ['x'], outputs: ['y'], attributes: { axes: [1] } };
    const axes = op === 'ReduceSum' ? [{ name: 'axes', dims: [1], data: { int64: [1] } } as const] : [];
    await expectLikeOrt(graphOf(node, ['rows', 3], axes), { x: { dims: [0, 3], data: new Float32Array(0) } });
  });
});

describe('what stays of a run', () => {
  const table: BuiltGraph = {
    name: 'table',
    inputs: [{ name: 'id', type: 'int64', dims: ['n'] }],
    outputs: [float('y', ['n', 2])],
    tensors: [
      { name: 'w', dims: [5, 4], data: values([5, 4], 1).data },
      { name: 'v', dims: [4, 2], data: values([4, 2], 2).data },
    ],
    nodes: [
      { op: 'Gather', inputs: ['w', 'id'], outputs: ['h'] },
      { op: 'Relu', inputs: ['h'], outputs: ['r'] },
      { op: 'MatMul', inputs: ['r', 'v'], outputs: ['y'] },
    ],
  };
  const ids = (...list: readonly number[]) => new Map([['id', { dims: [list.length], data: Float32Array.from(list) }]]);

  test('a run that failed, or was of other shapes, changes nothing of the next', async () => {
    const runner = await sparseRuntime().open(buildModel(table));
    const before = await runner.run(ids(0, 4, 2), ['y']);
    await expect(runner.run(ids(0, 9, NaN), ['y'])).rejects.toMatchObject({ code: 'model-run-failed' });
    await expect(runner.run(new Map([['id', { dims: [3, 1], data: new Float32Array(3) }]]), ['y'])).rejects.toThrow();
    await runner.run(ids(1), ['y']);
    expect(await runner.run(ids(0, 4, 2), ['y'])).toEqual(before);
    await runner.dispose();
  });

  test('a closed runner lets go of its memory, though somebody keeps it', async () => {
    const api = (
      globalThis as unknown as { WebAssembly: { Instance: new (module: object) => { readonly exports: { readonly memory: object } } } }
    ).WebAssembly;
    const { Instance } = api;
    const memories: WeakRef<object>[] = [];
    api.Instance = class extends Instance {
      constructor(module: object) {
        super(module);
        memories.push(new WeakRef(this.exports.memory));
      }
    };
    const runtime = sparseRuntime();
    const runner = await runtime.open(buildModel(table)).finally(() => (api.Instance = Instance));
    await runner.run(ids(0, 1), ['y']);
    const counts = runtime.counts();
    await runner.dispose();
    setFlagsFromString('--expose-gc');
    const collect = runInNewContext('gc') as () => void;
    // What a WeakRef gave, or was made with, lives until the current job is over.
    for (let turn = 0; turn < 10 && memories[0]?.deref() !== undefined; turn++) {
      await new Promise((resolve) => setImmediate(resolve));
      collect();
    }
    expect(memories.map((memory) => memory.deref())).toEqual([undefined]);
    expect(runner.outputs).toEqual(['y']);
    expect(runtime.counts()).toEqual(counts);
    await expect(runner.run(ids(0), ['y'])).rejects.toMatchObject({ code: 'model-run-failed' });
  });
});
