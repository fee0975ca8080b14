import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { estimateEnergy, evaluateInput } from '../../../../solver-core/energy/estimate.ts';
import { evaluateLayers } from '../../../../solver-core/energy/evaluate.ts';
import { chooseMapping, neededBits } from '../../../../solver-core/energy/mapping/choose.ts';
import { mappingText } from '../../../../solver-core/energy/mapping/describe.ts';
import type { Dim } from '../../../../solver-core/energy/mapping/nest.ts';
import type { LayerShape } from '../../../../solver-core/energy/mapping/shape.ts';
import { mappedShape, shapeMacs } from '../../../../solver-core/energy/mapping/shape.ts';
import type { EnergyTarget } from '../../../../solver-core/energy/target.ts';
import { energyTargets } from '../../../../solver-core/energy/targets/index.ts';
import type { Layer, PatchGeometry } from '../../../../solver-core/model/layer.ts';
import { tolerances } from '../../../tolerances.ts';
import { dense } from '../../report/samples.ts';
import { ownMapping } from './eyeriss.ts';
import { walkNest } from './walk.ts';

const bits = { weights: 8, activations: 8, sums: 22 };
const away = { weights: false, activations: false };
const dims: readonly Dim[] = ['images', 'outputs', 'channels', 'rows'];
const registerWords = { weights: 24, inputs: 6, outputs: 4 };

/** A convolution [1, c, h, w] -> [1, m, p, q]. */
function conv(
  shape: { c: number; m: number; size: number; out: number; kernel: number; groups?: number },
  patches: PatchGeometry | null,
): Layer {
  const { c, m, size, out, kernel, groups = 1 } = shape;
  const inputs = (c / groups) * kernel ** 2;
  return dense('conv', inputs, m, {
    op: patches === null ? 'QLinearConv' : 'Conv',
    inputShape: [1, c, size, size],
    outputShape: [1, m, out, out],
    macs: m * out ** 2 * inputs,
    inputElements: c * size ** 2,
    outputElements: m * out ** 2,
    linear:
      patches === null
        ? null
        : { inputs, outputs: m, groups, transposed: true, alpha: 1, beta: 1, weightDims: [], biasDims: null, patches },
  });
}

function window(kernel: number, stride: number, dilation: number, padding: PatchGeometry['padding'] | number): PatchGeometry {
  const both = (n: number): number[] => [n, n];
  const sides = typeof padding === 'number' ? { before: both(padding), after: both(padding) } : padding;
  return { kernel: both(kernel), strides: both(stride), dilations: both(dilation), padding: sides };
}

function close(actual: number | undefined, expected: number): void {
  expect(Math.abs((actual ?? 0) / expected - 1)).toBeLessThan(tolerances.sumFp64.relative);
}

describe('shapes', () => {
  test('a stated window: stride, dilation, groups, padding', () => {
    const shape = mappedShape(conv({ c: 4, m: 6, size: 9, out: 3, kernel: 3, groups: 2 }, window(3, 3, 2, 1)));
    const axis = { size: 9, outputs: 3, kernel: 3, stride: 3, dilation: 2, before: 1 };
    expect(shape).toEqual({ images: 1, groups: 2, outputs: 3, channels: 2, rows: axis, columns: axis });
  });

  test('padding by rule', () => {
    const upper = mappedShape(conv({ c: 1, m: 1, size: 6, out: 3, kernel: 3 }, window(3, 2, 1, 'same-upper')));
    const lower = mappedShape(conv({ c: 1, m: 1, size: 6, out: 3, kernel: 3 }, window(3, 2, 1, 'same-lower')));
    expect([upper?.rows.before, lower?.rows.before]).toEqual([0, 1]);
  });

  test.each([
    [{ c: 3, m: 8, size: 32, out: 32, kernel: 3 }, { kernel: 3, stride: 1, before: 1 }, 1],
    [{ c: 3, m: 8, size: 224, out: 112, kernel: 7 }, { kernel: 7, stride: 2, before: 2 }, 1],
    [{ c: 16, m: 16, size: 14, out: 7, kernel: 1 }, { kernel: 1, stride: 2, before: 0 }, 1],
    [{ c: 16, m: 16, size: 14, out: 14, kernel: 3, groups: 16 }, { kernel: 3, stride: 1, before: 1 }, 16],
  ])('a window that is not stated, %j', (size, axis, groups) => {
    const shape = mappedShape(conv(size, null));
    expect(shape).toMatchObject({ groups, rows: axis, columns: axis });
    expect(shape === null ? 0 : shapeMacs(shape)).toBe(conv(size, null).macs);
  });

  test.each([
    dense('x', 8, 8, { macs: null }),
    dense('x', 8, 8, { macs: 65 }),
    dense('x', 8, 8, { op: 'LSTM' }),
    dense('x', 8, 8, { op: 'ConvTranspose', inputShape: [1, 8, 4, 4], outputShape: [1, 8, 8, 8] }),
    dense('x', 8, 8, { linear: null, inputShape: [1, 'n'], outputShape: null }),
    conv({ c: 1, m: 1, size: 900, out: 900, kernel: 300 }, null),
    conv({ c: 1, m: 1, size: 9, out: 900, kernel: 3 }, window(3, 1, 1, 500)),
    conv({ c: 1, m: 1, size: 9, out: 9, kernel: 3 }, window(3, 1, 5000, 5000)),
    conv({ c: 1, m: 1, size: 4, out: 0, kernel: 3 }, null),
  ])('what is not mapped: case %#', (layer) => {
    expect(mappedShape(layer)).toBeNull();
  });
});

describe('the chosen mapping', () => {
  const small = (max: number): fc.Arbitrary<number> => fc.integer({ min: 1, max });
  const axis = fc.record({
    size: small(8),
    outputs: small(6),
    kernel: small(3),
    stride: small(2),
    dilation: small(2),
    before: fc.integer({ min: 0, max: 1 }),
  });
  const shapes = fc.record({ images: small(2), groups: small(2), outputs: small(6), channels: small(5), rows: axis, columns: axis });
  const arrays = fc.record({
    rows: small(6),
    columns: small(5),
    dataflow: fc.constantFrom('weight-stationary' as const, 'output-stationary' as const, 'row-stationary' as const),
    bufferBytes: fc.integer({ min: 20, max: 2000 }),
    registerWords: fc.constant(registerWords),
    weightsPassThrough: fc.boolean(),
  });

  test('is valid, fits the buffer where any tile does, and its counts are those of a walk', () => {
    let fitted = 0;
    fc.assert(
      fc.property(shapes, arrays, (shape, array) => {
        const { nest, traffic, misfit } = chooseMapping(shape, array, bits, away);
        expect(new Set(nest.outer.map((loop) => loop.dim))).toEqual(new Set(dims));
        expect(neededBits(nest, bits, away) <= array.bufferBytes * 8).toBe(misfit === null);
        if (misfit === null) fitted += 1;
        expect(traffic).toEqual(walkNest(nest, array.rows, array.columns));
        expect(traffic.macs).toBeLessThanOrEqual(array.rows * array.columns * traffic.cycles);
      }),
      { seed: 30, numRuns: 150 },
    );
    expect(fitted).toBeGreaterThan(100);
  });

  test('a larger buffer never means more traffic off chip, for layers whose tiles it may choose freely', () => {
    const shape = {
      images: 1,
      groups: 1,
      outputs: 512,
      channels: 512,
      rows: { size: 14, outputs: 14, kernel: 3, stride: 1, dilation: 1, before: 1 },
    };
    const square = { ...shape, columns: shape.rows };
    const words = [32, 64, 128, 256, 512, 1024, 4096].map((kib) => {
      const array = {
        rows: 64,
        columns: 64,
        dataflow: 'weight-stationary' as const,
        bufferBytes: kib * 1024,
        registerWords,
        weightsPassThrough: false,
      };
      const { dram } = chooseMapping(square, array, bits, away).traffic.levels;
      return dram.weights.reads + dram.inputs.reads + dram.outputs.reads + dram.outputs.writes;
    });
    expect(words).toEqual([...words].sort((a, b) => b - a));
    // All at once: every weight, input and output crosses once.
    expect(words.at(-1)).toBe(512 * 512 * 9 + 2 * 512 * 196);
  });

  const vgg = (size: number, channels: number, outputs: number): LayerShape => {
    const side = { size, outputs: size, kernel: 3, stride: 1, dilation: 1, before: 1 };
    return { images: 1, groups: 1, outputs, channels, rows: side, columns: side };
  };
  const squeezeNet = { ...vgg(224, 3, 64).rows, outputs: 111, stride: 2, before: 0 };

  test.each([
    ['VGG-16 conv1_1', vgg(224, 3, 64), 1.2],
    ['VGG-16 conv1_2', vgg(224, 64, 64), 2.1],
    ['VGG-16 conv2_1', vgg(112, 64, 128), 4],
    ['VGG-16 conv2_2', vgg(112, 128, 128), 4],
    ['VGG-16 conv5_1', vgg(14, 512, 512), 3.1],
    ['SqueezeNet conv1', { ...vgg(224, 3, 64), rows: squeezeNet, columns: squeezeNet }, 1.1],
  ])('%s fits the buffer of Eyeriss, and its inputs are fetched seldom', (_, shape, most) => {
    const { traffic, misfit } = ownMapping(shape);
    expect(misfit).toBeNull();
    expect(traffic.levels.dram.inputs.reads).toBeLessThan(most * shape.channels * shape.rows.size * shape.columns.size);
    expect(traffic.levels.dram.outputs.reads).toBe(0);
  });

  test('an absurd array and a hopeless buffer are answered, too', () => {
    const words = { weights: 1_048_576, inputs: 1_048_576, outputs: 1_048_576 };
    const array = { rows: 65_536, columns: 65_536, dataflow: 'row-stationary' as const, weightsPassThrough: true, registerWords: words };
    const shape = vgg(1_000_000, 1_000_000, 1_000_000);
    expect(chooseMapping(shape, { ...array, bufferBytes: 16 }, bits, away).misfit).toBe('buffer');
    expect(chooseMapping(shape, { ...array, bufferBytes: 1e8 }, bits, away).misfit).toBeNull();
  });

  test('a kernel row that the registers of a unit cannot hold is said so', () => {
    const array = { rows: 12, columns: 14, dataflow: 'row-stationary' as const, bufferBytes: 1e6, weightsPassThrough: true };
    const words = { weights: 3, inputs: 3, outputs: 1 };
    const on = (held: typeof words) => chooseMapping(vgg(14, 8, 8), { ...array, registerWords: held }, bits, away);
    expect(on(words).misfit).toBeNull();
    for (const narrow of [
      { ...words, weights: 2 },
      { ...words, inputs: 1 },
    ]) {
      expect(on(narrow).misfit).toBe('registers');
      expect(mappingText(on(narrow))).toContain('a kernel row is wider than the registers of a unit; counted as if it did not matter');
    }
    expect(chooseMapping(vgg(14, 8, 8), { ...array, dataflow: 'weight-stationary', registerWords: words }, bits, away).misfit).toBeNull();
  });

  test('says what it does', () => {
    const shape = mappedShape(dense('fc', 4096, 1000, { macs: 4_096_000 }));
    if (shape === null) throw new Error('no shape');
    const array = {
      rows: 64,
      columns: 64,
      dataflow: 'weight-stationary' as const,
      bufferBytes: 65_536,
      registerWords,
      weightsPassThrough: false,
    };
    expect(mappingText(chooseMapping(shape, array, bits, away))).toBe(
      '64 x 16 tiles of 64 x 64, 1 position each; tiles in the buffer, outermost loop first: 6 x 192 outputs > 16 x 256 channels',
    );
    expect(mappingText(chooseMapping(shape, { ...array, bufferBytes: 16 }, bits, away))).toContain('one tile does not fit the buffer');
  });
});

describe('in the energy document', () => {
  test('layers carry their mapping on an array and none elsewhere; what cannot be mapped is still priced', () => {
    const layers = [conv({ c: 1, m: 6, size: 28, out: 28, kernel: 5 }, window(5, 1, 1, 2)), dense('odd', 8, 8, { macs: 65 })];
    const on = (targetId: string) => estimateEnergy({ layers, targetId }).value?.layers ?? [];
    const [mapped, odd] = on('systolic-64x64');
    expect(mapped?.mapping).toMatchObject({
      dataflow: 'weight-stationary',
      traffic: [{ level: 'registers' }, { level: 'array' }, { level: 'buffer' }, { level: 'off-chip', readBits: 0 }],
    });
    expect(odd).not.toHaveProperty('mapping');
    expect(odd?.inference?.value).toBeGreaterThan(0);
    expect(on('server-cpu')[0]).not.toHaveProperty('mapping');
  });

  test('layers that are not on the array, and those that do not fit it, are named', () => {
    const layers = [conv({ c: 1, m: 6, size: 28, out: 28, kernel: 5 }, window(5, 1, 1, 2)), dense('odd', 8, 8, { macs: 65 })];
    const shipped = energyTargets.get('eyeriss-168');
    const [buffer, dram] = shipped?.memories ?? [];
    if (shipped?.array === undefined || buffer === undefined || dram === undefined) throw new Error('no array');
    const findings = (change: Partial<EnergyTarget>) => {
      const targets = new Map([['own', { ...shipped, id: 'own', ...change }]]);
      return estimateEnergy({ layers, targetId: 'own', targets, trainOn: null }).value;
    };
    const away = { severity: 'info', code: 'layers-not-on-array', where: { node: 'odd' } };
    expect(findings({})?.diagnostics).toMatchObject([away]);
    const small = findings({ memories: [{ ...buffer, sizeBytes: 64 }, dram] });
    expect(small?.diagnostics).toMatchObject([{ severity: 'warning', code: 'mapping-does-not-fit', where: { node: 'conv' } }, away]);
    expect(small?.diagnostics[0]?.message).toMatch(/^1 layer \("conv"\) on "own": one tile does not fit the buffer; /);
    // First, because a narrow column of a report cuts what follows.
    expect(small?.layers[0]?.mapping?.text).toMatch(/^one tile does not fit the buffer; counted as if it did; 1 set of/);
    const narrow = findings({ array: { ...shipped.array, registerWords: { weights: 1, inputs: 1, outputs: 1 } } });
    expect(narrow?.diagnostics[0]?.message).toContain('a kernel row is wider than the registers of a unit');
    expect(estimateEnergy({ layers, targetId: 'server-cpu' }).value?.diagnostics).toEqual([]);
  });

  test('a recurrent layer reads its weights once per step', () => {
    const gru = (steps: number, parameters = 4000) =>
      dense('gru', 8, 8, { op: 'GRU', inputShape: [steps, 1, 16], macs: steps * 3840, parameters, linear: null });
    const weights = (layer: Layer, targetId: string): number =>
      estimateEnergy({ layers: [layer], targetId }).value?.layers[0]?.components.find((c) => c.name === 'weights')?.energy.value ?? 0;
    for (const id of ['systolic-64x64', 'mcu-class']) close(weights(gru(39), id), 39 * weights(gru(1), id));
    // 1.2 MB of 8-bit weights lie in DRAM; those of a layer that fits the buffer are read there from the second step on.
    const [one, two] = [gru(39, 600_000), { ...gru(39, 600_000), id: 'second' }];
    const component = estimateEnergy({ layers: [one, two], targetId: 'systolic-64x64' }).value?.layers[0]?.components.find(
      (c) => c.name === 'weights',
    );
    close(component?.energy.value, 600_000 * 8 * (8e-12 + 38 * 1.56e-12));
  });

  test('a large network is mapped in bounded time and every figure is finite', () => {
    const layers = Array.from({ length: 60 }, (_, i) => ({
      ...conv({ c: 256, m: 256 + i, size: 56, out: 56, kernel: 3 }, window(3, 1, 1, 1)),
      id: `c${i}`,
    }));
    for (const targetId of ['systolic-64x64', 'eyeriss-168']) {
      const { value } = estimateEnergy({ layers, targetId });
      expect(value?.layers.every((layer) => Number.isFinite(layer.inference?.high) && (layer.mapping?.utilisation ?? 0) > 0.2)).toBe(true);
    }
  });

  test('a huge image and a huge matrix take no longer', () => {
    const layers = [conv({ c: 3, m: 8, size: 1e6, out: 1e6, kernel: 9 }, window(9, 1, 1, 4)), { ...dense('fc', 1e6, 1e6), id: 'fc' }];
    for (const targetId of ['systolic-64x64', 'eyeriss-168'])
      for (const layer of estimateEnergy({ layers, targetId }).value?.layers ?? []) expect(layer.mapping?.cycles).toBeGreaterThan(1e8);
  });

  test('each constant table alone stays within the band of both', () => {
    const layers = [conv({ c: 8, m: 16, size: 14, out: 14, kernel: 3 }, window(3, 1, 1, 1)), dense('fc', 64, 10)];
    for (const targetId of ['systolic-64x64', 'shift-only-64x64', 'eyeriss-168']) {
      const input = evaluateInput({ layers, targetId }).value;
      if (input === undefined) throw new Error('no input');
      const both = evaluateLayers(input);
      expect(input.context.tables).toHaveLength(2);
      for (const table of input.context.tables)
        evaluateLayers({ ...input, context: { ...input.context, tables: [table] } }).forEach(({ inference }, index) => {
          const band = both[index]?.inference?.total;
          expect(inference?.total.value).toBeGreaterThanOrEqual(band?.low ?? Infinity);
          expect(inference?.total.value).toBeLessThanOrEqual(band?.high ?? 0);
          expect(inference?.total.value).not.toBe(band?.value);
        });
    }
  });

  test('an event-driven processor: activations that the cores do not hold cross the memory, too', () => {
    const on = (size: number) =>
      estimateEnergy({ layers: [conv({ c: 8, m: 8, size, out: size, kernel: 1 }, window(1, 1, 1, 0))], targetId: 'seneca-type' }).value;
    expect(on(200)?.layers[0]?.components.map((c) => c.name)).not.toContain('off-chip');
    // Inputs and outputs of 16 bit at 8 pJ; the 72 weights go with them.
    const offChip = on(1000)?.layers[0]?.components.find((c) => c.name === 'off-chip')?.energy.value;
    close(offChip, 16 * (2 * 8e6 + (on(1000)?.totals.parameters ?? 0)) * 8e-12);
  });

  test('an event-driven processor: the ends of the band are the two published models', () => {
    const [layer] = estimateEnergy({ layers: [dense('fc', 100, 10)], targetId: 'seneca-type' }).value?.layers ?? [];
    const part = (name: string) => layer?.components.find((c) => c.name === name)?.energy;
    expect(layer?.components.map((c) => c.name)).toEqual(['events', 'MACs', 'memory', 'idle']);
    // Multiplication and addition alone: 2.8 pJ. With a load of the weight, and a load and a store of the sum: 14.1 pJ.
    close(part('MACs')?.value, 1000 * 2.8e-12);
    close((part('MACs')?.high ?? 0) + (part('memory')?.high ?? 0), 1000 * 14.1e-12);
    expect([part('memory')?.low, part('events')?.low]).toEqual([0, 0]);
    close(part('events')?.value, 100 * 3.6e-12);
    // Each event sent to and captured by all of the 16 cores: 16 · (2 + 0.5) + 1.1 pJ.
    close(part('events')?.high, 100 * 41.1e-12);
  });
});
