import type { Layer } from '../model/layer.ts';
import type { TargetKind } from '../model/plan.ts';
import type { Breakdown, EnergyContext } from './cost.ts';
import { breakdown, levelFor, macOn, staticPart, timeOf, trafficEnergy } from './cost.ts';
import { precisionOf, storedBits } from './mac.ts';
import type { Band, Source } from './quantity.ts';
import { addBand, divideBand, exactBand, joinRefs, scaleBand, timesBand } from './quantity.ts';
import type { MemoryLevel } from './target.ts';
import type { DenseSize, TrainingScenario } from './work.ts';
import { dataRefinementMacs, denseSize, modelCount, sgdMacs, solveMacs, statisticsRefinementMacs } from './work.ts';

/** What the engine did, or by its cycle formula would do, for one direct solve. */
export interface EngineCost {
  readonly cycles: number;
  /** The part of `cycles` that grows with the rows (Gram and cross products). */
  readonly gramCycles?: number;
  /** Of the rest: factorisations, and substitutions from the last row; what remains are substitutions from the first. Absent: not known. */
  readonly cholCycles?: number;
  readonly backCycles?: number;
  /** Words over the host port. */
  readonly hostWords: number;
  readonly lanes: number;
  readonly wordBits: number;
  /** 'simulated' when the RTL ran, 'modelled' when the cycle formula was evaluated. Default 'simulated'. */
  readonly source?: Source;
}

/** What is known about the direct solve of one layer, from a fit record or from the cycle formula. */
export interface LayerFit {
  /** Samples the solve used. */
  readonly rows: number;
  /** Refinement passes; null: unknown, the scenario's assumption holds. */
  readonly refinementPasses: number | null;
  readonly engine: EngineCost | null;
}

/** What gradient descent needs to know of a layer. */
export type TrainedLayer = Pick<Layer, 'macs' | 'parameters' | 'outputElements'>;

/**
 * The memory level that holds what training by gradient descent keeps: weights, gradients, the optimiser's states and the
 * activations of one batch, over all layers.
 */
export function trainingLevel(layers: readonly TrainedLayer[], context: EnergyContext, scenario: TrainingScenario): MemoryLevel {
  const wide = { weightBits: 32, activationBits: 32 };
  const bits = storedBits(context.target.arithmetic.training, wide);
  const weights = layers.reduce((total, layer) => total + layer.parameters, 0) * (2 + scenario.optimiserStates) * bits.weight;
  const activations = layers.reduce((total, layer) => total + (layer.outputElements ?? 0), 0) * scenario.batchRows * bits.activation;
  return levelFor(context.target, Math.ceil((weights + activations) / 8));
}

/**
 * Joules of training one layer by gradient descent as part of the whole network (method 8): arithmetic, weights (read twice
 * and written once per step, plus the optimiser's states read and written), activations (written and read once), static.
 * `first`: the layer is the first trained one. `level`: see `trainingLevel`. Null when MACs or sizes are unknown.
 */
export function sgdEnergy(
  layer: TrainedLayer,
  first: boolean,
  level: MemoryLevel,
  context: EnergyContext,
  scenario: TrainingScenario,
): Breakdown | null {
  if (layer.macs === null || layer.outputElements === null) return null;
  const { target } = context;
  const arithmetic = target.arithmetic.training;
  const wide = { weightBits: 32, activationBits: 32 };
  const bits = storedBits(arithmetic, wide);
  const macs = sgdMacs({ macs: layer.macs, parameters: layer.parameters }, first, scenario);
  const samples = timesBand(scenario.rows, scenario.epochs);
  const weightBits = scaleBand(samples, (layer.parameters * bits.weight * (3 + 2 * scenario.optimiserStates)) / scenario.batchRows);
  const activationBits = scaleBand(samples, layer.outputElements * bits.activation * 2);
  return breakdown([
    ['compute', timesBand(macOn(target, context, precisionOf(arithmetic, wide)), macs)],
    ['weights', trafficEnergy(context, level, weightBits)],
    ['activations', trafficEnergy(context, level, activationBits)],
    ...staticPart(target, timeOf(target, macs)),
  ]);
}

/**
 * Joules of solving one layer in one step over all samples. On a target with our engine: from the engine's cycles and
 * words when `fit` tells them, else from the multiply-adds of method 8; refinement passes are priced on the host.
 * Null for layers that are not linear in stored weights.
 */
export function solveEnergy(
  layer: Layer,
  targets: TargetKind,
  context: EnergyContext,
  scenario: TrainingScenario,
  fit: LayerFit | undefined,
): Breakdown | null {
  const size = denseSize(layer);
  if (size === null) return null;
  const rows = fit === undefined ? scenario.rows : exactBand(fit.rows, 'measured', '');
  const passes = passesOf(context, scenario, fit);
  const job: Job = { size, targets, rows, passes, refineMacs: dataRefinementMacs(size, rows.value), fit, fitShare: 1 };
  return directEnergy(layer, job, context);
}

/**
 * Joules of one incremental update of a layer with `scenario.updateRows` samples, statistics form (method 3.1): Gram and
 * cross products of the new rows, then one factorisation and solve, refined against the stored statistics.
 */
export function incrementalEnergy(
  layer: Layer,
  context: EnergyContext,
  scenario: TrainingScenario,
  fit: LayerFit | undefined,
): Breakdown | null {
  const size = denseSize(layer);
  if (size === null) return null;
  const rows = exactBand(scenario.updateRows, 'modelled', 'rows per update as stated');
  const fitShare = fit === undefined || fit.rows <= 0 ? 1 : scenario.updateRows / fit.rows;
  const passes = passesOf(context, scenario, fit);
  return directEnergy(layer, { size, targets: 'labels', rows, passes, refineMacs: statisticsRefinementMacs(size), fit, fitShare }, context);
}

interface Job {
  readonly size: DenseSize;
  readonly targets: TargetKind;
  readonly rows: Band;
  readonly passes: Band;
  readonly refineMacs: number;
  readonly fit: LayerFit | undefined;
  /** Rows of this job over the rows of the fit record: scales what grows with the rows. */
  readonly fitShare: number;
}

function directEnergy(layer: Layer, job: Job, context: EnergyContext): Breakdown {
  const { target } = context;
  const engine = job.fit?.engine ?? null;
  const solver = target.engine === null || engine === null ? plainParts(layer, job, context) : engineParts(job, engine, context);
  const refineOn = target.engine === null ? target : context.host;
  const refine = timesBand(scaleBand(macOn(refineOn, context, { kind: 'float', bits: 64 }), job.refineMacs), job.passes);
  return breakdown([...solver, ...forwardParts(layer, job, context), ...(refine.high === 0 ? [] : [['refinement', refine] as const])]);
}

/** Solve on the engine by its cycles: every lane may multiply in each, one operand per lane and one for all are read. */
function engineParts(job: Job, engine: EngineCost, context: EnergyContext): readonly (readonly [string, Band])[] {
  const gramCycles = engine.gramCycles ?? 0;
  return engineWorkParts(engine, engine.cycles - gramCycles + gramCycles * job.fitShare, hostWords(job, engine), context);
}

/** Joules of a direct solve on the target's engine by its cycles, without the host's part of it. Null for a target without an engine. */
export function engineSolveEnergy(engine: EngineCost, context: EnergyContext): Breakdown | null {
  const parts = engineWorkParts(engine, engine.cycles, engine.hostWords, context);
  return parts.length === 0 ? null : breakdown(parts);
}

function engineWorkParts(engine: EngineCost, clocks: number, words: number, context: EnergyContext): readonly (readonly [string, Band])[] {
  const { target } = context;
  const onTarget = target.engine;
  const near = target.memories[0];
  if (onTarget === null || near === undefined) return [];
  const source = engine.source ?? 'simulated';
  const ref = source === 'simulated' ? 'engine cycles of the fit record' : 'engine cycle formula';
  const cycles = exactBand(clocks, source, ref);
  const { lanes, wordBits } = engine;
  const mac = macOn(target, context, { kind: 'int', weightBits: wordBits, activationBits: wordBits, accumulatorBits: 48 });
  return [
    ['compute', timesBand(timesBand(mac, scaleBand(cycles, lanes)), onTarget.activity)],
    ['memory', timesBand(near.energyPerBitJ, scaleBand(cycles, (lanes + 1) * wordBits))],
    ['link', scaleBand(onTarget.linkEnergyPerBitJ, words * wordBits)],
    ...staticPart(target, divideBand(cycles, target.clockHz)),
  ];
}

/** Words to and from the engine: those of the record for a full solve, rows and result for an update. */
function hostWords(job: Job, engine: EngineCost): number {
  if (job.fitShare === 1) return engine.hostWords;
  const { inputs, outputs, groups, rowsPerSample } = job.size;
  return job.rows.value * rowsPerSample * (inputs * groups + outputs) + inputs * outputs;
}

/** Solve from the multiply-adds and bytes of method 8, on any target. */
function plainParts(layer: Layer, job: Job, context: EnergyContext): readonly (readonly [string, Band])[] {
  const { target } = context;
  const { size } = job;
  const arithmetic = target.arithmetic.solve;
  const wide = { weightBits: 64, activationBits: 64 };
  const bits = storedBits(arithmetic, wide).activation;
  const work = solveMacs(size, job.rows.value, job.targets);
  const perRow = withSourceOf(modelCount(work.gram), job.rows);
  const macs = addBand(perRow, modelCount(work.factor + work.substitute));
  const nRows = job.rows.value * size.rowsPerSample;
  const link =
    target.engine === null
      ? []
      : [
          [
            'link',
            scaleBand(
              target.engine.linkEnergyPerBitJ,
              (nRows * (size.inputs * size.groups + size.outputs) + size.inputs * size.outputs) * bits,
            ),
          ] as const,
        ];
  return [
    ['compute', timesBand(macOn(target, context, precisionOf(arithmetic, wide)), macs)],
    ['memory', solveTraffic(layer, job, bits, context)],
    ...link,
    ...staticPart(target, timeOf(target, macs)),
  ];
}

/**
 * Memory traffic of a solve. Operands from the nearest level: one word per multiply-add for CPUs and arrays is in
 * `overheadPerMacJ`; here the rows are read once, the Gram (½d² words) is written and read once where it fits on chip, else
 * once per tile of 256 rows, and the factorisation of one that does not fit moves d³/(3√Q) words.
 */
function solveTraffic(layer: Layer, job: Job, bits: number, context: EnergyContext): Band {
  const { inputs: d, groups: g } = job.size;
  const nRows = job.rows.value * job.size.rowsPerSample;
  // The problems of the groups come one after the other, so one Gram is on chip at a time.
  const gramBits = (d * d * bits) / 2;
  const gramLevel = levelFor(context.target, Math.ceil(gramBits / 8));
  const rowLevel = levelFor(context.target, Math.ceil((nRows * d * g * bits) / 8));
  const near = context.target.memories[0];
  const words = (near?.sizeBytes ?? 0) / (bits / 8);
  const gram =
    gramLevel === near || words === 0
      ? gramBits * 4
      : Math.ceil(nRows / 256) * d * d * bits + (d ** 3 / (3 * Math.sqrt(words))) * bits + gramBits * 2;
  const rows = trafficEnergy(context, rowLevel, withSourceOf(modelCount(nRows * d * g * bits), job.rows));
  const result = trafficEnergy(context, gramLevel, modelCount(g * gram + layer.parameters * bits));
  return addBand(rows, result);
}

/** The forward pass of the layer over the rows, which yields the next layer's inputs, and the random projection of the targets. */
function forwardParts(layer: Layer, job: Job, context: EnergyContext): readonly (readonly [string, Band])[] {
  const { target } = context;
  const work = solveMacs(job.size, job.rows.value, job.targets);
  const macs = withSourceOf(modelCount(work.forward + work.targets), job.rows);
  const mac = macOn(target, context, precisionOf(target.arithmetic.inference, layer));
  const parts: readonly (readonly [string, Band])[] = [['forward', timesBand(mac, macs)]];
  return [...parts, ...staticPart(target, timeOf(target, macs)).map(([name, band]) => [`${name} (forward)`, band] as const)];
}

function passesOf(context: EnergyContext, scenario: TrainingScenario, fit: LayerFit | undefined): Band {
  if (fit !== undefined && fit.refinementPasses !== null) return exactBand(fit.refinementPasses, 'measured', '');
  const arithmetic = context.target.arithmetic.solve;
  if (arithmetic.kind === 'fixed') return scenario.refinementPasses.fixed;
  return arithmetic.kind === 'float' && arithmetic.bits === 64 ? scenario.refinementPasses.float64 : scenario.refinementPasses.float32;
}

/** The same number, as uncertain in origin as the rows it grows with. */
function withSourceOf(band: Band, rows: Band): Band {
  return { ...band, source: rows.source, ref: joinRefs(band.ref, rows.ref) };
}
