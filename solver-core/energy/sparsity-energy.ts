import { assert } from '../model/error.ts';
import type { Layer } from '../model/layer.ts';
import type { SavingDocument, TableSaving } from '../protocol/evidence-documents.ts';
import type { SparsityCost, SparsityEnergyDocument } from '../protocol/sparsify-documents.ts';
import type { EnergyContext } from './cost.ts';
import { timeOf } from './cost.ts';
import { eventInference, thresholdEnergy } from './events-energy.ts';
import type { LayerActivity } from './events-work.ts';
import { eventMacs, madeMacs, thresholdMacs } from './events-work.ts';
import { place } from './inference.ts';
import type { Band, Quantity } from './quantity.ts';
import { addBand, exactBand, quantity, scale, scaleBand, sum, timesBand, weakest } from './quantity.ts';
import type { EnergyTable, EnergyTarget, EventsOnTarget } from './target.ts';
import { modelCount } from './work.ts';

/** Zeros among the inputs of a layer, measured on rows that chose nothing; shares, 0 to 1. */
export interface LayerZeros {
  readonly layer: string;
  /** Of the model as it was given. */
  readonly natural: number;
  /** With thresholds. */
  readonly sparse: number;
  /** What is done to make them. Default: `none` where both shares are equal, else `plain`. */
  readonly thresholds?: 'none' | 'plain' | 'centred';
  /** Whether the layer's bias holds a centre's share or a correction. Default: where there is a centre. */
  readonly biased?: boolean;
}

/** What the figures are of. */
export interface SparsityAbout {
  readonly unit: SparsityEnergyDocument['unit'];
  /** Tokens or rows of the forward pass that the layers' shapes are of. Default 1. */
  readonly unitsPerRun?: number;
  /** Quality on both sides; `split`: the rows that it and the zeros were read on, e.g. "4096 held-out tokens". */
  readonly quality: Pick<SavingDocument, 'metric' | 'before' | 'after' | 'split' | 'rows'>;
}

type Variant = 'dense' | 'natural' | 'sparse';

type Three<T> = Readonly<Record<Variant, T>>;

/**
 * What zeros are worth on an event-driven target, per token or row: energy by both published models, time, and savings against a machine that
 * counts every input and against one that skips the zeros of rectifiers already. All three run on the same constants; only the share of nonzero
 * inputs differs, and the comparisons that make zeros and the biases that they bring are on the side of the thresholds. A layer that `zeros` does not name counts in full. Bytes
 * from beyond the cores are the same on all sides: rows of weights that are skipped save them only where weights are stored and fetched by rows,
 * for which nothing is credited. Null when the target is not event-driven or a layer's size is unknown.
 */
export function sparsityEnergy(
  layers: readonly Layer[],
  zeros: readonly LayerZeros[],
  target: EnergyTarget,
  tables: readonly EnergyTable[],
  about: SparsityAbout,
): SparsityEnergyDocument | null {
  const { events } = target;
  const isKnown = layers.every((layer) => layer.inputElements !== null && layer.outputElements !== null && eventMacs(layer) !== null);
  if (events === undefined || !isKnown || layers.length === 0) return null;
  const context: EnergyContext = { target, host: target, tables, tableSpread: true };
  const per = 1 / (about.unitsPerRun ?? 1);
  const activities = each((variant) => layerActivities(layers, zeros, variant, about.quality.split));
  const made = each((variant) => layers.map((layer) => madeBy(layer, activities[variant])).reduce(addBand));
  const costs: readonly SparsityCost[] = [
    { model: 'synaptic', ...each((variant) => scale(synaptic(layers, activities[variant], events), per)) },
    { model: 'instructions', ...each((variant) => scale(byInstructions(layers, activities[variant], events, context), per)) },
  ];
  const latency = each((variant): Quantity<'s'> => {
    const comparing = [...activities[variant].values()].reduce((total, activity) => total + thresholdMacs(activity), 0);
    return quantity('s', timeOf(target, scaleBand(addBand(made[variant], modelCount(comparing)), per)));
  });
  return {
    target: target.id,
    unit: about.unit,
    macs: each((variant) => Math.round(made[variant].value * per)),
    costs,
    latency,
    againstDense: saving('dense', costs, target, about),
    againstNatural: saving('natural', costs, target, about),
  };
}

/**
 * What is known about each layer's inputs. `natural`: zeros of the model as it was given; `sparse`: those with thresholds and the comparisons that make
 * them, counted once per value that several layers read, and a multiply-add per output of each layer whose bias holds a centre's share or a correction,
 * whether or not there was a bias before: biases count nowhere else, so that no saving gets too large by it. Layers that are not named have no
 * zeros. `rows`: what the zeros were measured on.
 */
export function layerActivities(
  layers: readonly Layer[],
  zeros: readonly LayerZeros[],
  variant: Variant,
  rows: string,
): ReadonlyMap<string, LayerActivity> {
  const known = new Map(zeros.map((entry) => [entry.layer, entry]));
  const compared = new Set<string>();
  return new Map(
    layers.map((layer): [string, LayerActivity] => {
      const found = known.get(layer.id);
      if (found === undefined || variant === 'dense') return [layer.id, { nonzero: everyInput, compared: 0, centred: 0, biased: 0 }];
      const share = found[variant];
      assert(share >= 0 && share <= 1, `the share of zeros of ${layer.id} is ${share}`);
      const nonzero = exactBand(1 - share, 'measured', measuredOn(rows));
      const { thresholds = found.natural === found.sparse ? 'none' : 'plain' } = found;
      // Dense layers and convolutions that read one value have thresholds along other dimensions: these are two sites.
      const site = JSON.stringify([layer.input, /Conv/.test(layer.op)]);
      const pays = variant === 'sparse' && thresholds !== 'none' && !compared.has(site);
      if (pays) compared.add(site);
      const elements = pays ? (layer.inputElements ?? 0) : 0;
      const isBiased = variant === 'sparse' && (found.biased ?? thresholds === 'centred');
      const biased = isBiased ? (layer.outputElements ?? 0) : 0;
      return [layer.id, { nonzero, compared: elements, centred: thresholds === 'centred' ? elements : 0, biased }];
    }),
  );
}

/** Where a share of zeros comes from, in the reference of what rests on it. */
export function measuredOn(rows: string): string {
  return `measured zeros on ${rows}, modelled energy`;
}

const everyInput = exactBand(1, 'modelled', 'every input counted');

function each<T>(of: (variant: Variant) => T): Three<T> {
  return { dense: of('dense'), natural: of('natural'), sparse: of('sparse') };
}

function madeBy(layer: Layer, activities: ReadonlyMap<string, LayerActivity>): Band {
  const activity = activities.get(layer.id);
  return madeMacs(eventMacs(layer) ?? 0, activity?.nonzero ?? everyInput, activity?.biased);
}

/** Model (i): the published figure per synaptic operation for each multiply-add that is made. */
function synaptic(layers: readonly Layer[], activities: ReadonlyMap<string, LayerActivity>, events: EventsOnTarget): Quantity<'J'> {
  const macs = layers.map((layer) => timesBand(events.macJ, madeBy(layer, activities))).reduce(addBand);
  const comparing = [...activities.values()].filter(({ compared }) => compared > 0).map((activity) => thresholdEnergy(events, activity));
  return quantity('J', [macs, ...comparing].reduce(addBand));
}

/** Model (ii): events, multiply-adds, loads of weights, accesses to sums, traffic and power, of which the low ends leave nothing out. */
function byInstructions(
  layers: readonly Layer[],
  activities: ReadonlyMap<string, LayerActivity>,
  events: EventsOnTarget,
  context: EnergyContext,
): Quantity<'J'> {
  const counted = (band: Band): Band => ({ ...band, low: band.value });
  const all = { ...events, eventJ: counted(events.eventJ), weightLoadsPerMac: counted(events.weightLoadsPerMac) };
  const placement = place(layers, context);
  return sum(layers.flatMap((layer) => eventInference(layer, placement, all, context, activities.get(layer.id))?.total ?? []));
}

const baselines = {
  dense: 'the model as it was given, every input counted, zeros not skipped',
  natural: 'the model as it was given on a machine that skips the zeros of its rectifiers already',
} as const;

/** A saving with both cost models in place of tables; their names stand in `table`. */
function saving(
  baseline: keyof typeof baselines,
  costs: readonly SparsityCost[],
  target: EnergyTarget,
  { unit, quality }: SparsityAbout,
): SavingDocument {
  const perTable = costs.map((cost): TableSaving => {
    const [before, after] = [cost[baseline], cost.sparse];
    return { table: cost.model, cell: target.id, before, after, saving: before.value === 0 ? 0 : 1 - after.value / before.value };
  });
  const savings = perTable.map((entry) => entry.saving);
  return {
    baseline: `${baselines[baseline]}; one ${unit} on ${target.name}`,
    variant: 'with thresholds, zeros skipped, their comparisons and biases counted; no credit for weights that need not be fetched',
    perTable,
    low: Math.min(...savings),
    high: Math.max(...savings),
    ...quality,
    source: perTable.flatMap(({ before, after }) => [before.source, after.source]).reduce(weakest),
  };
}
