import { assumedEpochs, statedEpochs } from './epochs.ts';
import { exactBand } from './quantity.ts';
import type { TrainingScenario } from './work.ts';

/** Rows assumed when the data is not known. */
export const defaultRows = 1000;

/** What a caller knows about training; everything else is assumed and said so. */
export interface ScenarioInput {
  /** Samples of the training set. Undefined: `defaultRows`, assumed. */
  readonly rows?: number;
  /** Epochs that gradient descent needs to reach the accuracy wanted, by the rule of `epochsOfLog`. Undefined: `assumedEpochs`. */
  readonly epochs?: number;
  /** Rows of one incremental update. Default 32. */
  readonly updateRows?: number;
}

/** The training scenario for these facts. No epoch count is taken for granted: without one the band spans 5 to 100. */
export function trainingScenario(input: ScenarioInput): TrainingScenario {
  return {
    rows:
      input.rows === undefined ? exactBand(defaultRows, 'assumed', `${defaultRows} rows assumed`) : exactBand(input.rows, 'measured', ''),
    epochs: input.epochs === undefined ? assumedEpochs : statedEpochs(input.epochs),
    batchRows: 32,
    optimiserMacsPerWeight: { value: 4, low: 1, high: 4, source: 'modelled', ref: 'optimiser: Adam 4 MACs per weight and step, plain 1' },
    optimiserStates: 2,
    updateRows: input.updateRows ?? 32,
    refinementPasses: {
      fixed: { value: 2, low: 1, high: 4, source: 'modelled', ref: '2 refinement passes (1 to 4)' },
      float32: { value: 1, low: 1, high: 2, source: 'modelled', ref: '1 refinement pass (1 to 2)' },
      float64: exactBand(0, 'modelled', 'no refinement in fp64'),
    },
  };
}
