import { createRandom } from '../../../../solver-core/fit/prng.ts';
import type { Layer } from '../../../../solver-core/model/layer.ts';
import type { SparsitySite } from '../../../../solver-core/model/sites.ts';
import type { RowsKind, SparsifyModel, SparsityState } from '../../../../solver-core/compress/sparsify/types.ts';

/** Counts what was asked of a toy. */
export interface ToyCounts {
  evaluations: number;
}

const layer = (id: string, input: string, preActivation: string, activation: string | null, macs: number): Layer =>
  ({ id, input, preActivation, activation, macs, residual: null }) as unknown as Layer;

/**
 * A network of dense layers with rectifiers on seeded rows: sizes[0] -> ... -> classes, the input itself is no site. Loss: cross-entropy
 * with what the network as it was given finds most likely, on features that depend on each other (so that a correction has something to use).
 */
export function toyModel(
  seed: number,
  { sizes = [6, 12, 10, 4], rows = 256, role = 'hidden' as string | null } = {},
): {
  readonly model: SparsifyModel;
  readonly counts: ToyCounts;
} {
  const random = createRandom(seed, 'toy');
  const w = sizes.slice(1).map((k, i) => Float64Array.from({ length: sizes[i]! * k }, () => random.normal() / Math.sqrt(sizes[i]!)));
  const b = sizes.slice(1).map((k) => Float64Array.from({ length: k }, () => 0.3 * random.normal()));
  const data = (n: number): Float64Array => Float64Array.from({ length: n * sizes[0]! }, () => random.normal());
  const inputs: Record<RowsKind, Float64Array> = { calibration: data(rows), deciding: data(rows) };
  const counts = { evaluations: 0 };
  const last = w.length - 1;
  const layers = w.map((values, i) => layer(`l${i}`, `h${i}`, `z${i}`, i === last ? null : 'Relu', values.length));
  const sites = layers.slice(1).map((own, i): SparsitySite => ({
    id: own.input,
    layers: [own],
    channels: sizes[i + 1]!,
    axis: -1,
    macs: own.macs ?? 0,
    block: i,
    role,
    rectified: true,
    centres: true,
  }));
  const forward = (
    state: SparsityState,
    x: Float64Array,
  ): { values: Map<string, Float32Array>; zeros: Map<string, number>; scores: Float64Array } => {
    const n = x.length / sizes[0]!;
    const values = new Map<string, Float32Array>();
    const zeros = new Map<string, number>();
    let h = x;
    for (const [i, own] of layers.entries()) {
      const [d, k] = [sizes[i]!, sizes[i + 1]!];
      values.set(own.input, Float32Array.from(h));
      const setting = state.settings.get(own.input);
      const corrected = state.corrections.get(own.id);
      const z = new Float64Array(n * k);
      let none = 0;
      for (let r = 0; r < n; r++) {
        for (let j = 0; j < d; j++) {
          const c = setting?.centre?.[j] ?? 0;
          const t = setting?.threshold?.[j] ?? 0;
          const v = Math.abs(h[r * d + j]! - c) > t ? h[r * d + j]! - c : 0;
          if (v === 0) none++;
          for (let o = 0; o < k; o++) {
            const weight = corrected?.weights[j * k + o] ?? w[i]![j * k + o]!;
            z[r * k + o] = z[r * k + o]! + v * weight + (corrected === undefined ? c * weight : 0);
          }
        }
        for (let o = 0; o < k; o++) z[r * k + o] = z[r * k + o]! + (corrected?.bias?.[o] ?? b[i]![o]!);
      }
      zeros.set(own.input, none / (n * d));
      values.set(own.preActivation, Float32Array.from(z));
      h = i === last ? z : z.map((v) => Math.max(0, v));
    }
    return { values, zeros, scores: h };
  };
  const classes = sizes.at(-1)!;
  const dense: SparsityState = { settings: new Map(), corrections: new Map() };
  const labelsOf = (x: Float64Array): number[] => {
    const { scores } = forward(dense, x);
    return Array.from({ length: x.length / sizes[0]! }, (_, r) => {
      const own = scores.subarray(r * classes, (r + 1) * classes);
      return own.indexOf(Math.max(...own));
    });
  };
  const labels = { calibration: labelsOf(inputs.calibration), deciding: labelsOf(inputs.deciding) };
  const model: SparsifyModel = {
    sites,
    stages: layers.slice(1).map((own) => [own]),
    evaluate(state, kind) {
      counts.evaluations++;
      const { scores, zeros } = forward(state, inputs[kind]);
      const losses = Float64Array.from(labels[kind], (label, r) => {
        const own = scores.subarray(r * classes, (r + 1) * classes);
        const top = Math.max(...own);
        return Math.log(own.reduce((sum, s) => sum + Math.exp(s - top), 0)) + top - own[label]!;
      });
      return Promise.resolve({ losses, zeros });
    },
    async *values(requests, share) {
      const n = Math.round(rows * share);
      const x = inputs.calibration.subarray(0, n * sizes[0]!);
      yield await Promise.resolve(
        requests.map(({ state, names }) => {
          const { values } = forward(state, x);
          return new Map(names.map((name) => [name, values.get(name)!]));
        }),
      );
    },
    weights(id) {
      const i = layers.findIndex((own) => own.id === id);
      return {
        weights: w[i]!,
        bias: b[i]!,
        store: (weights, bias) => ({ layer: id, weights: Float32Array.from(weights), bias: Float32Array.from(bias) }),
      };
    },
    channelNorms(id) {
      const i = layers.findIndex((own) => own.id === id);
      const k = sizes[i + 1]!;
      return Float64Array.from({ length: sizes[i]! }, (_, j) => w[i]!.subarray(j * k, (j + 1) * k).reduce((sum, v) => sum + v * v, 0));
    },
  };
  return { model, counts };
}
