import { correctionStages } from '../compress/sparsify/stages.ts';
import type { Evaluation, LayerWeights, RowsKind, SparsifyModel, SparsityState, ValuesRequest } from '../compress/sparsify/types.ts';
import { assert } from '../model/error.ts';
import { findBlocks } from '../model/blocks.ts';
import type { Layer } from '../model/layer.ts';
import type { SparsitySite } from '../model/sites.ts';
import { encodeModel, readTensor, withThresholds, type OnnxModel } from '../onnx/index.ts';
import { withZeroShares } from '../onnx/zero-shares.ts';
import { openBlockRunner, type BlockRunner } from './sparsify-parts.ts';
import { openRowsRunner, type RowsRunner } from './sparsify-run.ts';
import type { SearchRequest } from './sparsify-search.ts';
import { siteThresholds } from './sparsify-thresholds.ts';

/** Windows of a chunk of values of one block. */
const chunkWindows = 64;

/** A model bound to files and a runtime. */
export interface BoundModel {
  readonly model: SparsifyModel;
  /** Tokens or rows. */
  readonly rows: { readonly calibration: number; readonly deciding: number };
  dispose(): Promise<void>;
}

/** Binds the model of a request to its rows. Rejects as the runtime does. */
export async function bindModel(
  request: Pick<SearchRequest, 'model' | 'layers' | 'sites' | 'rows' | 'runtime' | 'seed'>,
): Promise<BoundModel> {
  const { model, layers, sites } = request;
  const siteLayers = layers.filter(({ id }) => sites.some((site) => site.layers.some((layer) => layer.id === id)));
  const runner = openRowsRunner(request);
  const sparse = (state: SparsityState): OnnxModel =>
    withThresholds(model, siteThresholds(sites, state), siteLayers, [...state.corrections.values()]);
  const byBlock =
    request.rows.kind === 'text' && runner.calibration !== null
      ? openBlockRunner({
          model,
          layers,
          blocks: findBlocks(model.graph, layers),
          token: request.rows.token,
          windows: runner.calibration,
          runtime: request.runtime,
          sparse,
        })
      : null;
  const cache = new Map<string, LayerWeights | null>();
  return {
    rows: runner.rows,
    async dispose() {
      byBlock?.clear();
      await runner.dispose();
    },
    model: {
      sites,
      stages: correctionStages(model.graph, siteLayers),
      evaluate: (state, rows) => evaluate(runner, sites, state, rows, sparse(state)),
      values: (requests, share) => values(runner, byBlock, requests, share, sparse),
      weights(id) {
        const known = cache.get(id);
        if (known !== undefined) return known;
        const layer = layers.find((l) => l.id === id);
        assert(layer !== undefined, `no layer ${id}`);
        const found = layerWeights(model, layer, layers);
        cache.set(id, found);
        return found;
      },
      channelNorms(id) {
        const layer = layers.find((l) => l.id === id);
        assert(layer !== undefined, `no layer ${id}`);
        return channelNorms(model, layer);
      },
    },
  };
}

async function evaluate(
  runner: RowsRunner,
  sites: readonly SparsitySite[],
  state: SparsityState,
  rows: RowsKind,
  sparse: OnnxModel,
): Promise<Evaluation> {
  const counted = withZeroShares(
    sparse,
    sites.map(({ id, axis, layers: [first] }) => {
      const setting = state.settings.get(id);
      const positions = axis === 1 ? (first?.linear?.patches?.kernel.length ?? 0) : 0;
      return { name: id, axis, positions, threshold: setting?.threshold ?? null, centre: setting?.centre ?? null };
    }),
  );
  const { losses, means } = await runner.losses(encodeModel(counted.model), rows, [...counted.outputs.values()]);
  return { losses, zeros: new Map([...counted.outputs].map(([site, output]) => [site, means.get(output) ?? 0])) };
}

async function* values(
  runner: RowsRunner,
  byBlock: BlockRunner | null,
  requests: readonly ValuesRequest[],
  share: number,
  sparse: (state: SparsityState) => OnnxModel,
): AsyncGenerator<readonly ReadonlyMap<string, Float32Array>[]> {
  const blocks = requests.map(({ names }) => byBlock?.blockOf(names) ?? null);
  if (byBlock !== null && runner.calibration !== null && blocks.every((block) => block !== null)) {
    const { windows, tokens } = runner.calibration;
    const count = Math.max(1, Math.round((windows.length / tokens) * share));
    for (let first = 0; first < count; first += chunkWindows) {
      const size = Math.min(chunkWindows, count - first);
      const results = [];
      for (const [i, { state, names }] of requests.entries())
        results.push(await byBlock.run(state, blocks[i] ?? 0, [...new Set(names)], first, size));
      yield results;
    }
    return;
  }
  const asked = requests.map(({ state, names }) => ({ model: encodeModel(sparse(state)), names: [...new Set(names)] }));
  yield* runner.values(asked, share);
}

/** Weights of a dense layer with tensors of its own; null for others. */
function layerWeights(model: OnnxModel, layer: Layer, layers: readonly Layer[]): LayerWeights | null {
  const { linear, weight, bias } = layer;
  if (linear?.patches !== null || linear.groups !== 1 || weight === null) return null;
  const stored = [weight, ...(bias === null ? [] : [bias])];
  if (layers.some((other) => other !== layer && stored.some((name) => other.weight === name || other.bias === name))) return null;
  const w = tensor(model, weight);
  const b = bias === null ? null : tensor(model, bias);
  if (w === null || (bias !== null && b === null)) return null;
  const { inputs: d, outputs: k, transposed, alpha, beta } = linear;
  if (alpha === 0 || (b !== null && (beta === 0 || b.length !== k))) return null;
  const at = (j: number, o: number): number => (transposed ? o * d + j : j * k + o);
  const weights = new Float64Array(d * k);
  for (let j = 0; j < d; j++) for (let o = 0; o < k; o++) weights[j * k + o] = alpha * w[at(j, o)]!;
  return {
    weights,
    bias: Float64Array.from({ length: k }, (_, o) => beta * (b?.[o] ?? 0)),
    store(changed, whole) {
      const out = new Float32Array(d * k);
      for (let j = 0; j < d; j++) for (let o = 0; o < k; o++) out[at(j, o)] = changed[j * k + o]! / alpha;
      return { layer: layer.id, weights: out, bias: Float32Array.from(whole) };
    },
  };
}

/** [channels] Σ of squared weights that a channel of the layer's input meets. */
function channelNorms(model: OnnxModel, { id, linear, weight }: Layer): Float64Array {
  assert(linear !== null && weight !== null, `layer ${id} has stored weights`);
  const w = tensor(model, weight);
  assert(w !== null, `the weights of ${id} were readable before`);
  const { inputs: d, outputs: k, transposed, groups, patches, alpha } = linear;
  const kernel = patches?.kernel.reduce((a, b) => a * b, 1) ?? 1;
  const perGroup = d / kernel;
  const norms = new Float64Array(perGroup * groups);
  for (let o = 0; o < k; o++) {
    const first = Math.floor(o / (k / groups)) * perGroup;
    for (let j = 0; j < d; j++) {
      const c = first + Math.floor(j / kernel);
      norms[c] = norms[c]! + (alpha * w[transposed ? o * d + j : j * k + o]!) ** 2;
    }
  }
  return norms;
}

function tensor(model: OnnxModel, name: string): Float32Array | Float64Array | null {
  return readTensor(model, name).value?.data ?? null;
}
