import type { Diagnostic, Where } from '../model/diagnostic.ts';
import { shapeElements } from '../model/elements.ts';
import type { Layer } from '../model/layer.ts';
import { positionsOf, solveRowsPerSample } from '../model/positions.ts';
import type { LowerTier, Plan, UpperTier } from '../model/plan.ts';
import { quoteName } from '../model/quote.ts';
import { defaultBudgetBytes } from './fit-layer.ts';
import type { FitJob } from './fit-request.ts';
import { fitJobs, solveMacs } from './fit-tiers.ts';
import { rowShapeFor } from './rows.ts';
import { isInMemory, rowElements } from './row-batches.ts';
import type { FitRows } from './row-batches.ts';
import type { ModelInput } from './rows.ts';
import { tileBytes } from './source-rows.ts';
import { availableTargets, targetStrategy } from './targets/registry.ts';

export interface PreflightRequest {
  /** As in FitRequest. */
  readonly input: ModelInput;
  readonly layers: readonly Layer[];
  readonly plan: Plan;
  /** All rows of the data, or those to fit on. */
  readonly data: FitRows;
  /** How many of them the fit will use. Default all. */
  readonly fitRows?: number;
  /** Most memory the fit may take. Default 2 GiB. */
  readonly maxBytes?: number;
}

export interface Preflight {
  readonly diagnostics: readonly Diagnostic[];
  /** Multiply-adds of all solves together, without refinement. */
  readonly macs: number;
  /** Estimate of the most memory used at one time. */
  readonly peakBytes: number;
  /** What each layer's solve works on, in the order of the fit. */
  readonly layers: readonly LayerEffort[];
}

/** Size of one layer's solve, known before any work. */
export interface LayerEffort {
  readonly id: string;
  /** Samples times positions. */
  readonly rows: number;
  /** Unknowns per output, bias included. */
  readonly unknowns: number;
  readonly outputs: number;
  /** Ridge problems: groups of a convolution, else 1. */
  readonly problems: number;
  /** Multiply-adds without refinement. */
  readonly macs: number;
  readonly peakBytes: number;
}

const defaultMaxBytes = 2 * 2 ** 30;
/** Most rows of one layer: days of work even for small layers. Paddings from a file can ask for any number of positions. */
const maxRows = 2 ** 36;

/**
 * Looks at model, plan and data together before any work is done. Errors: `data-shape-mismatch`, `data-not-finite`,
 * `label-out-of-range`, `label-shape-mismatch`, `layer-not-solvable`, `not-yet-available`, `nothing-to-fit`, `fit-too-large`,
 * `too-few-rows` (none). Warnings: `few-rows` (fewer rows than unknowns), `labels-at-every-position`, `output-layer-not-fitted`,
 * `upper-layer-not-started`. Every position of a convolution or a sequence counts as a row.
 */
export function preflight(request: PreflightRequest): Preflight {
  const { layers, plan, data } = request;
  const rows = request.fitRows ?? data.rows;
  const jobs = fitJobs(layers, plan);
  const maxBytes = request.maxBytes ?? defaultMaxBytes;
  const efforts = jobs.map((job) => effortOf(job, rows));
  const peakBytes = Math.max(0, ...efforts.map((effort) => effort.peakBytes)) + memoryBytes(data);
  const macs = efforts.reduce((sum, effort) => sum + effort.macs, 0);
  const diagnostics = [
    ...dataFindings(request),
    ...labelFindings(request),
    ...jobs.flatMap((job) => layerFindings(job, rows)),
    ...tierFindings(layers, plan, jobs.length),
  ];
  if (peakBytes > maxBytes) diagnostics.push(tooLarge(request, rows, peakBytes, maxBytes));
  return { diagnostics, macs, peakBytes, layers: efforts };
}

function tooLarge(request: PreflightRequest, rows: number, peakBytes: number, maxBytes: number): Diagnostic {
  const [largest] = [...fitJobs(request.layers, request.plan)].sort((a, b) => solveBytes(b, rows) - solveBytes(a, rows));
  const sizes = `The fit needs about ${mebibytes(peakBytes)} of memory, ${mebibytes(memoryBytes(request.data))} of it for the data; the limit is ${mebibytes(maxBytes)}.`;
  if (largest === undefined)
    return { severity: 'error', code: 'fit-too-large', message: `${sizes} Use fewer rows.`, where: dataWhere(request.plan) };
  return {
    severity: 'error',
    code: 'fit-too-large',
    message: `${sizes} Most goes to layer ${quoteName(largest.layer.id)} with ${largest.layer.linear?.inputs ?? 0} inputs. Leave it out of the tier, or use fewer rows.`,
    where: whereOf(largest.tier, largest.layer),
  };
}

/** Rows of one problem: samples times positions, or samples where only the mean over the positions counts. */
function rowsOf(job: FitJob, samples: number): number {
  return samples * solveRowsPerSample(job.layer);
}

function effortOf(job: FitJob, samples: number): LayerEffort {
  const { layer } = job;
  return {
    id: layer.id,
    rows: rowsOf(job, samples),
    unknowns: (layer.linear?.inputs ?? 0) + (layer.bias === null ? 0 : 1),
    outputs: layer.linear?.outputs ?? 0,
    problems: layer.linear?.groups ?? 1,
    macs: solveMacs(layer, samples),
    peakBytes: solveBytes(job, samples),
  };
}

/**
 * Two square matrices for the solve of one group, the layer's inputs and targets (each kept only up to the budget of a fit), a tile of
 * patches, weights and residuals.
 */
function solveBytes(job: FitJob, samples: number): number {
  const { linear, inputShape } = job.layer;
  if (linear === null) return 0;
  const { inputs: d, outputs, groups, patches } = linear;
  const k = outputs / groups;
  const rows = rowsOf(job, samples);
  const kept = (values: number): number => Math.min(defaultBudgetBytes, 4 * values);
  const read = kept(patches === null ? rows * d : samples * (shapeElements(inputShape?.slice(1) ?? null) ?? 0));
  return 8 * (2 * d * d + 6 * d * k) + read + targetBytes(job, rows, kept) + (patches === null ? 0 : tileBytes);
}

/** Targets that are computed are kept; a teacher's are values of the model: as it was, as it is, and the skip connection in between. */
function targetBytes({ layer, tier, answersLabels }: FitJob, rows: number, kept: (values: number) => number): number {
  const { outputs, groups } = layer.linear ?? { outputs: 0, groups: 1 };
  if (tier.kind === 'upper' || answersLabels || tier.targets !== 'teacher') return kept((rows * outputs) / groups);
  return (layer.residual === null ? 2 : 3) * kept(rows * outputs);
}

function dataFindings({ input, data, plan }: PreflightRequest): Diagnostic[] {
  const where = dataWhere(plan);
  const found: Diagnostic[] = [];
  if (data.rows < 1)
    found.push({ severity: 'error', code: 'too-few-rows', message: 'The data holds no rows, so there is nothing to fit on.', where });
  if (rowShapeFor(input, data.inputShape) === undefined) {
    found.push({
      severity: 'error',
      code: 'data-shape-mismatch',
      message: `A row of the data has shape [${data.inputShape.join(', ')}], the model's input ${quoteName(input.name)} takes [${(input.shape ?? []).map((d) => d ?? '?').join(', ')}] with the batch first. Choose other inputs in the data clause, or reshape the data.`,
      where,
    });
  }
  // Rows in a file are looked at when they are read.
  const bad = isInMemory(data) ? firstNotFinite(data.x) : -1;
  if (bad >= 0 && isInMemory(data)) {
    const width = rowElements(data);
    found.push({
      severity: 'error',
      code: 'data-not-finite',
      message: `The data holds ${data.x[bad]} in row ${Math.floor(bad / width)}, element ${bad % width}. Remove or replace values that are infinite or not a number.`,
      where,
    });
  }
  return found;
}

function labelFindings({ layers, data, plan }: PreflightRequest): Diagnostic[] {
  const where = dataWhere(plan);
  const outputs = layers.at(-1)?.linear?.outputs;
  const { labels } = data;
  if (labels.kind === 'regression') {
    const found: Diagnostic[] = [];
    const bad = firstNotFinite(labels.values);
    if (bad >= 0)
      found.push({
        severity: 'error',
        code: 'data-not-finite',
        message: `The labels hold ${labels.values[bad]} in row ${Math.floor(bad / labels.outputs)}. Remove or replace values that are infinite or not a number.`,
        where,
      });
    if (outputs !== undefined && outputs !== labels.outputs) {
      found.push({
        severity: 'error',
        code: 'label-shape-mismatch',
        message: `The labels have ${labels.outputs} ${labels.outputs === 1 ? 'value' : 'values'} per row, the model's last layer ${quoteName(layers.at(-1)!.id)} has ${outputs} outputs. Choose other labels in the data clause.`,
        where,
      });
    }
    return found;
  }
  if (outputs === undefined || outputs === 1) return [];
  const row = labels.values.findIndex((label) => label < 0 || label >= outputs);
  if (row < 0) return [];
  return [
    {
      severity: 'error',
      code: 'label-out-of-range',
      message: `Row ${row} has label ${labels.values[row]}, but the model's last layer ${quoteName(layers.at(-1)!.id)} has ${outputs} outputs, so labels run from 0 to ${outputs - 1}. Choose other labels in the data clause, or a model with enough outputs.`,
      where,
    },
  ];
}

function layerFindings(job: FitJob, samples: number): Diagnostic[] {
  const { layer, tier } = job;
  const where = whereOf(tier, layer);
  if (layer.linear === null) {
    return [
      {
        severity: 'error',
        code: 'layer-not-solvable',
        message: `Layer ${quoteName(layer.id)} cannot be solved: ${layer.notSolvable ?? 'it is not linear in its weights'}. Take it out of the tier.`,
        where,
      },
    ];
  }
  const found: Diagnostic[] = [];
  const { unknowns, rows } = effortOf(job, samples);
  const positions = positionsOf(layer) ?? 1;
  if (rows > maxRows) {
    found.push({
      severity: 'error',
      code: 'fit-too-large',
      message: `Layer ${quoteName(layer.id)} has ${positions} positions per sample, so ${samples} samples give ${rows} rows; the limit is ${maxRows}. Take it out of the tier, or use fewer rows.`,
      where,
    });
  }
  if (job.answersLabels && layer.linear.patches !== null && positions > 1 && !layer.averaged) {
    found.push({
      severity: 'warning',
      code: 'labels-at-every-position',
      message: `Layer ${quoteName(layer.id)} answers the labels, but has ${positions} positions that are not simply averaged behind it; it is fitted to give the sample's label at each of them. Compare the accuracy before and after.`,
      where,
    });
  }
  if (rows < unknowns && rows >= 1) {
    const counted = rows === samples ? `${rows} rows` : `${rows} rows (${samples} samples of ${positions} positions)`;
    found.push({
      severity: 'warning',
      code: 'few-rows',
      message: `Layer ${quoteName(layer.id)} has ${unknowns} unknowns per output and only ${counted} to fit on; lambda decides what the rows leave open. Use more rows or a larger lambda.`,
      where,
    });
  }
  return found;
}

function tierFindings(layers: readonly Layer[], plan: Plan, nJobs: number): Diagnostic[] {
  const found: Diagnostic[] = [];
  const last = layers.at(-1);
  for (const tier of plan.lower) {
    if (targetStrategy(tier.targets) !== undefined) continue;
    found.push({
      severity: 'error',
      code: 'not-yet-available',
      message: `Targets ${tier.targets} are not available yet. Use ${availableTargets().join(', ')}.`,
      where: { range: tier.range },
    });
  }
  // Gradient steps reach every layer of their tier; the recursive solution is one of the last layer.
  for (const tier of plan.upper.filter((t) => t.learner === 'rls')) {
    for (const id of tier.layers) {
      if (id === last?.id) continue;
      found.push({
        severity: 'warning',
        code: 'upper-layer-not-started',
        message: `Layer ${quoteName(id)} of tier ${quoteName(tier.name)} is not the model's last layer; it keeps its weights. Incremental learning starts at the last layer.`,
        where: { range: tier.range, node: id },
      });
    }
  }
  if (nJobs === 0) {
    found.push({
      severity: 'error',
      code: 'nothing-to-fit',
      message: 'No layer of this plan can be fitted. Put at least one layer that can be solved into a lower tier.',
      where: {},
    });
  } else if (
    last !== undefined &&
    plan.lower.some((tier) => tier.targets !== 'teacher') &&
    ![...plan.lower, ...plan.upper].some((tier) => tier.layers.includes(last.id))
  ) {
    found.push({
      severity: 'warning',
      code: 'output-layer-not-fitted',
      message: `The model's last layer ${quoteName(last.id)} is in no tier. It keeps its weights, although the layers below it change. Put it into a tier to fit it to the labels.`,
      where: { node: last.id },
    });
  }
  return found;
}

function whereOf(tier: LowerTier | UpperTier, layer: Layer): Where {
  return { range: tier.range, node: layer.id };
}

function dataWhere(plan: Plan): Where {
  return plan.data === undefined ? {} : { path: plan.data.path };
}

/** What the rows take in memory; those in a file stay there. */
function memoryBytes(data: FitRows): number {
  return isInMemory(data) ? data.x.byteLength : 0;
}

function firstNotFinite(values: Float32Array): number {
  return values.findIndex((v) => !Number.isFinite(v));
}

function mebibytes(sizeBytes: number): string {
  return `${Math.ceil(sizeBytes / 2 ** 20)} MiB`;
}
