import { correctionStages } from '../compress/sparsify/stages.ts';
import type { LayerWeights, SparsifyModel, SparsityState, ValuesRequest } from '../compress/sparsify/types.ts';
import { assert } from '../model/error.ts';
import { findBlocks } from '../model/blocks.ts';
import type { Layer } from '../model/layer.ts';
import { encodeModel, readTensor, withThresholds, type OnnxModel } from '../onnx/index.ts';
import { Passes } from './sparsify-passes.ts';
import { openBlockRunner, type BlockRunner } from './sparsify-parts.ts';
import { openRowsRunner, type RowsRunner } from './sparsify-run.ts';
import type { SearchRequest } from './sparsify-search.ts';
import { siteThresholds } from './sparsify-thresholds.ts';

/** Windows of a chunk of values of one block, and rows of values that run together at most, all names counted. */
const chunkWindows = 64;
const maxRun = 2 ** 17;

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
          targets: targetsOf(siteLayers),
        })
      : null;
  const passes = new Passes({ runner, byBlock, sites, sparse, rows: request.rows });
  const cache = new Map<string, LayerWeights | null>();
  return {
    rows: runner.rows,
    async dispose() {
      await byBlock?.clear();
      await runner.dispose();
    },
    model: {
      sites,
      stages: correctionStages(model.graph, siteLayers),
      evaluate: (state, rows) => passes.evaluate(state, rows),
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
    const names = requests.reduce((sum, request) => sum + request.names.length, 0);
    // Windows run together, but are handed out in chunks of the same size however many ran.
    const most = chunkWindows * Math.max(1, Math.floor(maxRun / (chunkWindows * tokens * names)));
    for (let first = 0; first < count; first += most) {
      const size = Math.min(most, count - first);
      const results: ReadonlyMap<string, Float32Array>[] = [];
      for (const [i, request] of requests.entries())
        results.push(await byBlock.run(request.state, blocks[i] ?? 0, [...new Set(request.names)], first, size));
      for (let from = 0; from < size; from += chunkWindows) {
        const [begin, end] = [from / size, Math.min(size, from + chunkWindows) / size];
        yield results.map((all) => new Map([...all].map(([name, data]) => [name, between(data, begin, end)])));
      }
    }
    return;
  }
  const asked = requests.map(({ state, names }) => ({ model: encodeModel(sparse(state)), names: [...new Set(names)] }));
  yield* runner.values(asked, share);
}

function between(data: Float32Array, begin: number, end: number): Float32Array {
  return begin === 0 && end === 1 ? data : data.subarray(Math.round(data.length * begin), Math.round(data.length * end));
}

/** What a correction aims at: the results of layers, or the sums behind them, with their widths. */
function targetsOf(layers: readonly Layer[]): ReadonlyMap<string, number> {
  return new Map(
    layers.flatMap(({ linear, residual, preActivation }): [string, number][] =>
      linear?.patches === null ? [[residual?.sum ?? preActivation, linear.outputs]] : [],
    ),
  );
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
