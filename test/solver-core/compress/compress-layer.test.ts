import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { cpuNumerics, plainNumerics } from '../../../solver-core/backends/cpu/index.ts';
import { calibrate, compressLayer, narrowLayer } from '../../../solver-core/compress/index.ts';
import type { CompressedLayer, CompressRequest } from '../../../solver-core/compress/index.ts';
import { compensate } from '../../../solver-core/compress/compensate.ts';
import { steeringGram } from '../../../solver-core/compress/judge.ts';
import { quantising } from '../../../solver-core/compress/quantise.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import { arrayRows } from '../../../solver-core/fit/ridge/array-rows.ts';
import { tolerances } from '../../tolerances.ts';
import { quiet } from '../fit/problems.ts';
import { lostOutput, madeLayer } from './layers.ts';
import type { MadeLayer } from './layers.ts';

const numerics = cpuNumerics();
const codes = (layer: { readonly warnings: readonly { readonly code: string }[] }): string[] => layer.warnings.map((w) => w.code);

function compress(layer: MadeLayer, how: CompressRequest['how'], bias = false): Promise<CompressedLayer> {
  const outputs = layer.weights.length / layer.inputs.columns;
  return compressLayer(numerics, { layer: 'fc1', weights: layer.weights, inputs: layer.inputs, outputs, how, bias }, quiet);
}

/** Optimal brain quantiser, input after input, with an explicit H⁻¹ that is eliminated step by step: no factor, no blocks. */
function slowCompensation(
  weights: Float64Array,
  d: number,
  k: number,
  h: Float64Array,
  order: readonly number[],
  step: Float64Array,
): Float64Array {
  const inverse: number[][] = Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_v, j) => (i === j ? 1 : 0)));
  const matrix = Array.from({ length: d }, (_, i) => Array.from({ length: d }, (_v, j) => h[Math.max(i, j) * d + Math.min(i, j)]!));
  for (let p = 0; p < d; p++) {
    const pivot = matrix[p]![p]!;
    for (let j = 0; j < d; j++) {
      matrix[p]![j] = matrix[p]![j]! / pivot;
      inverse[p]![j] = inverse[p]![j]! / pivot;
    }
    for (let i = 0; i < d; i++) {
      if (i === p) continue;
      const f = matrix[i]![p]!;
      for (let j = 0; j < d; j++) {
        matrix[i]![j] = matrix[i]![j]! - f * matrix[p]![j]!;
        inverse[i]![j] = inverse[i]![j]! - f * inverse[p]![j]!;
      }
    }
  }
  const w = weights.slice();
  for (const q of order) {
    const column = inverse.map((row) => row[q]!);
    for (let n = 0; n < k; n++) {
      const steps = Math.max(-7, Math.min(7, Math.round(w[q * k + n]! / step[n]!)));
      const error = (w[q * k + n]! - steps * step[n]!) / column[q]!;
      for (let i = 0; i < d; i++) w[i * k + n] = w[i * k + n]! - error * column[i]!;
      w[q * k + n] = steps * step[n]!;
    }
    for (let i = 0; i < d; i++)
      for (let j = 0; j < d; j++) if (i !== q && j !== q) inverse[i]![j] = inverse[i]![j]! - (column[i]! * column[j]!) / column[q]!;
    for (let i = 0; i < d; i++) inverse[i]![q] = inverse[q]![i] = 0;
  }
  return w;
}

test('the blocked compensation is the optimal brain quantiser input by input', async () => {
  const [d, k] = [90, 5];
  const layer = await madeLayer(400, d, k);
  const { sums } = await calibrate(numerics, layer.inputs, quiet);
  const gram = steeringGram(sums, false);
  const chooser = quantising(layer.weights, d, k, 4);
  const fast = await compensate(numerics, { weights: layer.weights, d, k, gram, damping: 0.01, chooser });
  const diagonal = Array.from({ length: d }, (_, i) => gram[i * d + i]!);
  const mean = diagonal.reduce((s, v) => s + v, 0) / d;
  const damped = gram.map((v, at) => (at % (d + 1) === 0 ? v + 0.01 * mean : v));
  const order = Array.from(diagonal.keys()).sort((a, b) => diagonal[b]! - diagonal[a]!);
  const slow = slowCompensation(layer.weights, d, k, damped, order, chooser.scales);
  const apart = slow.reduce((m, v, at) => Math.max(m, Math.abs(v - fast![at]!)), 0);
  expect(apart).toBeLessThan(tolerances.ridgeFp64.relative);
});

describe('a layer with enough rows', () => {
  test.each([
    [{ kind: 'quantise', bits: 4 }, 0.75],
    [{ kind: 'quantise', bits: 3 }, 0.75],
    [{ kind: 'prune', fraction: 0.5 }, 0.85],
  ] as const)('%o: compensation loses less on rows that nobody has seen', async (how, share) => {
    const layer = await madeLayer(3000, 100, 16);
    for (const bias of [false, true]) {
      const result = await compress(layer, how, bias);
      expect(result.compensated).toBe(true);
      expect(result.warnings).toEqual([]);
      expect(result.outputError).toBe(result.compensatedError);
      expect(result.outputError).toBeLessThan(share * result.plainError);
      const fresh = lostOutput(layer.fresh, layer.freshRows, layer.weights, result.weights, result.biasChange);
      expect(fresh).toBeLessThan(1.1 * result.outputError);
      expect(fresh).toBeLessThan(result.plainError);
      if (!bias) expect([...result.biasChange].every((v) => v === 0)).toBe(true);
    }
  });

  test('quantised weights are integers of the asked bits times the scale of their output', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.integer({ min: 2, max: 8 }),
        fc.integer({ min: 1, max: 20 }),
        fc.integer({ min: 1, max: 4 }),
        async (bits, d, k) => {
          const layer = await madeLayer(60, d, k, { seed: bits });
          const { weights, scales } = await compress(layer, { kind: 'quantise', bits });
          for (let at = 0; at < weights.length; at++) {
            const integer = weights[at]! / scales![at % k]!;
            expect(Math.abs(integer - Math.round(integer))).toBeLessThan(tolerances.sumFp64.relative);
            expect(Math.abs(integer)).toBeLessThan(2 ** (bits - 1) - 0.5);
          }
        },
      ),
      { seed: 20261121, numRuns: 20 },
    );
  });

  test('pruned weights have the asked share of zeros', async () => {
    const layer = await madeLayer(2000, 128, 10);
    const { weights, scales } = await compress(layer, { kind: 'prune', fraction: 0.75 });
    expect(weights.reduce((n, w) => n + (w === 0 ? 1 : 0), 0)).toBe(0.75 * weights.length);
    expect(scales).toBeNull();
  });

  test('the same rows give the same bits, and nothing given is changed', async () => {
    const layer = await madeLayer(700, 70, 4);
    const before = layer.weights.slice();
    const first = await compress(layer, { kind: 'quantise', bits: 4 });
    expect(await compress(layer, { kind: 'quantise', bits: 4 })).toEqual(first);
    expect(layer.weights).toEqual(before);
  });

  test('the loops agree with the kernels', async () => {
    const layer = await madeLayer(600, 80, 6);
    const request = {
      layer: 'fc1',
      weights: layer.weights,
      inputs: layer.inputs,
      outputs: 6,
      how: { kind: 'quantise', bits: 4 },
      bias: true,
    } as const;
    const [fast, plain] = [await compressLayer(numerics, request, quiet), await compressLayer(plainNumerics(), request, quiet)];
    expect(Math.max(...fast.weights.map((v, at) => Math.abs(v - plain.weights[at]!)))).toBeLessThan(tolerances.ridgeFp64.relative);
  });
});

describe('traps', () => {
  test('4 bits with few rows get worse: rounding is kept, and it says so', async () => {
    const layer = await madeLayer(64, 128, 32, { noise: 1 });
    for (const bias of [false, true]) {
      const result = await compress(layer, { kind: 'quantise', bits: 4 }, bias);
      expect(result.compensated).toBe(false);
      expect(result.compensatedError!).toBeGreaterThan(result.plainError);
      expect(result.outputError).toBe(result.plainError);
      expect(codes(result)).toEqual(['few-calibration-rows', 'few-held-out-rows', 'compensation-no-gain']);
      const { scales } = result;
      const nearest = layer.weights.map(
        (w, at) => Math.sign(w) * Math.min(7, Math.floor(Math.abs(w) / scales![at % 32]! + 0.5)) * scales![at % 32]!,
      );
      expect(Math.max(...result.weights.map((v, at) => Math.abs(v - nearest[at]!)))).toBeLessThan(tolerances.sumFp64.relative);
    }
  });

  test('64 rows for a 256 to 64 pruning: no gain, a warning, and the weights as they were', async () => {
    const layer = await madeLayer(64, 256, 10, { noise: 1 });
    const request = { layer: 'fc1', weights: layer.weights, inputs: layer.inputs, outputs: 10, keep: 64, bias: true };
    const result = await narrowLayer(numerics, request, quiet);
    expect(result.compensated).toBe(false);
    expect(codes(result)).toEqual(['few-calibration-rows', 'few-held-out-rows', 'compensation-no-gain']);
    expect(result.warnings[0]!.message).toContain('51 rows');
    expect(result.kept.length).toBe(64);
    const asTheyWere = result.kept.flatMap((input) => [...layer.weights.subarray(input * 10, (input + 1) * 10)]);
    expect([...result.weights]).toEqual(asTheyWere);
    const enough = await madeLayer(4000, 256, 10, { noise: 1 });
    const gain = await narrowLayer(numerics, { ...request, weights: enough.weights, inputs: enough.inputs }, quiet);
    expect(gain.compensated).toBe(true);
    expect(gain.warnings).toEqual([]);
    expect(gain.outputError).toBeLessThan(gain.plainError);
  });

  test('inputs that are dead or constant: nothing is compensated for them, and they are named', async () => {
    const layer = await madeLayer(900, 40, 6);
    const d = 40;
    const rows = new Float64Array(900 * d);
    let at = 0;
    for await (const { x } of layer.inputs.chunks()) {
      rows.set(x, at);
      at += x.length;
    }
    for (let r = 0; r < 900; r++) {
      rows[r * d + 3] = 0;
      rows[r * d + 17] = 2.5;
    }
    const changed = { ...layer, inputs: arrayRows(rows, new Float64Array(0), d, 0) };
    const without = await compress(changed, { kind: 'quantise', bits: 4 });
    expect(without.deadInputs).toEqual([3]);
    const withBias = await compress(changed, { kind: 'quantise', bits: 4 }, true);
    expect(withBias.deadInputs).toEqual([3, 17]);
    expect(withBias.compensated).toBe(true);
    const nothing = { ...layer, inputs: arrayRows(new Float64Array(900 * d), new Float64Array(0), d, 0) };
    const idle = await compress(nothing, { kind: 'quantise', bits: 4 });
    expect(idle.deadInputs.length).toBe(d);
    expect(idle.outputError).toBe(0);
    expect(codes(idle)).toEqual([]);
  });

  test.each([1, 2, 3])('%i rows: an answer with warnings, never a value that is not a number', async (n) => {
    const layer = await madeLayer(n, 12, 3);
    const result = await compress(layer, { kind: 'quantise', bits: 3 }, true);
    expect([...result.weights, ...result.biasChange, result.outputError].every(Number.isFinite)).toBe(true);
    expect(codes(result)).toContain('few-calibration-rows');
  });

  test('a layer of one input and weights that are all 0', async () => {
    const one = await compress(await madeLayer(700, 1, 2), { kind: 'quantise', bits: 4 });
    expect(Number.isFinite(one.outputError)).toBe(true);
    const layer = await madeLayer(700, 8, 2);
    const zero = await compress({ ...layer, weights: new Float64Array(16) }, { kind: 'quantise', bits: 4 });
    expect([...zero.weights].every((v) => v === 0)).toBe(true);
    expect(zero.outputError).toBe(0);
  });
});

test('narrowing keeps what contributes most and reproduces a layer whose dropped inputs are copies', async () => {
  const [n, d, k] = [800, 12, 3];
  const random = createRandom(4, 'copies');
  const half = normals(random, n * (d / 2));
  const rows = new Float64Array(n * d);
  for (let r = 0; r < n; r++) for (let i = 0; i < d; i++) rows[r * d + i] = half[r * (d / 2) + (i % (d / 2))]!;
  const weights = normals(random, d * k);
  const request = {
    layer: 'fc',
    weights,
    inputs: arrayRows(rows, new Float64Array(0), d, 0),
    outputs: k,
    keep: d,
    bias: false,
    damping: 0,
  };
  const all = await narrowLayer(numerics, { ...request, damping: 0.01 }, quiet);
  expect(all.kept).toEqual(Array.from({ length: d }, (_, i) => i));
  expect(all.outputError).toBe(0);
  expect(all.warnings).toEqual([]);
  // Weights whose first half is large: the copies go, and the first half takes over their weights.
  const tilted = weights.map((w, at) => (at < (d / 2) * k ? w + 10 : w));
  const narrow = await narrowLayer(numerics, { ...request, weights: tilted, keep: d / 2 }, quiet);
  expect(narrow.kept).toEqual(Array.from({ length: d / 2 }, (_, i) => i));
  expect(narrow.compensated).toBe(true);
  expect(narrow.outputError).toBeLessThan(tolerances.ridgeFp64.relative);
});
