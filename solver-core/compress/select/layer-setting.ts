import type { AllowedValues, SelectedLayer } from './types.ts';

/** How the weights of one layer are to be chosen. */
export interface LayerSetting {
  readonly bits: 4 | 8;
  readonly values: AllowedValues;
  /** Weight of the energy term: loss per share of the whole model's energy. 0: none. */
  readonly mu: number;
  /** Loss per unit of mean squared error of an output, per row; multiplied by the layer's sensitivities. */
  readonly lossPerError: number;
  /** Energy of one inference that is the unit of mu: that of the whole model before. */
  readonly energyUnit: number;
  /** False: every weight by itself. */
  readonly compensate: boolean;
  /** Searches steps, makes up for what the layers below lost, refines after compensation. False: GPTQ as published. */
  readonly polish: boolean;
  /** Integers that the range of the layer's inputs may be spread over; the best of them is taken. Default [256]. */
  readonly inputLevels?: readonly number[];
  /** The set of `values` are the cheapest ones instead of learned ones. */
  readonly cheapest?: boolean;
  /** Energy is 1 for every value but 0: what zeros alone would save. */
  readonly zerosOnly?: boolean;
  /** This share of the weights becomes 0, those whose loss is smallest, and the others are rounded; energy is not looked at. */
  readonly prune?: number;
  /** Share of the mean diagonal of H that is added to it. Default 0.01. */
  readonly damping?: number;
}

/** A chosen layer with the loss that its error on the judging rows costs, in the unit of `lossPerError`. */
export interface ChosenLayer extends SelectedLayer {
  readonly loss: number;
}
