import type { Layer } from '../model/layer.ts';
import type { TargetKind } from '../model/plan.ts';
import type { Band } from './quantity.ts';
import { addBand, exactBand, scaleBand, timesBand } from './quantity.ts';

/** A count that follows from the model's shapes: exact, so it neither weakens a result nor adds a reference. */
export function modelCount(value: number): Band {
  return exactBand(value, 'measured', '');
}

/** How a network is trained by gradient descent; every field shows up among the assumptions. */
export interface TrainingScenario {
  /** N, samples. */
  readonly rows: Band;
  readonly epochs: Band;
  readonly batchRows: number;
  /** Optimiser work per weight and step, in multiply-adds (plain 1, momentum 2, Adam about 4). */
  readonly optimiserMacsPerWeight: Band;
  /** Values the optimiser keeps per weight (Adam: 2). */
  readonly optimiserStates: number;
  /** n, rows of one incremental update. */
  readonly updateRows: number;
  /** Refinement passes of a direct solve where no fit record tells them; by arithmetic of the solver. */
  readonly refinementPasses: { readonly fixed: Band; readonly float32: Band; readonly float64: Band };
}

/** Size of one layer's ridge problems: d unknowns per output, k outputs in g groups with a problem each, M rows per sample. */
export interface DenseSize {
  readonly inputs: number;
  readonly outputs: number;
  /** g: 1 but for grouped convolutions. */
  readonly groups: number;
  readonly rowsPerSample: number;
}

/** The ridge problems of a layer that is solved in one step; null for other layers and for unknown shapes. */
export function denseSize(layer: Layer): DenseSize | null {
  const { linear } = layer;
  if (linear === null || layer.macs === null || linear.inputs === 0 || linear.outputs === 0) return null;
  return {
    inputs: linear.inputs,
    outputs: linear.outputs,
    groups: linear.groups,
    rowsPerSample: layer.averaged ? 1 : Math.max(1, Math.round(layer.macs / (linear.inputs * linear.outputs))),
  };
}

/**
 * Multiply-adds of gradient descent for one layer: ep·N·macs·f + ep·(N/B)·w·optimiser, with f = 3 (forward, gradient of the
 * input, gradient of the weights), 2 for the first trained layer, which needs no gradient of its input.
 */
export function sgdMacs(layer: { readonly macs: number; readonly parameters: number }, first: boolean, scenario: TrainingScenario): Band {
  const samples = timesBand(scenario.rows, scenario.epochs);
  const passes = scaleBand(samples, layer.macs * (first ? 2 : 3));
  const steps = scaleBand(samples, 1 / scenario.batchRows);
  return addBand(passes, scaleBand(timesBand(steps, scenario.optimiserMacsPerWeight), layer.parameters));
}

/** Multiply-adds of a direct solve over `rows` samples, part by part. */
export interface SolveMacs {
  /** g·½·N·M·d·(d+1) for XᵀX plus N·M·d·k for XᵀY. */
  readonly gram: number;
  /** g·d³/6. */
  readonly factor: number;
  /** d²·k. */
  readonly substitute: number;
  /** N·M·d·k: the layer's own output, which the next layer's solve reads. */
  readonly forward: number;
  /** N·M·d·k for the random projection of `forward-projection`; 0 for other targets. */
  readonly targets: number;
}

/** Multiply-adds of solving (or, with few rows, updating) a layer. */
export function solveMacs(size: DenseSize, rows: number, targets: TargetKind): SolveMacs {
  const { inputs: d, outputs: k, groups: g } = size;
  const n = rows * size.rowsPerSample;
  return {
    gram: (g * n * d * (d + 1)) / 2 + n * d * k,
    factor: (g * d ** 3) / 6,
    substitute: d * d * k,
    forward: n * d * k,
    targets: targets === 'forward-projection' ? n * d * k : 0,
  };
}

/** Multiply-adds of one refinement pass with the residual from the data: 2·N·M·d·k + d²·k. */
export function dataRefinementMacs(size: DenseSize, rows: number): number {
  return 2 * rows * size.rowsPerSample * size.inputs * size.outputs + size.inputs ** 2 * size.outputs;
}

/** Multiply-adds of one refinement pass against the stored Gram: 2·d²·k. */
export function statisticsRefinementMacs(size: DenseSize): number {
  return 2 * size.inputs ** 2 * size.outputs;
}
