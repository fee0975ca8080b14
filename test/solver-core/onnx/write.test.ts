import { describe, expect, test } from 'vitest';
import {
  encodeModel,
  modelMetadata,
  readModel,
  readTensor,
  withGraphOutputs,
  withInitializers,
  withMetadata,
  type OnnxModel,
} from '../../../solver-core/onnx/index.ts';
import { TensorProto_DataType as T } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import { floats, int64s, modelBytes, node } from './build-model.ts';
import { bytesOf, fixtures, materialModels } from './material.ts';
import { runInOrt } from './ort-oracle.ts';

function open(bytes: Uint8Array): OnnxModel {
  const { value: model, diagnostics } = readModel(bytes);
  if (model === undefined) throw new Error(JSON.stringify(diagnostics));
  return model;
}

const samples = [...fixtures, ...materialModels];
const one = (): number => 1;

/** Field 1000 of the model, a length-delimited text: no published field has this number. */
const unknownField = new Uint8Array([0xc2, 0x3e, 5, ...new TextEncoder().encode('extra')]);

function append(a: Uint8Array, b: Uint8Array): Uint8Array {
  const out = new Uint8Array(a.length + b.length);
  out.set(a);
  out.set(b, a.length);
  return out;
}

describe.each(samples)('$name', ({ path }) => {
  test('an unchanged model keeps its bytes, unknown fields included', () => {
    const original = bytesOf(path);
    expect(Buffer.compare(encodeModel(open(original)), original)).toBe(0);
    const extended = append(original, unknownField);
    expect(Buffer.compare(encodeModel(open(extended)), extended)).toBe(0);
  });

  test('reading copies no weight', () => {
    const original = bytesOf(path);
    const tensors = open(original).proto.graph?.initializer ?? [];
    expect(tensors.every((t) => t.rawData === undefined || t.rawData.length === 0 || t.rawData.buffer === original.buffer)).toBe(true);
  });

  test('ONNX Runtime gives the same bits after a rewrite with other metadata', async () => {
    const original = bytesOf(path);
    const copy = encodeModel(withMetadata(open(original), { 'tierwise.test': 'yes' }));
    const sizes = (name: string): number => (name === 'past_seq_len' ? 0 : 1);
    expect(await runInOrt(copy, sizes)).toEqual(await runInOrt(original, sizes));
  });
});

describe('withInitializers', () => {
  const mlp = bytesOf(fixtures[0]?.path ?? '');

  test('replaces the values of the named tensors and nothing else', async () => {
    const model = open(mlp);
    const bias = Float32Array.from({ length: 10 }, (_, i) => i);
    const changed = withInitializers(
      model,
      new Map([
        ['net.4.bias', { dims: [10], data: bias }],
        ['net.4.weight', { dims: [10, 32], data: new Float32Array(320) }],
      ]),
    );
    const reopened = open(encodeModel(changed));
    expect(readTensor(reopened, 'net.4.bias').value?.data).toEqual(bias);
    // With zero weights the logits are the bias.
    const logits = (await runInOrt(encodeModel(changed), one)).get('logits');
    expect(new Float32Array(logits?.bytes.buffer ?? new ArrayBuffer(0))).toEqual(bias);
    // All other tensors are shared, the old model is untouched, and names keep their places.
    const [before, after] = [model.proto.graph?.initializer ?? [], changed.proto.graph?.initializer ?? []];
    expect(after.map((t) => t.name)).toEqual(before.map((t) => t.name));
    expect(after.filter((t, i) => t !== before[i]).map((t) => t.name)).toEqual(['net.4.weight', 'net.4.bias']);
    expect(Buffer.compare(encodeModel(model), mlp)).toBe(0);
  });

  test('keeps the element type: doubles into float32, float16 and float64, rounded to nearest', () => {
    const half = { ...floats('h', [3]), dataType: T.FLOAT16, rawData: new Uint8Array(6) };
    const double = { ...floats('d', [3]), dataType: T.DOUBLE, rawData: new Uint8Array(24) };
    const model = open(modelBytes({ initializer: [floats('s', [3]), half, double] }));
    const data = Float64Array.of(1 / 3, 65504, 2 ** -24);
    const changed = open(encodeModel(withInitializers(model, new Map(['s', 'h', 'd'].map((name) => [name, { dims: [3], data }])))));
    expect(changed.graph.initializers.get('h')?.dtype).toBe('float16');
    expect([...(readTensor(changed, 's').value?.data ?? [])]).toEqual([Math.fround(1 / 3), 65504, 2 ** -24]);
    expect([...(readTensor(changed, 'h').value?.data ?? [])]).toEqual([1365 * 2 ** -12, 65504, 2 ** -24]);
    expect([...(readTensor(changed, 'd').value?.data ?? [])]).toEqual([...data]);
  });

  test('values typed in float_data, and those of Constant nodes, are replaced, too', () => {
    const typed = { ...floats('a', [2]), rawData: undefined as never, floatData: [1, 2] };
    delete (typed as { rawData?: unknown }).rawData;
    const model = open(
      modelBytes({ initializer: [typed], node: [node('Constant', [], ['c'], { value: { tensor: floats('', [2], (i) => i) } })] }),
    );
    expect([...(readTensor(model, 'a').value?.data ?? [])]).toEqual([1, 2]);
    expect([...(readTensor(model, 'c').value?.data ?? [])]).toEqual([0, 1]);
    const data = Float32Array.of(7, 8);
    const changed = open(
      encodeModel(
        withInitializers(
          model,
          new Map([
            ['a', { dims: [2], data }],
            ['c', { dims: [2], data }],
          ]),
        ),
      ),
    );
    expect(['a', 'c'].map((name) => [...(readTensor(changed, name).value?.data ?? [])])).toEqual([
      [7, 8],
      [7, 8],
    ]);
  });

  test('refuses our own mistakes: unknown names, wrong sizes, integer tensors', () => {
    const model = open(modelBytes({ initializer: [floats('w', [2]), int64s('i', [1])] }));
    const put = (name: string, n: number) => () => withInitializers(model, new Map([[name, { dims: [2], data: new Float32Array(n) }]]));
    expect(put('nope', 2)).toThrow('no stored tensor');
    expect(put('w', 3)).toThrow('3 values do not fill [2]');
    expect(put('i', 2)).toThrow('int64');
  });
});

describe('withGraphOutputs and withMetadata', () => {
  test('added outputs are computed by ONNX Runtime and inferred here', async () => {
    const model = withGraphOutputs(open(bytesOf(fixtures[0]?.path ?? '')), [
      '/net/net.0/Gemm_output_0',
      '/net/net.1/Relu_output_0',
      'logits',
    ]);
    const outputs = await runInOrt(encodeModel(model), () => 3);
    expect([...outputs].map(([name, t]) => [name, t.dims])).toEqual([
      ['logits', [3, 10]],
      ['/net/net.0/Gemm_output_0', [3, 64]],
      ['/net/net.1/Relu_output_0', [3, 64]],
    ]);
    expect(() => withGraphOutputs(model, ['nope'])).toThrow('no value named nope');
  });

  test('metadata of equal keys is replaced in place, others stay', () => {
    const bytes = modelBytes({}, 17, {
      metadataProps: [
        { key: 'a', value: '1' },
        { key: 'b', value: '2' },
        { key: 'a', value: '3' },
      ],
    });
    const model = withMetadata(open(bytes), { a: 'x', c: 'y', constructor: 'z' });
    expect([...modelMetadata(open(encodeModel(model)))]).toEqual([
      ['a', 'x'],
      ['b', '2'],
      ['c', 'y'],
      ['constructor', 'z'],
    ]);
  });
});
