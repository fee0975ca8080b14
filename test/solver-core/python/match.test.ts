import { describe, expect, test } from 'vitest';
import { isConvincing, matchLayers } from '../../../solver-core/python/match.ts';
import type { ModelLayer, SourceLayer } from '../../../solver-core/python/match.ts';
import { pathsOf } from '../../../solver-core/python/match-names.ts';

describe('paths of attributes, from the names that exporters write', () => {
  test.each([
    ['fc1.weight', '/fc1/Gemm', ['fc1']],
    ['net.0.weight', '/net/net.0/Gemm', ['net.0']],
    ['layer1.0.conv1.weight', '/layer1/layer1.0/conv1/Conv', ['layer1.0.conv1']],
    ['onnx::MatMul_123', '/blocks.0/attn/qkv/MatMul', ['blocks.0.attn.qkv']],
    ['onnx::Conv_88', '/encoder/encoder.0/Conv', ['encoder.0']],
    ['fc1.weight', 'node_linear_3', ['fc1']],
    ['fc1.weight', 'Gemm_4', ['fc1']],
    ['module.fc1.weight', '/module/fc1/Gemm', ['fc1']],
    ['_orig_mod.head.weight', '', ['head']],
    ['fc1.weight_quantized', '/fc1/Gemm_quant', ['fc1']],
    ['sequential/dense/MatMul/ReadVariableOp:0', 'sequential/dense/MatMul', ['sequential.dense']],
    ['StatefulPartitionedCall/model/fc1/MatMul/ReadVariableOp:0', 'StatefulPartitionedCall/model/fc1/MatMul', ['model.fc1']],
    ['model/conv2d/Conv2D/ReadVariableOp:0', 'model/conv2d/Conv2D', ['model.conv2d']],
    ['model/fc1/kernel:0', 'x', ['model.fc1']],
    ['const_fold_opt__42', 'model/dense_1/MatMul', ['model.dense_1']],
    ['onnx::MatMul_1', 'MatMul_7', []],
    [null, '', []],
  ])('%s at %s', (weight, id, expected) => {
    expect(pathsOf(weight, id)).toEqual(expected);
  });
});

const source = (name: string, inputs: number | null, outputs: number | null): SourceLayer => ({
  name,
  aliases: [],
  facts: { ops: 'product', inputs, outputs },
});
const model = (weight: string | null, id: string, inputs: number, outputs: number): ModelLayer => ({
  id,
  op: 'Gemm',
  weight,
  inputs,
  outputs,
});

describe('matching', () => {
  const own = [source('a.fc1', 4, 8), source('a.fc2', 8, 8), source('head', 8, 2)];
  test('by names', () => {
    const theirs = [model('a.fc1.weight', 'n1', 4, 8), model('a.fc2.weight', 'n2', 8, 8), model('head.weight', 'n3', 8, 2)];
    expect(matchLayers(own, theirs)).toEqual({ layers: [0, 1, 2], named: 3, shaped: 0, conflicting: 0, turns: [] });
  });
  test('with a prefix that the export has added to all names', () => {
    const theirs = [model('net.head.weight', 'n3', 8, 2), model('net.a.fc1.weight', 'n1', 4, 8), model('net.a.fc2.weight', 'n2', 8, 8)];
    expect(matchLayers(own, theirs).layers).toEqual([1, 2, 0]);
  });
  test('with a part of the source alone', () => {
    const theirs = [model('fc1.weight', 'n1', 4, 8), model('fc2.weight', 'n2', 8, 8)];
    const match = matchLayers(own, theirs);
    expect(match.layers).toEqual([0, 1, null]);
    expect(isConvincing(match, own, theirs)).toBe(true);
  });
  test('a layer without a name by a shape that only it has', () => {
    const theirs = [model('a.fc1.weight', 'n1', 4, 8), model('a.fc2.weight', 'n2', 8, 8), model('onnx::MatMul_3', 'MatMul_9', 8, 2)];
    expect(matchLayers(own, theirs)).toEqual({ layers: [0, 1, 2], named: 2, shaped: 1, conflicting: 0, turns: [] });
  });
  test('equal shapes without names stay apart', () => {
    const two = [source('x', 4, 4), source('y', 4, 4)];
    const theirs = [model('onnx::MatMul_1', 'MatMul_1', 4, 4), model('onnx::MatMul_2', 'MatMul_2', 4, 4)];
    const match = matchLayers(two, theirs);
    expect(match.layers).toEqual([null, null]);
    expect(isConvincing(match, two, theirs)).toBe(false);
  });
  test('the same names with other shapes are another model', () => {
    const theirs = [model('a.fc1.weight', 'n1', 5, 8), model('a.fc2.weight', 'n2', 8, 9), model('head.weight', 'n3', 9, 2)];
    const match = matchLayers(own, theirs);
    expect([match.named, match.conflicting]).toEqual([0, 3]);
    expect(isConvincing(match, own, theirs)).toBe(false);
  });
  test('last parts that are counted, where the export lost the paths', () => {
    const deep = [source('b.0.key', 4, 4), source('b.0.value', 4, 6), source('b.1.key', 4, 4), source('b.1.value', 4, 6)];
    const theirs = ['/key/MatMul', '/value/MatMul', '/key_1/MatMul', '/value_1/MatMul'].map((id) =>
      model('onnx::MatMul_1', id, 4, id.includes('key') ? 4 : 6),
    );
    expect(matchLayers(deep, theirs).layers).toEqual([0, 1, 2, 3]);
  });
  test('turns of a loop that the source does not say', () => {
    const loop = [source('head', 8, 2), { ...source('blocks.0.fc', 8, 8), isUncertain: true }];
    const theirs = [0, 1, 2].map((i) => model(`net.blocks.${i}.fc.weight`, `b${i}`, 8, 8)).concat(model('net.head.weight', 'h', 8, 2));
    const match = matchLayers(loop, theirs);
    expect(match.layers).toEqual([3, 0]);
    expect(match.turns).toEqual([
      { at: 1, index: 1, name: 'blocks.1.fc' },
      { at: 1, index: 2, name: 'blocks.2.fc' },
    ]);
  });
  test('two layers of one loop with the same path stay as they are', () => {
    const loop = ['net.0', 'net.1'].map((name) => ({ ...source(name, null, null), isUncertain: true }));
    const theirs = [0, 1, 2, 3].map((i) => model(`net.${i}.weight`, `n${i}`, 4, 4));
    expect(matchLayers(loop, theirs).turns).toEqual([]);
  });
  test('many layers take no longer each', () => {
    const large = Array.from({ length: 5000 }, (_, i) => source(`blocks.${i}.fc`, 8, 8));
    const theirs = large.map(({ name }, i) => model(`m.${name}.weight`, `n${i}`, 8, 8));
    expect(matchLayers(large, theirs).named).toBe(5000);
  });
});
