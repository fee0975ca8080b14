import type { Checked } from '../model/diagnostic.ts';
import type { Layer } from '../model/layer.ts';
import type { CompoundHead } from '../protocol/compound-documents.ts';
import { cachePrices } from './cache-energy.ts';
import type { CacheSize } from './cache-energy.ts';
import type { EnergyContext } from './cost.ts';
import { retrainingContext } from './cost.ts';
import type { Placement } from './inference.ts';
import { layerInference, place } from './inference.ts';
import { mapLayers } from './map-layers.ts';
import type { LayerActivity } from './events-work.ts';
import type { Quantity } from './quantity.ts';
import { exactly, scale, sum } from './quantity.ts';
import type { TrainedLayer } from './retraining.ts';
import { sgdEnergy, trainingLevel } from './retraining.ts';
import { trainingScenario } from './scenario.ts';
import type { HeadSize, UpdateWork } from './update-energy.ts';
import { adamWork, ridgeWork, scoringEnergy, updateEnergy } from './update-energy.ts';

export type { HeadSize, UpdateWork };

type Joules = Quantity<'J'>;

/** The layers of one module without the head that learns, as they run in one forward pass. */
export interface ModuleWork {
  readonly layers: readonly Layer[];
  /** Tokens or rows of the forward pass that the layers' shapes are of. Default 1. */
  readonly unitsPerRun?: number;
  /** What was measured of the layers' inputs, by layer id; counts on event-driven targets. */
  readonly activity?: ReadonlyMap<string, LayerActivity>;
}

/** What the prices of a compound model follow from. */
export interface CompoundWork {
  readonly lower: ModuleWork;
  readonly upper: ModuleWork;
  /** The heads of the lower and of the upper exit. */
  readonly heads: { readonly lower: HeadSize; readonly upper: HeadSize };
  /** Null: there is no cache. */
  readonly cache: CacheSize | null;
  /** True: the upper module reads the rows itself, so that the whole depth, which is retrained, is that module alone. Default false. */
  readonly isUpperAlone?: boolean;
  /** Epochs of full retraining; default `assumedEpochs`. */
  readonly epochs?: number;
  /** Passes of Adam over the rows of an update. Default 4, those of the head. */
  readonly headEpochs?: number;
}

/**
 * What each thing that a compound model does costs on a target (method 3.8, 4.2, 8), modelled. A unit is a token of a text or a row.
 * Nothing is free: a decision whose representation was cached pays `lookup`, `read` and `head`.
 */
export interface CompoundPrices {
  /** One unit through the lower module. */
  readonly lower: Joules;
  /** One unit through the upper module's blocks. */
  readonly upper: Joules;
  /** One decision by a head with so many outputs; inputs default to the width of the lower exit. */
  head(outputs: number, inputs?: number): Joules;
  /** One look-up of a key of the size that `CompoundWork.cache` tells; nothing without a cache. */
  readonly lookup: Joules;
  /** One look-up of a key of so many bytes: its hash and one memory access. */
  lookupOf(keyBytes: number): Joules;
  /** Bytes of the cache that are read (a representation, and the key that is compared) and written. */
  read(bytes: number): Joules;
  write(bytes: number): Joules;
  /** An update of a head with so many rows, by its formula; default the lower exit's head. */
  update(head: CompoundHead, rows: number, size?: HeadSize): Joules;
  /** An update whose work the learner states itself. */
  updateOf(work: UpdateWork): Joules;
  /** Judging one candidate: its scores of so many rows. Default the lower exit's head. */
  probe(rows: number, size?: HeadSize): Joules;
  /** Gradient descent over all units seen, all layers and the upper head from the start. */
  retraining(units: number): Joules;
  /** Hit rate above which the cache saves energy; null: never, or there is no cache. */
  readonly breakEvenHitRate: number | null;
}

/** Nothing was computed. */
export const noJoules: Joules = exactly(0, 'J', 'modelled', 'nothing was computed');

/**
 * The prices of a compound model on a target. Modules share the target's memories: both have to fit a memory for their weights to live there. `energy-incomplete`
 * and no value when a layer's shapes are unknown. Never throws for input.
 */
export function compoundPrices(work: CompoundWork, context: EnergyContext): Checked<CompoundPrices> {
  const layers = [...work.lower.layers, ...work.upper.layers];
  const unknown = layers.find(
    ({ macs, inputElements, outputElements }) => macs === null || inputElements === null || outputElements === null,
  );
  if (unknown !== undefined) {
    const message = `The energy of a decision is not known, because a shape of layer "${unknown.id}" is unknown. Give the dynamic dimensions fixed sizes.`;
    return { value: undefined, diagnostics: [{ severity: 'error', code: 'energy-incomplete', message, where: { node: unknown.id } }] };
  }
  const retraining = retrainingContext(context);
  const placement = place([...layers, headLayer(work.heads.lower), headLayer(work.heads.upper)], context);
  const { cache } = work;
  const keep = cachePrices(cache, placement, context);
  const lower = moduleEnergy(work.lower, placement, context);
  const size = work.heads.lower;
  const updateOf = (stated: UpdateWork): Joules => (stated.macs === 0 ? noJoules : updateEnergy(stated, retraining).total);
  const lookup = cache === null ? noJoules : keep.lookup(cache.keyBytes);
  // Every decision asks for it, and on an array each answer takes a search for a mapping.
  const known = new Map<string, Joules>();
  const head = (outputs: number, inputs = size.inputs): Joules => {
    const key = `${inputs} ${outputs}`;
    const energy = known.get(key) ?? moduleEnergy({ layers: [headLayer({ inputs, outputs })] }, placement, context);
    known.set(key, energy);
    return energy;
  };
  const value: CompoundPrices = {
    lower,
    upper: moduleEnergy(work.upper, placement, context),
    head,
    lookup,
    lookupOf: keep.lookup,
    read: keep.move,
    write: keep.move,
    update: (head, rows, of = size) =>
      rows === 0 ? noJoules : updateOf(head === 'rls' ? ridgeWork(of, rows) : adamWork(of, rows, work.headEpochs ?? 4)),
    updateOf,
    probe: (rows, of = size) => (rows === 0 ? noJoules : scoringEnergy(wide, rows * of.inputs * of.outputs, context).total),
    retraining: (units) => (units === 0 ? noJoules : retrainingEnergy(work, units, retraining)),
    breakEvenHitRate:
      cache === null
        ? null
        : breakEvenHitRate({
            lowerJ: lower.value * cache.unitsPerDecision,
            lookupJ: lookup.value,
            readJ: keep.move(cache.keyBytes + cache.valueBytes).value,
            writeJ: keep.move(cache.keyBytes + cache.valueBytes).value,
          }),
  };
  return { value, diagnostics: [] };
}

/**
 * Hit rate H from which a cache saves energy (method 4.2): E_lookup + H·E_read + (1−H)·E_write < H·E_lower. Null: not even when every look-up hits.
 */
export function breakEvenHitRate(cost: {
  readonly lowerJ: number;
  readonly lookupJ: number;
  readonly readJ: number;
  readonly writeJ: number;
}): number | null {
  const { lowerJ, lookupJ, readJ, writeJ } = cost;
  if (lookupJ + readJ >= lowerJ) return null;
  return (lookupJ + writeJ) / (lowerJ - readJ + writeJ);
}

const wide = { weightBits: 32, activationBits: 32 } as const;

/** Joules of one unit through a module. */
function moduleEnergy({ layers, unitsPerRun = 1, activity }: ModuleWork, placement: Placement, context: EnergyContext): Joules {
  const mappings = mapLayers(layers, context);
  const parts = layers.flatMap(
    (layer) => layerInference(layer, placement, context, mappings.byLayer.get(layer.id), activity?.get(layer.id))?.total ?? [],
  );
  return parts.length === 0 ? noJoules : scale(sum(parts), 1 / unitsPerRun);
}

/** Gradient descent over all units on everything that the whole depth consists of; its first layer needs no gradient of its input. */
function retrainingEnergy(
  { lower, upper, heads, epochs, isUpperAlone = false }: CompoundWork,
  units: number,
  context: EnergyContext,
): Joules {
  const perRun = (module: ModuleWork): readonly TrainedLayer[] =>
    module.layers.map(({ macs, parameters, outputElements }) => ({
      macs: (macs ?? 0) / (module.unitsPerRun ?? 1),
      parameters,
      outputElements: (outputElements ?? 0) / (module.unitsPerRun ?? 1),
    }));
  const layers = [...(isUpperAlone ? [] : perRun(lower)), ...perRun(upper), headLayer(heads.upper)];
  const scenario = trainingScenario({ rows: units, ...(epochs === undefined ? {} : { epochs }) });
  const level = trainingLevel(layers, context, scenario);
  return sum(layers.flatMap((layer, index) => sgdEnergy(layer, index === 0, level, context, scenario)?.total ?? []));
}

/** A head as a layer, in float32 with bias. */
function headLayer({ inputs, outputs }: HeadSize): Layer {
  const parameters = inputs * outputs + outputs;
  const sizes = {
    ...wide,
    macs: inputs * outputs,
    parameters,
    weightBytes: 4 * parameters,
    inputElements: inputs,
    outputElements: outputs,
  };
  const dims = { weightDims: [outputs, inputs], biasDims: [outputs], patches: null };
  return {
    ...{ id: 'head', op: 'Gemm', nodeIndex: 0, inputShape: [1, inputs], outputShape: [1, outputs], ...sizes },
    ...{
      weight: null,
      bias: null,
      input: '',
      preActivation: '',
      output: '',
      activation: null,
      norm: null,
      residual: null,
      averaged: false,
    },
    linear: { inputs, outputs, groups: 1, transposed: true, alpha: 1, beta: 1, ...dims },
    notSolvable: null,
  };
}
