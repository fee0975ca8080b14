import { matchLayers } from '../energy/match-layers.ts';
import type { LayerPair } from '../energy/match-layers.ts';
import { isAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { SolverRequests, WeightChange, WeightChanges } from '../protocol/index.ts';
import type { LayerWeight } from '../onnx/layer-weight.ts';
import { alignedWith } from './align-weights.ts';
import { Change, eachSlice, extentOf } from './count-weights.ts';
import type { ReadContext } from './count-weights.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';
import { opened, openWeightModel, reading, together, withModel } from './weights.ts';
import type { WeightModel } from './weights.ts';

/** Weights looked at in one request, both sides together: a few seconds' reading. What lies beyond is left out and counted. */
const maxElements = 2 ** 29;

/**
 * Zeros and relative change of every layer's weights between two models, in one pass over both. A layer whose weights cannot be read or
 * compared has the status `unknown`; that never ends the request. Throws TierwiseError when a model cannot be read.
 */
export async function weightChangesJob(
  environment: Environment,
  params: SolverRequests['tierwise/weightChanges']['params'],
  control: JobControl = {},
): Promise<WeightChanges> {
  const after = await openWeightModel(environment, params.path);
  return withModel(environment, params.before, async (before) => {
    const pairs = matchLayers(before.layers, after.layers);
    const total = 2 * pairs.reduce((sum, pair) => sum + (pair.after ?? pair.before).parameters, 0);
    const context = reading(control, Math.min(total, maxElements));
    const layers: WeightChange[] = [];
    let left = maxElements;
    let leftOut = 0;
    for (const pair of pairs) {
      const needed = (pair.after?.parameters ?? 0) + (pair.before?.parameters ?? 0);
      if (needed > left) {
        leftOut++;
        layers.push(unread(pair));
        continue;
      }
      left -= needed;
      layers.push(await changeOf(pair, before, after, context));
    }
    return { layers, leftOut };
  });
}

async function changeOf(pair: LayerPair, before: WeightModel, after: WeightModel, context: ReadContext): Promise<WeightChange> {
  try {
    if (pair.before === null) return await alone(opened(after, pair.after), pair.after.id, 'added', context);
    if (pair.after === null) return await alone(opened(before, pair.before), pair.before.id, 'removed', context);
    return await both(pair.after.id, opened(after, pair.after), () => opened(before, pair.before), context);
  } catch (error) {
    // A tensor that cannot be read concerns its layer only.
    if (isAbort(error) || !(error instanceof TierwiseError)) throw error;
    return unread(pair);
  }
}

async function both(id: string, weight: LayerWeight, openBefore: () => LayerWeight, context: ReadContext): Promise<WeightChange> {
  let other: LayerWeight | null = null;
  try {
    other = alignedWith(openBefore(), weight);
    if (other === null)
      return { id, status: 'unknown', count: weight.elements, zeros: { before: null, after: null }, relativeChange: null };
    // Only numbers of 64 bits have squares that overflow; theirs are scaled.
    const change = new Change(weight.dtype === 'float64' || other.dtype === 'float64' ? await largest([weight, other], context) : 1);
    let [zeros, zerosBefore] = [0, 0];
    await together(weight, other, context, (values, valuesBefore) => {
      if (valuesBefore === null) return;
      zeros += zerosIn(values);
      zerosBefore += zerosIn(valuesBefore);
      change.see(values, valuesBefore);
    });
    const relativeChange = change.differs ? change.relative : 0;
    return {
      id,
      status: change.differs ? 'changed' : 'same',
      count: weight.elements,
      zeros: { before: zerosBefore, after: zeros },
      relativeChange,
    };
  } finally {
    weight.close();
    other?.close();
  }
}

async function alone(weight: LayerWeight, id: string, status: 'added' | 'removed', context: ReadContext): Promise<WeightChange> {
  try {
    let zeros = 0;
    await eachSlice(weight, context, (values) => (zeros += zerosIn(values)));
    const sides = status === 'added' ? { before: null, after: zeros } : { before: zeros, after: null };
    return { id, status, count: weight.elements, zeros: sides, relativeChange: null };
  } finally {
    weight.close();
  }
}

async function largest(weights: readonly LayerWeight[], context: ReadContext): Promise<number> {
  let magnitude = 0;
  for (const weight of weights) {
    const { min, max } = await extentOf(weight, context);
    if (min <= max) magnitude = Math.max(magnitude, Math.abs(min), Math.abs(max));
  }
  return magnitude;
}

function zerosIn(values: Float64Array): number {
  let zeros = 0;
  for (let i = 0; i < values.length; i++) if (values[i] === 0) zeros++;
  return zeros;
}

function unread(pair: LayerPair): WeightChange {
  const status = pair.before === null ? 'added' : pair.after === null ? 'removed' : 'unknown';
  const known = pair.after ?? pair.before;
  return { id: known.id, status, count: null, zeros: { before: null, after: null }, relativeChange: null };
}
