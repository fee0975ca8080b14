import { create } from '@bufbuild/protobuf';
import fc from 'fast-check';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, test } from 'vitest';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { weightChangesJob } from '../../../solver-core/jobs/weight-changes.ts';
import { weightsJob } from '../../../solver-core/jobs/weights.ts';
import { TensorProto_DataLocation, TensorProto_DataType as T, TensorProtoSchema } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import type { NodeProto, TensorProto } from '../../../solver-core/onnx/gen/onnx_pb.ts';
import { weightsText } from '../../../solver-core/report/weights-text.ts';
import type { WeightsDocument } from '../../../solver-core/protocol/index.ts';
import { tolerances } from '../../tolerances.ts';
import { hasNumpy, numpy } from '../data/numpy.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import { numbers } from '../onnx/qdq-models.ts';
import { expectGolden } from '../report/golden.ts';

const folder = mkdtempSync(join(tmpdir(), 'tierwise-weights-test-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));
const environment = createEnvironment('0', join(folder, 'solver.cjs'));

const tensor = (name: string, dataType: number, dims: readonly number[], rawData: Uint8Array): TensorProto =>
  create(TensorProtoSchema, { name, dims: dims.map(BigInt), dataType, rawData });
const bytesOf = (data: ArrayBufferView): Uint8Array => new Uint8Array(data.buffer, data.byteOffset, data.byteLength);

/** A model of one MatMul "layer" that reads [n, rows] and whose weight is what `nodes` make of `stored`, by the name "w" or another. */
function write(
  name: string,
  stored: readonly TensorProto[],
  dims: readonly [number, number],
  nodes: readonly NodeProto[] = [],
  weight = 'w',
): string {
  const path = join(folder, name);
  const [rows, columns] = dims;
  const bytes = modelBytes(
    {
      node: [...nodes, node('MatMul', ['x', weight], ['y'], {}, 'layer')],
      initializer: [...stored],
      input: [value('x', ['n', rows])],
      output: [value('y', ['n', columns])],
    },
    21,
    { irVersion: 10n },
  );
  writeFileSync(path, bytes);
  return path;
}

const count = (path: string, more: { readonly before?: string; readonly bins?: number } = {}): Promise<WeightsDocument> =>
  weightsJob(environment, { path, layer: 'layer', ...more });

/** What numpy says of the same numbers, with the same edges. */
interface Said {
  readonly min: number;
  readonly max: number;
  readonly mean: number;
  readonly standardDeviation: number;
  readonly zeros: number;
  readonly nearZeros: number;
  readonly nonFinite: number;
  readonly counts: readonly number[];
}

function said(values: readonly number[], edges: readonly number[]): Said {
  writeFileSync(join(folder, 'values.f64'), bytesOf(Float64Array.from(values)));
  writeFileSync(join(folder, 'edges.f64'), bytesOf(Float64Array.from(edges)));
  return numpy(
    folder,
    `
a = np.fromfile('values.f64'); e = np.fromfile('edges.f64'); f = a[np.isfinite(a)]
print(json.dumps(dict(min=f.min(), max=f.max(), mean=f.mean(), standardDeviation=f.std(), zeros=int((f == 0).sum()),
  nearZeros=int(((np.abs(f) < np.abs(f).max() / 100) | (f == 0)).sum()), nonFinite=int((~np.isfinite(a)).sum()),
  counts=np.histogram(f, e)[0].tolist())))`,
  ) as Said;
}

function expectAgreement(document: WeightsDocument, values: readonly number[]): void {
  const oracle = said(values, document.edges);
  const { figures } = document;
  expect(figures).toMatchObject({
    count: values.length,
    min: oracle.min,
    max: oracle.max,
    zeros: oracle.zeros,
    nearZeros: oracle.nearZeros,
    nonFinite: oracle.nonFinite,
  });
  expect(document.counts).toEqual(oracle.counts);
  const size = Math.max(Math.abs(oracle.min), Math.abs(oracle.max));
  const near = tolerances.sumFp64.relative * size;
  expect(Math.abs((figures.mean ?? NaN) - oracle.mean)).toBeLessThanOrEqual(near);
  expect(Math.abs((figures.standardDeviation ?? NaN) - oracle.standardDeviation)).toBeLessThanOrEqual(near);
}

const rows = 37;
const columns = 23;
const total = rows * columns;
const draw = numbers(5);
const real = Array.from({ length: total }, (_, i) => (i % 11 === 0 ? 0 : draw() * 3));

describe.skipIf(!hasNumpy)('numpy counts the same weights', () => {
  test('float32 and float64, with values that are not finite', async () => {
    const single = Float32Array.from(real);
    single.set([NaN, Infinity, -Infinity], 7);
    expectAgreement(await count(write('f32.onnx', [tensor('w', T.FLOAT, [rows, columns], bytesOf(single))], [rows, columns])), [...single]);
    const double = Float64Array.from(real, (x) => 1e9 + x);
    expectAgreement(await count(write('f64.onnx', [tensor('w', T.DOUBLE, [rows, columns], bytesOf(double))], [rows, columns])), [
      ...double,
    ]);
  });

  test('float16 as numpy decodes its bits', async () => {
    const bits = Uint16Array.from({ length: total }, (_, i) => (i * 79 + 5) & 0xffff);
    writeFileSync(join(folder, 'bits.u16'), bytesOf(bits));
    const values = numpy(folder, `print(json.dumps([str(x) for x in np.fromfile('bits.u16', '<f2').astype('f8')]))`) as string[];
    const read = values.map((text) => Number(text.replace('inf', 'Infinity')));
    expectAgreement(await count(write('f16.onnx', [tensor('w', T.FLOAT16, [rows, columns], bytesOf(bits))], [rows, columns])), read);
  });

  test('bfloat16 as the upper half of a float32', async () => {
    const bits = Uint16Array.from({ length: total }, (_, i) => (i * 1021) & 0xffff);
    writeFileSync(join(folder, 'bits.u16'), bytesOf(bits));
    const script = `a = np.fromfile('bits.u16', '<u2').astype('u4') << 16; print(json.dumps([repr(float(x)) for x in a.view('f4')]))`;
    const read = (numpy(folder, script) as string[]).map((text) => Number(text.replace('inf', 'Infinity')));
    expectAgreement(await count(write('bf16.onnx', [tensor('w', T.BFLOAT16, [rows, columns], bytesOf(bits))], [rows, columns])), read);
  });

  test('int8, uint8 and int4 behind DequantizeLinear stand for real numbers', async () => {
    const integers = Array.from({ length: total }, (_, i) => ((i * 37) % 255) - 127);
    const scales = Float32Array.from({ length: columns }, (_, i) => 0.01 * (i + 1));
    const dequantise = (zero: string, attributes: { axis?: number; block_size?: number } = {}): NodeProto =>
      node('DequantizeLinear', ['q', 's', zero], ['w'], attributes);
    const signed = [
      tensor('q', T.INT8, [rows, columns], bytesOf(Int8Array.from(integers))),
      tensor('s', T.FLOAT, [columns], bytesOf(scales)),
      tensor('z', T.INT8, [columns], bytesOf(Int8Array.from(scales, (_, i) => i - 3))),
    ];
    const perColumn = integers.map((q, i) => Math.fround((q - ((i % columns) - 3)) * scales[i % columns]!));
    expectAgreement(await count(write('int8.onnx', signed, [rows, columns], [dequantise('z', { axis: 1 })])), perColumn);

    const unsigned = [
      tensor(
        'q',
        T.UINT8,
        [rows, columns],
        Uint8Array.from(integers, (q) => q + 127),
      ),
      tensor('s', T.FLOAT, [], bytesOf(Float32Array.of(0.5))),
      tensor('z', T.UINT8, [], Uint8Array.of(127)),
    ];
    expectAgreement(
      await count(write('uint8.onnx', unsigned, [rows, columns], [dequantise('z')])),
      integers.map((q) => q / 2),
    );

    const small = Array.from({ length: total }, (_, i) => ((i * 5) % 16) - 8);
    const packed = new Uint8Array(Math.ceil(total / 2));
    small.forEach((q, i) => (packed[i >> 1]! |= (q & 0xf) << (4 * (i & 1))));
    // Ten rows share a scale in every column.
    const blocks = Float32Array.from({ length: 4 * columns }, (_, i) => 0.1 + i / 64);
    const four = [tensor('q', T.INT4, [rows, columns], packed), tensor('s', T.FLOAT, [4, columns], bytesOf(blocks))];
    const inBlocks = small.map((q, i) => Math.fround(q * blocks[Math.floor(Math.floor(i / columns) / 10) * columns + (i % columns)]!));
    const path = write('int4.onnx', four, [rows, columns], [dequantise('', { axis: 0, block_size: 10 })]);
    expectAgreement(await count(path), inBlocks);
  });

  test('external data of several slices, beside an earlier model', async () => {
    const [tall, wide] = [521, 389];
    const next = numbers(9);
    const after = Float32Array.from({ length: tall * wide }, () => next());
    const before = after.map((x, i) => (i % 3 === 0 ? 0 : x * 1.5));
    const beside = (file: string, data: Float32Array): string => {
      writeFileSync(join(folder, `${file}.bin`), Buffer.concat([Buffer.alloc(16), bytesOf(data)]));
      const stored = create(TensorProtoSchema, {
        name: 'w',
        dims: [BigInt(tall), BigInt(wide)],
        dataType: T.FLOAT,
        dataLocation: TensorProto_DataLocation.EXTERNAL,
        externalData: [
          { key: 'location', value: `${file}.bin` },
          { key: 'offset', value: '16' },
        ],
      });
      return write(`${file}.onnx`, [stored], [tall, wide]);
    };
    const document = await count(beside('after', after), { before: beside('before', before), bins: 100 });
    expectAgreement(document, [...after]);
    expect(document.before?.counts).toEqual(said([...before], document.edges).counts);
    writeFileSync(join(folder, 'a.f32'), bytesOf(after));
    writeFileSync(join(folder, 'b.f32'), bytesOf(before));
    const change = numpy(
      folder,
      `a, b = (np.fromfile(n, 'f4').astype('f8') for n in ('a.f32', 'b.f32')); print(json.dumps(np.linalg.norm(a - b) / np.linalg.norm(b)))`,
    ) as number;
    expect(Math.abs((document.before?.relativeChange ?? NaN) / change - 1)).toBeLessThanOrEqual(tolerances.sumFp64.relative);
    const changes = await weightChangesJob(environment, { path: join(folder, 'after.onnx'), before: join(folder, 'before.onnx') });
    expect(changes).toMatchObject({
      leftOut: 0,
      layers: [{ id: 'layer', status: 'changed', count: tall * wide, zeros: { before: Math.ceil((tall * wide) / 3), after: 0 } }],
    });
    expect(Math.abs((changes.layers[0]?.relativeChange ?? NaN) / change - 1)).toBeLessThanOrEqual(tolerances.sumFp64.relative);
  });
});

const doubles = (name: string, values: readonly number[]): string =>
  write(name, [tensor('w', T.DOUBLE, [values.length, 1], bytesOf(Float64Array.from(values)))], [values.length, 1]);

test('whatever the numbers: counts add up, edges ascend and hold them, figures are finite', async () => {
  let run = 0;
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.double(), { minLength: 1, maxLength: 40 }),
      fc.array(fc.double(), { minLength: 1, maxLength: 40 }),
      fc.integer({ min: 8, max: 512 }),
      async (values, others, bins) => {
        const beforeValues = values.map((_, i) => others[i % others.length]!);
        const [after, before] = [doubles(`p${run}.onnx`, values), doubles(`q${run++}.onnx`, beforeValues)];
        const document = await count(after, { before, bins });
        expect(document.edges).toHaveLength(bins + 1);
        document.edges.forEach((edge, i) => expect(Number.isFinite(edge) && (i === 0 || edge > document.edges[i - 1]!)).toBe(true));
        for (const [given, figures, counts] of [
          [values, document.figures, document.counts],
          [beforeValues, document.before!.figures, document.before!.counts],
        ] as const) {
          const finite = given.filter(Number.isFinite);
          expect(counts.reduce((a, b) => a + b, 0)).toBe(finite.length);
          expect(figures.nonFinite).toBe(given.length - finite.length);
          expect(figures.min).toBe(finite.length === 0 ? null : Math.min(...finite));
          expect(figures.zeros).toBe(finite.filter((x) => x === 0).length);
          if (finite.length > 0) expect([figures.mean, figures.standardDeviation].every((x) => Number.isFinite(x))).toBe(true);
        }
        const same = await count(after, { before: after, bins });
        expect(same.before?.counts).toEqual(same.counts);
        expect(same.before?.relativeChange ?? 0).toBe(0);
      },
    ),
    { seed: 11, numRuns: 60 },
  );
});

test('a weight stored transposed is compared value by value', async () => {
  const plain = write('plain.onnx', [floats('w', [3, 5], (i) => i)], [3, 5]);
  const turned = write(
    'turned.onnx',
    [floats('t', [5, 3], (i) => (i % 3) * 5 + Math.floor(i / 3))],
    [3, 5],
    [node('Transpose', ['t'], ['w'], { perm: [1, 0] })],
  );
  expect((await count(plain, { before: turned })).before?.relativeChange).toBe(0);
  expect((await count(turned, { before: plain })).before?.relativeChange).toBe(0);
  const other = write('other.onnx', [floats('w', [3, 4], (i) => i)], [3, 4]);
  expect((await count(plain, { before: other })).before).toBeNull();
  const changes = await weightChangesJob(environment, { path: plain, before: other });
  expect(changes.layers.map((layer) => layer.status)).toEqual(['unknown']);
});

test('what cannot be counted is said with a code', async () => {
  const path = write('plain.onnx', [floats('w', [3, 5], (i) => i)], [3, 5]);
  await expect(weightsJob(environment, { path, layer: 'nobody' })).rejects.toMatchObject({ code: 'unknown-layer' });
  for (const bins of [7, 513, 1.5, NaN]) await expect(count(path, { bins })).rejects.toMatchObject({ code: 'bad-bins' });
  const short = write('short.onnx', [tensor('w', T.FLOAT, [3, 5], new Uint8Array(8))], [3, 5]);
  await expect(count(short)).rejects.toMatchObject({ code: 'tensor-size-mismatch' });
  const eight = write('eight.onnx', [tensor('w', T.FLOAT8E4M3FN, [3, 5], new Uint8Array(15))], [3, 5]);
  await expect(count(eight)).rejects.toMatchObject({ code: 'tensor-not-numeric' });
  const outside = create(TensorProtoSchema, {
    name: 'w',
    dims: [3n, 5n],
    dataType: T.FLOAT,
    dataLocation: TensorProto_DataLocation.EXTERNAL,
    externalData: [{ key: 'location', value: '../secret.bin' }],
  });
  await expect(count(write('outside.onnx', [outside], [3, 5]))).rejects.toMatchObject({ code: 'external-data-outside' });
  writeFileSync(join(folder, 'no-model.onnx'), 'nothing');
  await expect(count(join(folder, 'no-model.onnx'))).rejects.toMatchObject({ name: 'TierwiseError' });
  await expect(count(path, { before: join(folder, 'absent.onnx') })).rejects.toMatchObject({ code: 'file-not-found' });
  await expect(weightsJob(environment, { path, layer: 'layer' }, { abort: { aborted: true } })).rejects.toMatchObject({
    name: 'AbortError',
  });
});

test('the text draws both sides', async () => {
  const path = write('text.onnx', [floats('w', [4, 8], (i) => Math.sin(i))], [4, 8]);
  const before = write('text-before.onnx', [floats('w', [4, 8], (i) => (i % 4 === 0 ? 0 : Math.cos(i)))], [4, 8]);
  const stable = (text: string): string => text.replaceAll(folder, '<folder>');
  const alone = weightsText(await count(path, { bins: 8 }));
  const both = weightsText(await count(path, { bins: 16, before }));
  expectGolden('report/weights.txt', stable(`${alone}\n${both}`));
});
