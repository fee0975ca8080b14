import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { findRepeats, type RepeatItem } from '../../../solver-core/model/blocks-repeat.ts';
import { findBlocks, type Block } from '../../../solver-core/model/blocks.ts';
import type { ModelGraph } from '../../../solver-core/model/graph.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import { findLayers } from '../../../solver-core/model/layers.ts';
import { inferShapes } from '../../../solver-core/model/shape-inference/infer.ts';
import { findSites } from '../../../solver-core/model/sites.ts';
import { withThresholds } from '../../../solver-core/onnx/thresholds.ts';
import { readModel } from '../../../solver-core/onnx/index.ts';
import { hasShared } from '../../shared.ts';
import { bytesOf, fixtures, materialModels } from '../onnx/material.ts';
import { BlockModel, packedGatedBlock, postNormBlock } from './block-models.ts';

interface Opened {
  readonly graph: ModelGraph;
  readonly layers: readonly Layer[];
  readonly blocks: readonly Block[];
}

function open(bytes: Uint8Array): Opened {
  const graph = readModel(bytes).value?.graph;
  if (graph === undefined) throw new Error('no model');
  const layers = findLayers(graph, inferShapes(graph));
  return { graph, layers, blocks: findBlocks(graph, layers) };
}

const sample = (name: string): Opened => open(bytesOf([...fixtures, ...materialModels].find((s) => s.name === name)?.path ?? ''));
const rolesOf = (block: Block | undefined): Record<string, string> => Object.fromEntries(block?.roles ?? []);

/** Values of the graph that the input still reaches when `cut` is taken away; shapes do not count. Written anew, without the code under test. */
function reachedWithout(graph: ModelGraph, input: string, cut: string): Set<string> {
  const reached = new Set([input]);
  for (let grew = true; grew;) {
    grew = false;
    for (const node of graph.nodes) {
      if (['Shape', 'Equal', 'Greater'].includes(node.op) || !node.inputs.some((name) => reached.has(name) && name !== cut)) continue;
      for (const name of node.outputs) {
        if (reached.has(name)) continue;
        reached.add(name);
        grew = true;
      }
    }
  }
  return reached;
}

/** What holds of the blocks of any model. */
function expectSound({ graph, layers, blocks }: Opened, input: string, scores: string): void {
  const order = layers.map((layer) => layer.id);
  const all = blocks.flatMap((block) => block.layers);
  expect(new Set(all).size).toBe(all.length);
  expect(all).toEqual([...all].sort((a, b) => order.indexOf(a) - order.indexOf(b)));
  blocks.forEach((block, i) => {
    expect(block.index).toBe(i);
    expect(block.layers.length).toBeGreaterThan(0);
    for (const cut of [block.input, block.output]) {
      if (cut !== scores) expect(reachedWithout(graph, input, cut).has(scores), `${block.name} is cut by ${cut}`).toBe(false);
    }
    for (const id of block.roles.keys()) expect(block.layers).toContain(id);
  });
  expect(new Set(blocks.map((block) => block.name)).size).toBe(blocks.length);
}

describe.skipIf(!hasShared)('trained models', () => {
  test('rwkv_char_step: 6 blocks of 7 layers with the roles that their weights were trained for', () => {
    const opened = sample('rwkv_char_step');
    expect(opened.blocks.map((block) => [block.name, block.kind])).toEqual([0, 1, 2, 3, 4, 5].map((i) => [`m.blocks.${i}`, 'rwkv']));
    opened.blocks.forEach((block, i) => {
      const [att, ffn] = [2 * i === 0 ? '' : `_${2 * i}`, `_${2 * i + 1}`];
      expect([...block.roles]).toHaveLength(7);
      expect(rolesOf(block)).toEqual({
        [`/key${att}/MatMul`]: 'att.key',
        [`/value${att}/MatMul`]: 'att.value',
        [`/receptance${att}/MatMul`]: 'att.receptance',
        [`/output${i === 0 ? '' : `_${i}`}/MatMul`]: 'att.output',
        [`/key${ffn}/MatMul`]: 'ffn.key',
        [`/receptance${ffn}/MatMul`]: 'ffn.receptance',
        [`/value${ffn}/MatMul`]: 'ffn.value',
      });
    });
    expectSound(opened, 'id', 'logits');
    expect(opened.layers.length).toBe(6 * 7 + 1);
  });

  test('opt_char: 6 transformer blocks, masks and positions beside the path', () => {
    const opened = sample('opt_char');
    expect(opened.blocks.map((block) => [block.name, block.kind])).toEqual([0, 1, 2, 3, 4, 5].map((i) => [`layers.${i}`, 'transformer']));
    opened.blocks.forEach((block, i) => {
      expect([...block.roles.values()]).toEqual(['q', 'k', 'v', 'out', 'up', 'down']);
      expect(block.layers).toEqual(['q_proj', 'k_proj', 'v_proj', 'out_proj', 'fc1', 'fc2'].map((part) => `/layers.${i}/${part}/MatMul`));
    });
    expectSound(opened, 'ids', 'logits');
  });

  test.each(['rwkv_char_step', 'opt_char'])('%s keeps its blocks, names and roles when two of three sites get a threshold', (name) => {
    const model = readModel(bytesOf(materialModels.find((s) => s.name === name)?.path ?? '')).value;
    if (model === undefined) throw new Error('no model');
    const layers = findLayers(model.graph, inferShapes(model.graph));
    const blocks = findBlocks(model.graph, layers);
    const { sites } = findSites(model.graph, layers, blocks);
    const thresholds = sites.flatMap(({ id, axis, channels }, i) =>
      i % 3 === 1
        ? []
        : [{ site: id, axis, threshold: new Float32Array([0.1]), centre: i % 4 === 0 ? new Float32Array(channels).fill(0.2) : null }],
    );
    const { graph } = withThresholds(model, thresholds, layers);
    const again = findBlocks(graph, findLayers(graph, inferShapes(graph)));
    expect(graph.nodes.length).toBeGreaterThan(model.graph.nodes.length + thresholds.length);
    expect(again.map(({ name, kind, roles }) => ({ name, kind, roles }))).toEqual(
      blocks.map(({ name, kind, roles }) => ({ name, kind, roles })),
    );
  });

  test.each([
    ['resnet8_fashion', 3, ['layers/layers.0', 'layers/layers.1', 'layers/layers.2']],
    ['resnet8_fashion_bn', 3, ['layers/layers.0', 'layers/layers.1', 'layers/layers.2']],
    ['light_squeezenet', 8, ['fire2', 'fire3', 'fire4', 'fire5', 'fire6', 'fire7', 'fire8', 'fire9']],
  ])('%s: its units, with and without a projection', (name, count, names) => {
    const { blocks } = sample(name);
    expect(blocks.map((block) => block.name)).toEqual(names);
    expect(blocks.every((block) => block.kind === 'repeated' && block.roles.size === 0)).toBe(true);
    expect(blocks).toHaveLength(count);
  });

  test('light_resnet50: 3 + 4 + 6 + 3 bottleneck units, the first of each stage with a fourth convolution', () => {
    const { blocks } = sample('light_resnet50');
    expect(blocks.map((block) => block.layers.length)).toEqual([4, 3, 3, 4, 3, 3, 3, 4, 3, 3, 3, 3, 3, 4, 3, 3]);
    expect(blocks[3]?.name).toBe('block 3');
  });

  test.each(['mlp_digits', 'lenet5_fashion', 'gru_fsdd', 'ort_mnist', 'ort_scan_1'])('%s has no blocks', (name) => {
    expect(sample(name).blocks).toEqual([]);
  });
});

describe('built models', () => {
  test('a packed query, key and value and a gated feed-forward part', () => {
    const model = new BlockModel();
    const first = packedGatedBlock(model, model.embed());
    const second = packedGatedBlock(model, first.out);
    const opened = open(model.bytes(model.dense(model.norm(second.out))));
    expect(opened.blocks.map((block) => [block.name, block.kind])).toEqual([
      ['block 0', 'transformer'],
      ['block 1', 'transformer'],
    ]);
    expect(opened.blocks.map(rolesOf)).toEqual([first.roles, second.roles]);
    expect(opened.blocks.map((block) => block.output)).toEqual([first.out, second.out]);
    expectSound(opened, 'ids', 'logits');
  });

  test('one layer that makes two of query, key and value', () => {
    const model = new BlockModel();
    let x = model.embed();
    const w = model.width;
    const roles: Record<string, string>[] = [];
    for (let i = 0; i < 2; i++) {
      const normed = model.norm(x);
      const [both, v] = [model.dense(normed), model.dense(normed)];
      const middle = model.op('Add', [x, model.dense(model.attention(both, both, v))]);
      const [q, pair] = [model.dense(model.norm(middle)), model.dense(model.norm(middle), w, 2 * w)];
      const [key = '', value = ''] = model.split(pair, 2);
      x = model.op('Add', [middle, model.dense(model.attention(q, key, value))]);
      roles.push({ [both]: 'qk', [v]: 'v', [q]: 'q', [pair]: 'kv' });
    }
    const { blocks } = open(model.bytes(model.dense(x)));
    expect(blocks.map((block) => block.kind)).toEqual(['transformer', 'transformer']);
    blocks.forEach((block, i) => expect(rolesOf(block)).toMatchObject(roles[i] ?? {}));
  });

  test('queries that are keys, too', () => {
    const model = new BlockModel();
    let x = model.embed();
    for (let i = 0; i < 2; i++) {
      const [both, v] = [model.dense(x), model.dense(x)];
      x = model.norm(model.op('Add', [x, model.dense(model.attention(both, both, v))]));
    }
    const { blocks } = open(model.bytes(model.dense(x)));
    expect(blocks.map((block) => [block.kind, ...block.roles.values()])).toEqual(Array(2).fill(['transformer', 'qk', 'v', 'out']));
  });

  test('norms behind the sums, a past beside the path, and a layer that feeds a state only', () => {
    const model = new BlockModel();
    const first = postNormBlock(model, model.norm(model.embed()));
    const second = postNormBlock(model, first.out);
    const third = postNormBlock(model, second.out);
    // The states come first among the outputs: the scores are those that most layers lead to.
    const opened = open(model.bytes(model.dense(third.out), [first.state, second.state, third.state]));
    expect(opened.blocks.map(rolesOf)).toEqual([first.roles, second.roles, third.roles]);
    expect(opened.blocks.map((block) => [block.layers.length, block.output])).toEqual([
      [7, first.out],
      [7, second.out],
      [7, third.out],
    ]);
    expectSound(opened, 'ids', 'logits');
  });

  test('a threshold before one layer of one block makes no difference', () => {
    const model = new BlockModel();
    const x = model.embed();
    const first = packedGatedBlock(model, x);
    const inner = model.norm(first.out);
    const centred = model.op('Sub', [inner, model.stored([model.width])]);
    const passes = model.op('Greater', [model.op('Abs', [centred]), model.stored([model.width])]);
    const qkv = model.dense(model.op('Where', [passes, centred, model.stored([1])]), model.width, 3 * model.width);
    const [q = '', k = '', v = ''] = model.split(qkv, 3);
    const middle = model.op('Add', [first.out, model.dense(model.attention(q, k, v))]);
    const normed = model.norm(middle);
    const gate = model.dense(normed, model.width, 2 * model.width);
    const silu = model.op('Mul', [model.op('Sigmoid', [gate]), gate]);
    const down = model.dense(model.op('Mul', [model.dense(normed, model.width, 2 * model.width), silu]), 2 * model.width, model.width);
    const opened = open(model.bytes(model.dense(model.op('Add', [middle, down]))));
    expect(opened.blocks.map((block) => [...block.roles.values()].sort())).toEqual([
      ['down', 'gate', 'out', 'qkv', 'up'],
      ['down', 'gate', 'out', 'qkv', 'up'],
    ]);
    expect(opened.blocks[1]?.roles.get(gate)).toBe('gate');
  });

  test('ids that are reshaped before they index a table are the tokens; a float state declared before them is not the input', () => {
    const model = new BlockModel();
    const table = model.op('Identity', [model.stored([9, model.width])]);
    model.makeMask();
    const ids = model.op('Reshape', [model.op('Cast', ['ids'], { to: 6 }), model.integers([1, -1])]);
    let x = model.op('Gather', [table, ids]);
    const outputs: string[] = [];
    for (let i = 0; i < 3; i++) outputs.push((x = postNormBlock(model, x).out));
    const opened = open(model.bytes(model.dense(x)));
    expect(opened.blocks.map((block) => block.output)).toEqual(outputs);
  });

  test('a chain of equal layers is no block, nor is one block alone', () => {
    const chain = new BlockModel();
    let x = chain.embed();
    for (let i = 0; i < 6; i++) {
      const y = chain.dense(x);
      x = chain.op('Mul', [y, chain.op('Sigmoid', [y])]);
    }
    expect(open(chain.bytes(x)).blocks).toEqual([]);
    const lone = new BlockModel();
    expect(open(lone.bytes(lone.dense(packedGatedBlock(lone, lone.embed()).out))).blocks).toEqual([]);
  });

  test('any number of blocks of either kind, one kind behind the other', () => {
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 5 }), fc.integer({ min: 0, max: 5 }), (packed, post) => {
        const model = new BlockModel();
        let x = model.embed();
        const outputs: string[] = [];
        for (let i = 0; i < packed; i++) outputs.push((x = packedGatedBlock(model, x).out));
        for (let i = 0; i < post; i++) outputs.push((x = postNormBlock(model, x).out));
        const opened = open(model.bytes(model.dense(x)));
        expectSound(opened, 'ids', 'logits');
        const expected = outputs.filter((_, i) => (i < packed ? packed : post) > 1);
        expect(opened.blocks.map((block) => block.output)).toEqual(expected);
      }),
      { seed: 20261121, numRuns: 40 },
    );
  });

  test('any motif, once or repeated: what is found cuts the path', () => {
    const op = fc.constantFrom('dense', 'dense', 'Add', 'Mul', 'Relu', 'Softmax', 'MatMul', 'Sub', 'Greater', 'LayerNormalization');
    const step = fc.tuple(op, fc.nat({ max: 5 }), fc.nat({ max: 5 }));
    const motif = fc.array(step, { minLength: 1, maxLength: 8 });
    fc.assert(
      fc.property(fc.array(fc.tuple(motif, fc.integer({ min: 1, max: 4 })), { minLength: 1, maxLength: 3 }), (parts) => {
        const model = new BlockModel();
        let x = model.embed();
        for (const [steps, times] of parts) {
          for (let n = 0; n < times; n++) {
            // Operands are counted back from the last value of this motif, so that it has branches of any kind.
            const values = [x];
            const back = (i: number): string => values.at(-1 - (i % values.length)) ?? x;
            for (const [type, i, j] of steps) {
              if (type === 'dense') values.push(model.dense(back(i)));
              else if (type === 'LayerNormalization') values.push(model.norm(back(i)));
              else if (type === 'Relu' || type === 'Softmax') values.push(model.op(type, [back(i)]));
              else if (type === 'Greater')
                values.push(model.op('Where', [model.op('Greater', [back(i), back(j)]), back(i), model.stored([1])]));
              else values.push(model.op(type, [back(i), back(j)]));
            }
            x = values.at(-1) ?? x;
          }
        }
        expectSound(open(model.bytes(model.dense(x))), 'ids', 'logits');
      }),
      { seed: 20261121, numRuns: 300 },
    );
  });

  test('5000 layers', () => {
    const model = new BlockModel();
    let x = model.embed();
    for (let i = 0; i < 1000; i++) x = packedGatedBlock(model, x).out;
    const opened = open(model.bytes(model.dense(x)));
    expect(opened.layers).toHaveLength(5001);
    expect(opened.blocks).toHaveLength(1000);
    expect(opened.blocks.every((block) => block.roles.size === 5)).toBe(true);
  });

  test('graphs made to be slow: endless chains, thousands of heads and of layers between two cuts', () => {
    const chain = new BlockModel();
    let x = chain.embed();
    for (let i = 0; i < 20_000; i++) x = chain.op(i % 3 === 0 ? 'Tanh' : 'Relu', [x]);
    expect(open(chain.bytes(chain.dense(chain.dense(x)))).blocks).toEqual([]);

    const heads = new BlockModel();
    let y = heads.embed();
    for (let block = 0; block < 2; block++) {
      let sum = y;
      for (let i = 0; i < 4000; i++) sum = heads.op('Add', [sum, heads.attention(y, sum, y)]);
      y = heads.op('Add', [heads.dense(sum), y]);
    }
    expect(open(heads.bytes(heads.dense(y))).blocks.map((block) => block.layers.length)).toEqual([1, 1]);

    const wide = new BlockModel();
    let z = wide.embed();
    for (let block = 0; block < 2; block++) {
      const start = z;
      for (let i = 0; i < 2000; i++) z = wide.op('Add', [z, wide.op('Softmax', [wide.dense(start)])]);
    }
    const opened = open(wide.bytes(wide.dense(z)));
    expect(opened.blocks.map((block) => [block.kind, block.layers.length])).toEqual([
      ['repeated', 2000],
      ['repeated', 2000],
    ]);
  });

  test('a hundred thousand pieces with patterns that occur nowhere else', () => {
    const items: RepeatItem[] = [];
    const piece = (signature: number, layers: number): number => items.push({ signature, layers, branches: true });
    while (items.length < 99_000) {
      for (let i = 0; i < 3; i++) piece(0, 5);
      for (let i = 0; i < 8; i++) piece(items.length - (i % 2), 1);
    }
    const spans = findRepeats(items);
    expect(spans.filter(({ start }) => items[start]?.signature === 0)).toHaveLength(3 * 9000);
    expect(spans.every(({ start, end }) => end - start === 1)).toBe(true);
  });
});
