import type { EnergyDocument, EnergyLayer, MappingDocument, RetrainingDocument } from '../protocol/documents.ts';
import { inert } from './cells.ts';

/** The layers that lie on an array, with how. */
export function mappingRows(energy: EnergyDocument): readonly { readonly layer: EnergyLayer; readonly mapping: MappingDocument }[] {
  return energy.layers.flatMap((layer) => (layer.mapping === undefined ? [] : [{ layer, mapping: layer.mapping }]));
}

/** Longest text about the tiles of a layer. It is never cut in the middle of honest ones: what does not fit the array is said in it. */
const mostOfTiles = 1000;

/** How a layer lies on the array, whole. */
export function tilesText({ text }: MappingDocument): string {
  return inert(text, mostOfTiles);
}

/** "72 %". */
export function shareCell(share: number): string {
  return `${Number((share * 100).toPrecision(2))} %`;
}

/** Retraining on the target beside the machine that would train; one row when they are the same. Empty without such a machine. */
export function machineRows(
  energy: EnergyDocument,
): readonly { readonly machine: string; readonly role: string; readonly retraining: RetrainingDocument }[] {
  const { trainingMachine, target, totals } = energy;
  if (trainingMachine === undefined) return [];
  if (trainingMachine.machine === target)
    return [{ machine: target, role: 'the target, which would train, too', retraining: totals.retraining }];
  return [
    { machine: target, role: 'the target', retraining: totals.retraining },
    { machine: trainingMachine.machine, role: 'would train', retraining: trainingMachine.retraining },
  ];
}

/** What the break-even across both machines says, as a sentence; undefined where there is nothing to say. */
export function acrossText(energy: EnergyDocument): string | undefined {
  const { trainingMachine, target } = energy;
  if (trainingMachine === undefined || trainingMachine.machine === target) return undefined;
  const { machine, breakEvenRetrainings: n, retraining } = trainingMachine;
  if (retraining.sgd === null || energy.totals.retraining.solve === null) return undefined;
  const rival = `gradient descent on ${machine}`;
  if (n === null) return `Solving and updating on ${target} never uses less than ${rival} for each retraining.`;
  const when = n === 0 ? 'from the first fit' : `after ${n} retraining${n === 1 ? '' : 's'}`;
  return `Solving once and updating on ${target} uses less than ${rival} for each retraining ${when}, by the central values.`;
}

/** Which calibration is in use, or why it is not; undefined without one. */
export function calibrationText({ calibration }: EnergyDocument): string | undefined {
  if (calibration === undefined) return undefined;
  const { path, date, stale } = calibration;
  return stale === null
    ? `Calibrated on ${date.slice(0, 10)}: ${path}`
    : `Calibration of ${date.slice(0, 10)} out of date, ${stale}: ${path}`;
}
