import type { RidgeSums } from '../../fit/ridge/sums.ts';
import { combineSums } from '../../fit/ridge/sums.ts';
import { checkAbort } from '../../model/abort.ts';
import { assert, TierwiseError } from '../../model/error.ts';
import type { Layer } from '../../model/layer.ts';
import type { SparsitySite } from '../../model/sites.ts';
import { sparseInputs } from './apply.ts';
import { biasOnly, chunkSums, openChangeSolver, solveContext, squaredError, type ChangedWeights, type ChangeSolver } from './ridge-sums.ts';
import { rectifiedTargets } from './rectified-targets.ts';
import {
  denseState,
  type CorrectedLayer,
  type LayerWeights,
  type SiteSetting,
  type SparsifyControl,
  type SparsifyModel,
  type SparsityState,
} from './types.ts';

/** Ridges that are tried on rows held apart, times the mean diagonal of the Gram. */
const ridges = [1e-3, 1e-2, 1e-1] as const;
/** The last part of every chunk is held apart while the ridge is chosen. */
const apartPart = 0.25;
/** Steps towards targets that only count where the rectifier lets them through. */
const rectifierSteps = 2;

/** What one correction of a model is made with. */
export interface CorrectionRequest {
  readonly model: SparsifyModel;
  readonly settings: ReadonlyMap<string, SiteSetting>;
  /** Part of the calibration rows, 0 to 1. */
  readonly share: number;
  readonly control: Pick<SparsifyControl, 'numerics' | 'abort'>;
}

/** A layer of one stage with what it is corrected by. */
interface Target {
  readonly layer: Layer;
  readonly site: SparsitySite;
  readonly stored: LayerWeights;
}

/**
 * Corrects every dense layer by least squares, in graph order: its inputs are those of the model with thresholds and with the layers
 * before it corrected already, its target is what the model as it was given makes there. The bias is free. Layers that read one value are
 * solved together.
 *
 * - Before a skip connection the target is the sum behind it: the layer also makes up for errors that came down the skip.
 * - Before a rectifier a target below zero asks for nothing but to stay below zero (majorisation: the target moves to where the result
 *   is already), which leaves the weights free for the rows that count.
 *
 * The ridge pulls towards the weights as they were and is chosen on rows held apart; where no solve does better there than the weights as they were,
 * only the bias changes. Layers that are no plain product, and those in front of the first threshold, keep their weights.
 */
export async function correctModel({ model, settings, share, control }: CorrectionRequest): Promise<SparsityState> {
  const corrections = new Map<string, CorrectedLayer>();
  const siteOf = new Map(model.sites.flatMap((site) => site.layers.map((layer) => [layer.id, site] as const)));
  // In front of the first threshold nothing differs from the model as it was given.
  const first = model.stages.findIndex((stage) => stage.some(({ id }) => settings.has(siteOf.get(id)?.id ?? '')));
  for (const stage of model.stages.slice(first < 0 ? model.stages.length : first)) {
    checkAbort(control.abort);
    const targets = stage.flatMap((layer): Target[] => {
      const site = siteOf.get(layer.id);
      const stored = site === undefined ? null : model.weights(layer.id);
      return site === undefined || stored === null ? [] : [{ layer, site, stored }];
    });
    if (targets.length === 0) continue;
    const state = { settings, corrections: new Map(corrections) };
    for (const corrected of await correctStage(model, state, targets, share, control)) corrections.set(corrected.layer, corrected);
  }
  return { settings, corrections };
}

/** Inputs and targets of the layers that read one value. */
interface Group {
  readonly site: SparsitySite;
  readonly members: readonly Target[];
  readonly outputs: number;
  /** Sums for the solve, and of rows held apart. */
  solve: RidgeSums | undefined;
  apart: RidgeSums | undefined;
  /** Kept for layers before a rectifier only. */
  readonly chunks: { readonly x: Float32Array; readonly y: Float32Array }[];
}

async function correctStage(
  model: SparsifyModel,
  state: SparsityState,
  targets: readonly Target[],
  share: number,
  control: CorrectionRequest['control'],
): Promise<readonly CorrectedLayer[]> {
  const context = solveContext(control.abort);
  const groups = grouped(targets);
  const dense = { state: denseState, names: targets.map(({ layer }) => layer.residual?.sum ?? layer.preActivation) };
  const sparse = { state, names: [...groups.map(({ site }) => site.id), ...targets.flatMap(({ layer }) => layer.residual?.skip ?? [])] };
  for await (const [wanted, given] of model.values([dense, sparse], share)) {
    checkAbort(control.abort);
    assert(wanted !== undefined && given !== undefined, 'values of both states');
    for (const group of groups) {
      const x = sparseInputs(valueOf(given, group.site.id), group.site.channels, state.settings.get(group.site.id));
      const y = joinedTargets(group, wanted, given);
      const rows = x.length / group.site.channels;
      const border = rows - Math.floor(rows * apartPart);
      const add = async (had: RidgeSums | undefined, from: number, to: number): Promise<RidgeSums | undefined> => {
        if (to <= from) return had;
        const [xs, ys] = [
          x.subarray(from * group.site.channels, to * group.site.channels),
          y.subarray(from * group.outputs, to * group.outputs),
        ];
        const sums = await chunkSums(control.numerics, xs, ys, group.site.channels, group.outputs, context);
        return had === undefined ? sums : combineSums(had, sums);
      };
      group.solve = await add(group.solve, 0, border);
      group.apart = await add(group.apart, border, rows);
      if (group.members.some(({ layer }) => layer.activation === 'Relu')) group.chunks.push({ x, y });
    }
  }
  const corrected: CorrectedLayer[] = [];
  for (const group of groups) corrected.push(...(await correctGroup(group, control)));
  return corrected;
}

async function correctGroup(group: Group, { numerics, abort }: CorrectionRequest['control']): Promise<readonly CorrectedLayer[]> {
  const { members, outputs, site } = group;
  assert(group.solve !== undefined, 'there are calibration rows');
  const original = joinedWeights(members, site.channels, outputs);
  const all = group.apart === undefined ? group.solve : combineSums(group.solve, group.apart);
  const plain = biasOnly(group.solve, original);
  let best = { ridge: Infinity, error: group.apart === undefined ? Infinity : await squaredError(numerics, group.apart, plain) };
  for (const ridge of group.apart === undefined ? [1e-1] : ridges) {
    const solver = await openOrNone({ sums: group.solve, weights: original, ridge }, numerics, abort);
    if (solver === null) continue;
    const tried = await solver.solve(group.solve);
    const error = group.apart === undefined ? 0 : await squaredError(numerics, group.apart, tried);
    if (error < best.error) best = { ridge, error };
  }
  if (best.ridge === Infinity) return split(members, biasOnly(all, original), outputs);
  const rectified = members.map(({ layer }) => layer.activation === 'Relu');
  const widths = members.map(({ stored }) => stored.bias.length);
  const solver = await openOrNone({ sums: all, weights: original, ridge: best.ridge }, numerics, abort);
  if (solver === null) return split(members, biasOnly(all, original), outputs);
  let solution = await solver.solve(all);
  for (let step = 0; step < rectifierSteps && group.chunks.length > 0; step++) {
    solution = await solver.solve(await rectifiedTargets(numerics, all, group.chunks, solution, { widths, rectified }));
  }
  return split(members, solution, outputs);
}

/** Null where the equations have no stable solution, because next to nothing is left of the inputs: the weights then stay. */
async function openOrNone(...problem: Parameters<typeof openChangeSolver>): Promise<ChangeSolver | null> {
  try {
    return await openChangeSolver(...problem);
  } catch (error) {
    if (error instanceof TierwiseError && error.code === 'singular-gram') return null;
    throw error;
  }
}

function grouped(targets: readonly Target[]): readonly Group[] {
  const members = new Map<SparsitySite, Target[]>();
  for (const target of targets) {
    const list = members.get(target.site);
    if (list === undefined) members.set(target.site, [target]);
    else list.push(target);
  }
  return [...members].map(([site, own]) => {
    const outputs = own.reduce((sum, { stored }) => sum + stored.bias.length, 0);
    return { site, members: own, outputs, solve: undefined, apart: undefined, chunks: [] };
  });
}

/** [rows, outputs] what the layers of a group shall give, side by side. */
function joinedTargets(
  { members, outputs }: Group,
  wanted: ReadonlyMap<string, Float32Array>,
  given: ReadonlyMap<string, Float32Array>,
): Float32Array {
  let first = 0;
  let joined = new Float32Array(0);
  for (const { layer, stored } of members) {
    const k = stored.bias.length;
    const goal = valueOf(wanted, layer.residual?.sum ?? layer.preActivation);
    const skip = layer.residual === null ? null : valueOf(given, layer.residual.skip);
    const rows = goal.length / k;
    if (first === 0) joined = new Float32Array(rows * outputs);
    for (let row = 0; row < rows; row++)
      for (let o = 0; o < k; o++) joined[row * outputs + first + o] = goal[row * k + o]! - (skip === null ? 0 : skip[row * k + o]!);
    first += k;
  }
  return joined;
}

function joinedWeights(members: readonly Target[], d: number, outputs: number): Float64Array {
  const joined = new Float64Array(d * outputs);
  let first = 0;
  for (const { stored } of members) {
    const k = stored.bias.length;
    for (let j = 0; j < d; j++) joined.set(stored.weights.subarray(j * k, (j + 1) * k), j * outputs + first);
    first += k;
  }
  return joined;
}

function split(members: readonly Target[], { weights, bias }: ChangedWeights, outputs: number): readonly CorrectedLayer[] {
  let first = 0;
  return members.map(({ stored, site: { channels: d } }) => {
    const k = stored.bias.length;
    const own = new Float64Array(d * k);
    for (let j = 0; j < d; j++) own.set(weights.subarray(j * outputs + first, j * outputs + first + k), j * k);
    const corrected = stored.store(own, bias.slice(first, first + k));
    first += k;
    return corrected;
  });
}

function valueOf(values: ReadonlyMap<string, Float32Array>, name: string): Float32Array {
  const value = values.get(name);
  assert(value !== undefined, `no values of ${name}`);
  return value;
}
