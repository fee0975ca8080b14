import { cpuNumerics } from '../../../solver-core/backends/cpu/index.ts';
import type { LayerView, SelectLayer, SelectProblem, StoredModel } from '../../../solver-core/compress/select/types.ts';
import { createRandom, normals } from '../../../solver-core/fit/prng.ts';
import { arrayRows } from '../../../solver-core/fit/ridge/array-rows.ts';
import { quiet } from '../fit/problems.ts';

/** What a value costs: the bits set in its magnitude, and a little for being there. */
export const valuePrice = (v: number): number => 0.3 + Math.abs(v).toString(2).replaceAll('0', '').length;

const prices = Float64Array.from({ length: 255 }, (_, i) => valuePrice(i - 127));

/** Inputs, hidden units and classes of the made network. */
const [inputs, hidden, classes] = [40, 30, 5];

/** A network of two dense layers with a ReLU between them, few causes behind its inputs, labels from itself with some noise. */
export function madeProblem(calibrationRows: number, seed = 1): SelectProblem {
  const random = createRandom(seed, 'select problem');
  const causes = 10;
  const mixing = normals(random, causes * inputs);
  const first = normals(random, inputs * hidden).map((v) => v / Math.sqrt(inputs));
  const second = normals(random, hidden * classes).map((v) => v / Math.sqrt(hidden));
  const make = (rows: number): Float64Array => {
    const x = new Float64Array(rows * inputs);
    for (let r = 0; r < rows; r++) {
      const cause = normals(random, causes);
      for (let i = 0; i < inputs; i++) {
        let sum = 0.1 * random.normal();
        for (let c = 0; c < causes; c++) sum += cause[c]! * mixing[c * inputs + i]!;
        x[r * inputs + i] = Math.max(0, sum);
      }
    }
    return x;
  };
  const calibration = make(calibrationRows);
  const validation = make(800);
  const layers: readonly SelectLayer[] = [
    { id: 'first', op: 'Gemm', inputs, outputs: hidden, groups: 1, weights: first, bias: true, positions: 1 },
    { id: 'second', op: 'Gemm', inputs: hidden, outputs: classes, groups: 1, weights: second, bias: true, positions: 1 },
  ];
  const original = scores(validation, layers, new Map());
  const labels = Array.from({ length: 800 }, (_, r) =>
    largest(Float64Array.from({ length: classes }, (_v, o) => original[r * classes + o]! + 0.5 * random.normal())),
  );
  return {
    layers,
    async view(layer, stored) {
      const x = layer.id === 'first' ? calibration : relu(affine(calibration, layers[0]!, stored));
      const before = layer.id === 'first' ? calibration : relu(affine(calibration, layers[0]!, new Map()));
      return viewOf(layer, x, affine(before, layer, new Map()));
    },
    assess(stored) {
      const now = scores(validation, layers, stored);
      let [correct, divergence, confidence] = [0, 0, 0];
      for (let r = 0; r < 800; r++) {
        const [was, is] = [original, now].map((all) => all.subarray(r * classes, (r + 1) * classes)) as [Float64Array, Float64Array];
        const [p, q] = [softmax(was), softmax(is)];
        if (largest(is) === labels[r]) correct++;
        confidence += q[labels[r]!]!;
        for (let o = 0; o < classes; o++) divergence += p[o]! * Math.log(p[o]! / q[o]!);
      }
      return Promise.resolve({
        metric: 'accuracy',
        quality: correct / 800,
        divergence: divergence / 800,
        confidence: confidence / 800,
        rows: 800,
      });
    },
  };
}

async function viewOf(layer: SelectLayer, x: Float64Array, y: Float64Array): Promise<LayerView> {
  const rows = x.length / layer.inputs;
  const steering = Math.max(1, Math.floor(rows * 0.8));
  const part = arrayRows(x.slice(0, steering * layer.inputs), y.slice(0, steering * layer.outputs), layer.inputs, layer.outputs);
  const from = rows > 1 ? steering : 0;
  return {
    input: { scale: 1, zeroPoint: 0 },
    groups: [
      {
        sums: await cpuNumerics().sums(part, quiet),
        judging: { rows: rows - from, x: x.slice(from * layer.inputs), y: y.slice(from * layer.outputs) },
      },
    ],
    prices: () => Promise.resolve({ inputClass: new Uint8Array(layer.inputs), classes: 1, energy: prices }),
    energy: (integers) => Promise.resolve(integers.reduce((sum, v) => sum + valuePrice(v), 0)),
  };
}

/** x·W + change of the bias. */
function affine(x: Float64Array, layer: SelectLayer, stored: StoredModel): Float64Array {
  const { inputs: d, outputs: k } = layer;
  const of = stored.get(layer.id);
  const w = of === undefined ? layer.weights : Float64Array.from(of.integers, (v, at) => v * of.scales[at % k]!);
  const y = new Float64Array((x.length / d) * k);
  for (let r = 0; r < x.length / d; r++) {
    for (let n = 0; n < k; n++) {
      let sum = of?.biasChange[n] ?? 0;
      for (let i = 0; i < d; i++) sum += x[r * d + i]! * w[i * k + n]!;
      y[r * k + n] = sum;
    }
  }
  return y;
}

const relu = (x: Float64Array): Float64Array => x.map((v) => Math.max(0, v));

function scores(x: Float64Array, layers: readonly SelectLayer[], stored: StoredModel): Float64Array {
  return affine(relu(affine(x, layers[0]!, stored)), layers[1]!, stored);
}

function softmax(values: Float64Array): Float64Array {
  const top = Math.max(...values);
  const raised = values.map((v) => Math.exp(v - top));
  const total = raised.reduce((a, b) => a + b, 0);
  return raised.map((v) => v / total);
}

function largest(values: Float64Array): number {
  return values.reduce((best, v, at) => (v > values[best]! ? at : best), 0);
}
