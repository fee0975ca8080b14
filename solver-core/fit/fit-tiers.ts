import { TierwiseError } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import { solveRowsPerSample } from '../model/positions.ts';
import type { Plan } from '../model/plan.ts';
import { quoteName } from '../model/quote.ts';
import { fitLayer } from './fit-layer.ts';
import type { FitJob, FitRequest, FitResult, LayerFit } from './fit-request.ts';
import type { WeightTensor } from './model-editor.ts';

export type { FitRequest, FitResult, LayerFit } from './fit-request.ts';

/**
 * Solves the layers of a plan's tiers in graph order, each on the outputs of the layers already solved, for all rows of `data`.
 * Lower tiers use their targets; the model's last layer is solved for the labels themselves, in a lower tier and in an upper one: that
 * exact solution is the state its incremental learning continues from. Other layers of an upper tier stay as they are.
 *
 * Same rows, plan, backend and library versions: same bits. Rejects with AbortError, with the errors of backend and runtime.
 */
export async function fitTiers(request: FitRequest): Promise<FitResult> {
  const jobs = fitJobs(request.layers, request.plan);
  const weights = new Map<string, WeightTensor>(request.fitted);
  const results: LayerFit[] = [];
  const efforts = jobs.map(({ layer }) => solveMacs(layer, request.data.rows));
  const total = efforts.reduce((sum, effort) => sum + effort, 0);
  let done = 0;
  for (const [at, job] of jobs.entries()) {
    const share = efforts[at]! / total;
    const onProgress = (fraction: number, message: string): void =>
      request.context.onProgress?.(done + share * fraction, `${job.layer.id}: ${message}`);
    const { fit, stored } = await fitLayer(request, job, weights, { ...request.context, onProgress }).catch((error: unknown) => {
      throw naming(job.layer, error);
    });
    for (const [name, tensor] of stored) weights.set(name, tensor);
    results.push(fit);
    done += share;
  }
  return { weights, layers: results };
}

/** The same failure of the world, with the layer it happened in. */
function naming(layer: Layer, error: unknown): unknown {
  if (!(error instanceof TierwiseError) || error.category === 'internal') return error;
  return new TierwiseError(error.code, `layer ${quoteName(layer.id)}: ${error.message}`, error.advice, {
    cause: error,
    category: error.category,
  });
}

/** The layers that a fit of the plan solves, in graph order. */
export function fitJobs(layers: readonly Layer[], plan: Plan): readonly FitJob[] {
  const last = layers.at(-1);
  const jobs: FitJob[] = [];
  for (const layer of layers) {
    const tier = [...plan.lower, ...plan.upper].find((t) => t.layers.includes(layer.id));
    const answersLabels = layer === last;
    if (tier !== undefined && (tier.kind === 'lower' || answersLabels)) jobs.push({ layer, tier, answersLabels });
  }
  return jobs;
}

/** Multiply-adds of solving one layer on `samples` samples: Gram, factor and substitution of every group. */
export function solveMacs(layer: Layer, samples: number): number {
  const { inputs: d, outputs: k, groups } = layer.linear ?? { inputs: 1, outputs: 1, groups: 1 };
  const rows = samples * solveRowsPerSample(layer);
  return groups * ((rows * d * d) / 2 + d ** 3 / 6) + rows * d * k + d * d * k;
}
