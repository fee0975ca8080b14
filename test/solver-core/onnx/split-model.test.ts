import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import type { RunTensor } from '../../../solver-core/fit/model-runner.ts';
import { TierwiseError } from '../../../solver-core/model/error.ts';
import { buildModel, encodeModel, readModel, splitModel } from '../../../solver-core/onnx/index.ts';
import type { BuiltNode, OnnxModel } from '../../../solver-core/onnx/index.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { tolerances } from '../../tolerances.ts';
import { hasShared, projectRoot, shared } from '../../shared.ts';

const runtime = ortRuntime();

function opened(bytes: Uint8Array): OnnxModel {
  const { value } = readModel(bytes);
  if (value === undefined) throw new Error('not a model');
  return value;
}

const material = (name: string): OnnxModel => opened(readFileSync(shared(`material/models/own/${name}`)));

/** Numbers in [-1, 1) that are the same every time. */
function numbers(count: number, seed = 1): Float32Array {
  let state = seed >>> 0;
  return Float32Array.from({ length: count }, () => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return state / 2 ** 31 - 1;
  });
}

async function run(model: OnnxModel, inputs: ReadonlyMap<string, RunTensor>): Promise<ReadonlyMap<string, RunTensor>> {
  const runner = await runtime.open(encodeModel(model));
  try {
    const own = new Map([...inputs].filter(([name]) => runner.inputs.includes(name)));
    return await runner.run(own, runner.outputs);
  } finally {
    await runner.dispose();
  }
}

/** Runs the parts one after the other and joins what they give. */
async function composed(model: OnnxModel, cut: string, inputs: ReadonlyMap<string, RunTensor>): Promise<ReadonlyMap<string, RunTensor>> {
  const { lower, upper } = splitModel(model, cut);
  const below = await run(lower, inputs);
  const above = await run(upper, new Map([...inputs, [cut, below.get(cut)!]]));
  return new Map([...below, ...above]);
}

function errorOf(model: OnnxModel, cut: string): TierwiseError {
  try {
    splitModel(model, cut);
  } catch (error) {
    if (error instanceof TierwiseError) return error;
    throw error;
  }
  throw new Error('expected an error');
}

describe('splitModel', () => {
  test('composes to the whole at every layer of a network', async () => {
    const model = opened(readFileSync(join(projectRoot, 'examples/digits/digits.onnx')));
    const x: RunTensor = { dims: [5, 64], data: numbers(320) };
    const inputs = new Map([[model.graph.inputs[0]!.name, x]]);
    const whole = await run(model, inputs);
    const output = model.graph.outputs[0]!.name;
    const cuts = model.graph.nodes.flatMap(({ outputs }) => outputs).filter((name) => name !== output);
    expect(cuts.length).toBeGreaterThanOrEqual(4);
    for (const cut of cuts) {
      const parts = await composed(model, cut, inputs);
      expect(parts.get(output), cut).toEqual(whole.get(output));
    }
  });

  test.skipIf(!hasShared)('cuts a stacked state by its rows and composes step after step, bit for bit', async () => {
    const model = material('rwkv_char_step.onnx');
    for (const cut of ['/Add_11_output_0', '/Add_35_output_0', '/Add_59_output_0']) {
      const { lower, upper } = splitModel(model, cut);
      const rows = [lower, upper].map(({ graph }) => graph.inputs.find(({ name }) => name === 'state')?.shape?.[0]);
      expect(rows.reduce<number>((sum, count) => sum + Number(count), 0)).toBe(6);
      const runners = {
        whole: await runtime.open(encodeModel(model)),
        lower: await runtime.open(encodeModel(lower)),
        upper: await runtime.open(encodeModel(upper)),
      };
      const split = Number(rows[0]);
      let state = new Float32Array(6 * 5 * 2 * 128);
      let [low, high] = [state.slice(0, split * 1280), state.slice(split * 1280)];
      for (let step = 0; step < 12; step++) {
        const id: RunTensor = { dims: [2], data: Float32Array.of((step * 7) % 65, (step * 13 + 5) % 65) };
        const one = await runners.whole.run(
          new Map([
            ['id', id],
            ['state', { dims: [6, 5, 2, 128], data: state }],
          ]),
          ['logits', 'new_state'],
        );
        const below = await runners.lower.run(
          new Map([
            ['id', id],
            ['state', { dims: [split, 5, 2, 128], data: low }],
          ]),
          runners.lower.outputs,
        );
        const above = await runners.upper.run(
          new Map([
            [cut, below.get(cut)!],
            ['state', { dims: [6 - split, 5, 2, 128], data: high }],
          ]),
          runners.upper.outputs,
        );
        expect(above.get('logits')!.data).toEqual(one.get('logits')!.data);
        state = Float32Array.from(one.get('new_state')!.data);
        [low, high] = [Float32Array.from(below.get('new_state')!.data), Float32Array.from(above.get('new_state')!.data)];
        expect(Float32Array.of(...low, ...high)).toEqual(state);
      }
      for (const runner of Object.values(runners)) await runner.dispose();
    }
  });

  test.skipIf(!hasShared)('gives the upper part of a transformer the ids for its mask', async () => {
    const model = material('opt_char.onnx');
    const inputs = new Map([['ids', { dims: [2, 9], data: Float32Array.from({ length: 18 }, (_, i) => (i * 11) % 65) }]]);
    const whole = await run(model, inputs);
    for (const block of [0, 2, 4]) {
      const cut = `/layers.${block}/Add_2_output_0`;
      const { upper } = splitModel(model, cut);
      expect(upper.graph.inputs.map(({ name, shape }) => [name, shape])).toEqual([
        [cut, ['batch', 'seq', 160]],
        ['ids', ['batch', 'seq']],
      ]);
      expect((await composed(model, cut, inputs)).get('logits')).toEqual(whole.get('logits'));
    }
  });

  test.skipIf(!hasShared)('composes at the layers of a convolutional network, but for what the runtime fuses across a cut', async () => {
    const model = material('resnet8_fashion.onnx');
    const inputs = new Map([[model.graph.inputs[0]!.name, { dims: [3, 1, 28, 28], data: numbers(3 * 784) }]]);
    const output = model.graph.outputs[0]!.name;
    const whole = await run(model, inputs);
    let cuts = 0;
    for (const cut of model.graph.nodes.flatMap(({ outputs }) => outputs)) {
      if (cut === output) continue;
      try {
        splitModel(model, cut);
      } catch {
        continue;
      }
      cuts++;
      const parts = (await composed(model, cut, inputs)).get(output)!;
      parts.data.forEach((v, i) => expect(Math.abs(v - whole.get(output)!.data[i]!)).toBeLessThan(tolerances.outputsFp32.absolute));
    }
    expect(cuts).toBeGreaterThanOrEqual(3);
  });

  test('hands the other rows on where a state is not read row by row', async () => {
    const model = opened(sliced());
    const inputs = new Map([
      ['x', { dims: [2, 3], data: numbers(6) }],
      ['state', { dims: [2, 2, 3], data: numbers(12, 7) }],
    ]);
    const whole = await run(model, inputs);
    const { lower, upper } = splitModel(model, 'h');
    const below = await run(lower, inputs);
    const above = await run(upper, new Map([...inputs, ['h', below.get('h')!]]));
    expect(above.get('y')).toEqual(whole.get('y'));
    const [old, next] = [inputs.get('state')!.data, whole.get('new_state')!.data];
    expect([...below.get('new_state')!.data]).toEqual([...next.subarray(0, 6), ...old.subarray(6)]);
    expect([...above.get('new_state')!.data]).toEqual([...old.subarray(0, 6), ...next.subarray(6)]);
  });

  test('names what goes past a value that is no cut', () => {
    const model = opened(skipping());
    expect(errorOf(model, 'inner')).toMatchObject({ code: 'not-a-cut' });
    expect(errorOf(model, 'inner').message).toContain('"h" (Relu)');
    expect(errorOf(model, 'nowhere').code).toBe('cut-unknown');
    expect(errorOf(model, 'y').code).toBe('not-a-cut');
    expect(() => splitModel(model, 'h')).not.toThrow();
  });

  test('refuses a cut where one part would need the state of the other', () => {
    expect(errorOf(opened(crossing()), 'h').code).toBe('state-not-cut');
  });
});

const node = (op: string, inputs: string[], output: string, attributes: BuiltNode['attributes'] = {}): BuiltNode => ({
  op,
  inputs,
  outputs: [output],
  attributes,
});

/** Two layers whose states are taken out of a stack by Slice. */
function sliced(): Uint8Array {
  const value = (name: string, dims: (number | string)[]) => ({ name, type: 'float32' as const, dims });
  const at = (name: string, v: number) => ({ name, dims: [1], data: { int64: [v] } });
  return buildModel({
    name: 'stacked',
    inputs: [value('x', ['batch', 3]), value('state', [2, 'batch', 3])],
    outputs: [value('y', ['batch', 3]), value('new_state', [2, 'batch', 3])],
    tensors: [at('zero', 0), at('one', 1), at('two', 2)],
    nodes: [
      node('Slice', ['state', 'zero', 'one', 'zero'], 's0'),
      node('Slice', ['state', 'one', 'two', 'zero'], 's1'),
      node('Unsqueeze', ['x', 'zero'], 'x1'),
      node('Add', ['x1', 's0'], 'n0'),
      node('Tanh', ['n0'], 'h'),
      node('Add', ['h', 's1'], 'n1'),
      node('Tanh', ['n1'], 't'),
      node('Squeeze', ['t', 'zero'], 'y'),
      node('Concat', ['n0', 'n1'], 'new_state', { axis: 0 }),
    ],
  });
}

/** y = tanh(relu(x)) + relu(x): the inner value does not carry everything. */
function skipping(): Uint8Array {
  const value = (name: string) => ({ name, type: 'float32' as const, dims: ['batch', 3] });
  return buildModel({
    name: 'skip',
    inputs: [value('x')],
    outputs: [value('y')],
    nodes: [node('Relu', ['x'], 'h'), node('Tanh', ['h'], 'inner'), node('Add', ['inner', 'h'], 'y')],
  });
}

/** The layer below the cut reads a state that the layer above it makes. */
function crossing(): Uint8Array {
  const value = (name: string) => ({ name, type: 'float32' as const, dims: ['batch', 3] });
  return buildModel({
    name: 'crossing',
    inputs: [value('x'), value('state')],
    outputs: [value('y'), value('new_state')],
    nodes: [node('Add', ['x', 'state'], 'h'), node('Tanh', ['h'], 'y'), node('Relu', ['h'], 'new_state')],
  });
}
