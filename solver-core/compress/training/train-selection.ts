import { checkAbort } from '../../model/abort.ts';
import { weightCount, weightIndex } from '../../energy/switching/types.ts';
import type { GradientLearner } from '../../learn/gradient/index.ts';
import type { LearnRows } from '../../learn/learner.ts';
import { allowedIntegers } from '../select/allowed.ts';
import { chooseCandidate } from '../select/choose.ts';
import type {
  PricedValues,
  SelectCandidate,
  SelectControl,
  SelectOptions,
  SelectOutcome,
  SelectProblem,
  StoredModel,
} from '../select/types.ts';
import type { AssessContext } from './assess-stored.ts';
import { assessStored } from './assess-stored.ts';
import { narrowSets } from './narrow-sets.ts';
import type { SetUse } from './narrow-sets.ts';
import { outputOf, roundedLayer, scalesOf } from './stored-layer.ts';
import type { TrainedLayer } from './trained-layer.ts';
import { formOf, storedOf } from './trained-layer.ts';

/** What training needs beside the problem. */
export interface TrainingRequest {
  readonly problem: SelectProblem;
  /** On the original model, with all layers of the problem in its tier; its `epochs` are the passes of one round. The caller disposes of it. */
  readonly learner: GradientLearner;
  /** The steering rows; their labels only say what kind of answer the model gives. */
  readonly rows: LearnRows;
  /** Where each layer of the problem lies in the model, by id. */
  readonly tensors: ReadonlyMap<string, Pick<TrainedLayer, 'layout' | 'bias'>>;
  readonly options: SelectOptions;
}

/** Share of the values in use that go in each round at first (method 5.4 b); halved whenever a removal proves too much. */
const firstShare = 0.2;
const leastShare = 0.02;
/** Rounds with the same sets that may fail before the removal is taken back: training often recovers in the next one. */
const patience = 2;
const defaultPoints = 24;

/**
 * Quantisation-aware training with a shrinking set of values per layer (our reading of arXiv 2511.17123, method 5.4 b): forward passes use
 * the nearest allowed values, gradients go straight through to the weights behind them; after each round that keeps the validation
 * quality within the allowed drop, the values that cost most energy per loss are taken away from all layers together, so layers with
 * much energy shrink first; a removal that training cannot make good is taken back, and the next one is half as large. Prices are those of the weights of the round, not of the start. Rejects with AbortError.
 */
export async function trainSelection(request: TrainingRequest, control: SelectControl): Promise<SelectOutcome> {
  const { problem, options } = request;
  const rows = await taughtRows(request);
  const original = await problem.assess(new Map(), control);
  const context: AssessContext = { problem, original, maxDrop: options.maxDrop, control };
  const baseline = await assessStored(context, { id: 'int8', label: 'int8 by rounding', kind: 'baseline' }, rounded(request), null);
  control.onPoint?.(baseline);
  const points: SelectCandidate[] = [baseline];
  const frozen = await tensorsOf(request.learner);
  let now: Stage = { learner: request.learner, layers: startingLayers(request) };
  let kept: KeptStage | null = null;
  const rounds = options.maxPoints ?? defaultPoints;
  let share = firstShare;
  for (let round = 1, failures = 0; round <= rounds; round++) {
    checkAbort(control.abort);
    control.onProgress?.(round / (rounds + 1), `training, round ${round}`);
    const learner = await now.learner.inForm(formOf(now.layers, frozen)).updated(rows);
    const point = await assessed(context, round, now.layers, learner, baseline.energy);
    points.push(point);
    control.onPoint?.(point);
    failures = point.allowed ? 0 : failures + 1;
    now = { ...now, learner };
    if (point.allowed) {
      kept = { ...now, uses: await usesOf({ ...request, rows }, now, storedIn(point), control) };
    } else if (failures < patience) continue;
    else {
      failures = 0;
      share /= 2;
    }
    // Nothing left to take away, or nothing that could be taken back: more training would change the weights, not what they may be.
    if (kept === null || share < leastShare) break;
    const layers = narrowed(kept, share);
    if (layers === null) break;
    now = { learner: kept.learner, layers };
  }
  return { baseline, original, chosen: chooseCandidate(points, baseline, options), points };
}

/** Weights in training, and the values that they may take. */
interface Stage {
  readonly learner: GradientLearner;
  readonly layers: readonly TrainedLayer[];
}

/** A stage whose quality was allowed, with how the layers that may lose values use them. */
interface KeptStage extends Stage {
  readonly uses: ReadonlyMap<TrainedLayer, SetUse>;
}

async function assessed(
  context: AssessContext,
  round: number,
  layers: readonly TrainedLayer[],
  learner: GradientLearner,
  baselineEnergy: number,
): Promise<SelectCandidate> {
  const values = await tensorsOf(learner);
  const stored: StoredModel = new Map(layers.map((trained) => [trained.layer.id, storedOf(trained, values)]));
  const label = `training, round ${round}: at most ${Math.max(...layers.map(({ set }) => set.length))} values per layer`;
  return assessStored(context, { id: `training-${round}`, label, kind: 'candidate' }, stored, baselineEnergy);
}

/**
 * The steering rows with what the original model answers as their targets (distillation, Hinton et al., arXiv 1503.02531): training on the
 * labels of a few rows makes a well-trained model worse before any value is taken away.
 */
async function taughtRows({ learner, rows }: TrainingRequest): Promise<LearnRows> {
  const scores = await learner.scores(rows);
  const { outputs } = learner;
  const values = scores.slice();
  if (rows.labels.kind === 'class' && outputs > 1)
    for (let r = 0; r < rows.rows; r++) softmax(values.subarray(r * outputs, (r + 1) * outputs));
  return { ...rows, labels: { kind: 'regression', outputs, values } };
}

function softmax(scores: Float32Array): void {
  const top = scores.reduce((a, b) => Math.max(a, b), -Infinity);
  const total = scores.reduce((sum, v) => sum + Math.exp(v - top), 0);
  scores.forEach((v, o) => (scores[o] = Math.exp(v - top) / total));
}

const storedIn = ({ layers }: SelectCandidate): StoredModel => new Map(layers.map(({ stored }) => [stored.id, stored]));

/** Every layer at the nearest of all int8 values: what savings count from. */
function rounded({ problem }: TrainingRequest): StoredModel {
  const set = allowedIntegers({ kind: 'all' }, 8);
  return new Map(
    problem.layers.map((layer) => {
      const biasChange = new Float64Array(layer.groups * layer.outputs);
      return [layer.id, roundedLayer(layer, layer.weights, { bits: 8, set, scales: scalesOf(layer, 8), biasChange })];
    }),
  );
}

function startingLayers({ problem, tensors, options: { bits, values } }: TrainingRequest): readonly TrainedLayer[] {
  return problem.layers.flatMap((layer) => {
    const where = tensors.get(layer.id);
    return where === undefined ? [] : [{ layer, ...where, bits, scales: scalesOf(layer, bits), set: allowedIntegers(values, bits) }];
  });
}

async function tensorsOf(learner: GradientLearner): Promise<ReadonlyMap<string, Float32Array>> {
  const weights = await learner.weights();
  return weights.kind === 'initializers' ? new Map([...weights.weights].map(([name, { data }]) => [name, data])) : new Map();
}

/** How each layer that may still lose values uses them now. Powers of two, and sets of the size asked for, stay whole. */
async function usesOf(
  { problem, rows, options: { values } }: TrainingRequest,
  { learner, layers }: Stage,
  stored: StoredModel,
  control: SelectControl,
): Promise<KeptStage['uses']> {
  const uses = new Map<TrainedLayer, SetUse>();
  if (values.kind === 'powers-of-two') return uses;
  const open = layers.filter(({ set }) => set.length > Math.max(3, values.kind === 'set' ? values.size : 0));
  if (open.length === 0) return uses;
  const importance = await learner.importance(rows);
  for (const trained of open) {
    const view = await problem.view(trained.layer, stored, control);
    const { integers } = stored.get(trained.layer.id)!;
    uses.set(trained, useOf(trained, integers, await view.prices(integers), importance.get(trained.layout.name)!));
  }
  return uses;
}

/** The layers with the next smaller sets; null when no value may go any more. */
function narrowed({ layers, uses }: KeptStage, share: number): readonly TrainedLayer[] | null {
  const open = [...uses.keys()];
  if (open.length === 0) return null;
  const sets = narrowSets([...uses.values()], share);
  return layers.map((trained) => {
    const at = open.indexOf(trained);
    return at < 0 ? trained : { ...trained, set: sets[at]! };
  });
}

/** Uses, energy and stiffness of each value of a layer. */
function useOf({ layer, layout, scales, set }: TrainedLayer, integers: Int8Array, prices: PricedValues, fisher: Float32Array): SetUse {
  const { inputs: d, outputs: k, positions } = layer;
  const uses = new Float64Array(weightCount);
  const stiffness = new Float64Array(weightCount);
  integers.forEach((v, at) => {
    const index = weightIndex(v);
    const step = scales[outputOf(at, d, k)]! / layout.alpha;
    uses[index] = uses[index]! + positions;
    stiffness[index] = stiffness[index]! + 0.5 * fisher[layout.places[at]!]! * step * step;
  });
  const energy = new Float64Array(weightCount);
  for (const inputClass of prices.inputClass)
    for (let v = 0; v < weightCount; v++) energy[v] = energy[v]! + prices.energy[inputClass * weightCount + v]! / prices.inputClass.length;
  return { set, uses, energy, stiffness };
}
