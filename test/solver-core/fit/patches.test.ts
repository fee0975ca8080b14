import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { inputTensors } from '../../../solver-core/fit/activations.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import { linearRows, outputRows } from '../../../solver-core/fit/source-rows.ts';
import { ortRuntime } from '../../../solver-core/runtime/ort.ts';
import { tolerances } from '../../tolerances.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';
import type { AttributeValue } from '../onnx/build-model.ts';
import { openModel } from './digits.ts';

/** One convolution on inputs of a size. */
interface Geometry {
  readonly spatial: readonly number[];
  readonly kernel: readonly number[];
  readonly strides: readonly number[];
  readonly dilations: readonly number[];
  readonly pads: readonly number[];
  readonly autoPad: 'NOTSET' | 'VALID' | 'SAME_UPPER' | 'SAME_LOWER';
  readonly groups: number;
  readonly channelsPerGroup: number;
  readonly outputsPerGroup: number;
  readonly samples: number;
}

const geometry: fc.Arbitrary<Geometry> = fc.integer({ min: 1, max: 3 }).chain((rank) => {
  const dims = (min: number, max: number) => fc.array(fc.integer({ min, max }), { minLength: rank, maxLength: rank });
  return fc.record({
    spatial: dims(rank === 3 ? 4 : 5, rank === 3 ? 6 : 11),
    kernel: dims(1, 3),
    strides: dims(1, 3),
    dilations: dims(1, 2),
    pads: fc.array(fc.integer({ min: 0, max: 2 }), { minLength: 2 * rank, maxLength: 2 * rank }),
    autoPad: fc.constantFrom('NOTSET' as const, 'NOTSET' as const, 'VALID' as const, 'SAME_UPPER' as const, 'SAME_LOWER' as const),
    groups: fc.constantFrom(1, 1, 2, 3),
    channelsPerGroup: fc.integer({ min: 1, max: 3 }),
    outputsPerGroup: fc.integer({ min: 1, max: 3 }),
    samples: fc.integer({ min: 1, max: 4 }),
  });
});

function convModel(g: Geometry): Uint8Array {
  const outputs = g.groups * g.outputsPerGroup;
  const random = normals(createRandom(5, 'kernel'), outputs * g.channelsPerGroup * g.kernel.reduce((a, b) => a * b, 1));
  const attributes: Record<string, AttributeValue> = {
    kernel_shape: g.kernel,
    strides: g.strides,
    dilations: g.dilations,
    group: g.groups,
    ...(g.autoPad === 'NOTSET' ? { pads: g.pads } : { auto_pad: g.autoPad }),
  };
  return modelBytes({
    input: [value('x', ['n', g.groups * g.channelsPerGroup, ...g.spatial])],
    output: [value('y')],
    initializer: [floats('w', [outputs, g.channelsPerGroup, ...g.kernel], (i) => random[i]!)],
    node: [node('Conv', ['x', 'w'], ['y'], attributes)],
  });
}

/** Largest difference between the patches times the kernel and what ONNX Runtime computes. */
async function difference(g: Geometry): Promise<number> {
  const model = openModel(convModel(g));
  const form = model.layers[0]!.linear!;
  const shape = [g.groups * g.channelsPerGroup, ...g.spatial];
  const x = Float32Array.from(normals(createRandom(6, 'image'), g.samples * shape.reduce((a, b) => a * b, 1)));
  const data = { rows: g.samples, inputShape: shape, x, labels: { kind: 'regression' as const, values: new Float32Array(0), outputs: 0 } };
  const runner = await ortRuntime().open(model.bytes);
  const y = (await runner.run(new Map([['x', { dims: [g.samples, ...shape], data: x }]]), ['y'])).get('y')!;
  await runner.dispose();
  const w = normals(createRandom(5, 'kernel'), form.outputs * form.inputs);
  const width = form.outputs / form.groups;
  let largest = 0;
  let rows = 0;
  for (let group = 0; group < form.groups; group++) {
    const patches = linearRows(inputTensors(data, model.input), form, group);
    const computed: number[] = [];
    for await (const chunk of patches.chunks()) {
      expect(chunk.firstRow).toBe(computed.length / width);
      for (let r = 0; r < chunk.rows; r++) {
        for (let o = 0; o < width; o++) {
          let sum = 0;
          for (let j = 0; j < form.inputs; j++) sum += chunk.x[r * form.inputs + j]! * w[(group * width + o) * form.inputs + j]!;
          computed.push(sum);
        }
      }
    }
    rows += patches.rows;
    // The order of the runtime's own output tells whether rows and columns stand where they should.
    const runtime = { samples: g.samples, shape: y.dims.slice(1), batches: () => once(y.dims, y.data, g.samples) };
    const expected: number[] = [];
    for await (const chunk of outputRows(runtime, form, group).chunks()) expected.push(...chunk.x);
    expect(computed.length).toBe(expected.length);
    for (const [i, v] of expected.entries()) largest = Math.max(largest, Math.abs(v - computed[i]!));
  }
  expect(rows * width).toBe(y.data.length);
  return largest;
}

async function* once(dims: readonly number[], data: Float32Array, count: number) {
  yield { first: 0, count, tensor: { dims, data } };
}

/** True when ONNX allows the geometry: a window fits, and SAME goes with dilation 1 in ONNX Runtime. */
function isValid(g: Geometry): boolean {
  const n = g.spatial.length;
  if (g.autoPad.startsWith('SAME')) return g.dilations.every((d) => d === 1);
  return g.spatial.every((size, i) => {
    const pad = g.autoPad === 'VALID' ? 0 : g.pads[i]! + g.pads[i + n]!;
    return size + pad >= (g.kernel[i]! - 1) * g.dilations[i]! + 1;
  });
}

describe('patches of a convolution, against ONNX Runtime', () => {
  test('times the kernel they are its output: any size, stride, dilation, padding and grouping', async () => {
    await fc.assert(
      fc.asyncProperty(geometry.filter(isValid), async (g) => {
        expect(await difference(g)).toBeLessThan(tolerances.patchProducts.absolute);
      }),
      { seed: 20, numRuns: 120 },
    );
  });

  test.each([
    { name: 'image layer of LeNet', change: {} },
    { name: 'depthwise', change: { groups: 6, channelsPerGroup: 1, outputsPerGroup: 1 } },
    { name: 'depthwise with two outputs per channel', change: { groups: 4, channelsPerGroup: 1, outputsPerGroup: 2 } },
    { name: 'signal', change: { spatial: [40], kernel: [7], strides: [3], dilations: [2], pads: [6, 5] } },
    { name: 'uneven padding above', change: { autoPad: 'SAME_UPPER' as const, strides: [2, 2], kernel: [4, 3], spatial: [9, 10] } },
    { name: 'uneven padding below', change: { autoPad: 'SAME_LOWER' as const, strides: [2, 2], kernel: [4, 3], spatial: [9, 10] } },
    { name: 'more rows than a tile', change: { spatial: [60, 60], samples: 3, channelsPerGroup: 3, kernel: [9, 9], pads: [4, 4, 4, 4] } },
    { name: 'stride beyond the kernel', change: { strides: [4, 3], kernel: [2, 2] } },
  ])('$name', async ({ change }) => {
    const lenet: Geometry = {
      spatial: [14, 14],
      kernel: [5, 5],
      strides: [1, 1],
      dilations: [1, 1],
      pads: [2, 2, 2, 2],
      autoPad: 'NOTSET',
      groups: 1,
      channelsPerGroup: 6,
      outputsPerGroup: 4,
      samples: 5,
    };
    expect(await difference({ ...lenet, ...change })).toBeLessThan(tolerances.patchProducts.absolute);
  });
});
