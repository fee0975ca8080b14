import type { SolveContext } from '../../fit/backend.ts';
import type { RidgeSums } from '../../fit/ridge/sums.ts';

/** A linear layer whose weights are to be chosen. Groups of a convolution are problems of their own. */
export interface SelectLayer {
  readonly id: string;
  readonly op: string;
  /** d: inputs of one group. */
  readonly inputs: number;
  /** k: outputs of one group. */
  readonly outputs: number;
  readonly groups: number;
  /** [groups, d, k] row-major: y = x·W + b. */
  readonly weights: Float64Array;
  readonly bias: boolean;
  /** Multiply-adds of each weight in one inference. */
  readonly positions: number;
  /** [groups·k] what a unit of squared error of an output costs in loss, per row; undefined: every output alike. */
  readonly sensitivity?: Float64Array;
}

/** What a layer's weights are stored as. */
export interface StoredLayer {
  readonly id: string;
  readonly bits: 4 | 8;
  /** [groups, d, k] weight = scale · integer. */
  readonly integers: Int8Array;
  /** [groups·k] step of each output, above 0; 1 for an output whose weights are all 0. */
  readonly scales: Float64Array;
  /** [groups·k] to be added to the bias; zeros without one. */
  readonly biasChange: Float64Array;
  /** Absent: inputs stay floating point. A selection always gives it. */
  readonly input?: InputSteps;
}

/** How the layer's inputs are stored: x = scale · (integer − zeroPoint), integer 0..255. */
export interface InputSteps {
  readonly scale: number;
  readonly zeroPoint: number;
  /** Steps that the range of the inputs lies on, 2 to 256. Absent: 256. */
  readonly levels?: number;
}

/** Stored layers by id; a layer that is missing has its own weights. */
export type StoredModel = ReadonlyMap<string, StoredLayer>;

/** Rows that the sums do not hold: they judge whether compensation was better. */
export interface JudgingRows {
  readonly rows: number;
  /** [rows, d] */
  readonly x: Float64Array;
  /** [rows, k] outputs to be kept, without the bias. */
  readonly y: Float64Array;
}

/** Energy of each weight value on a layer's data, one number per activity class and value. */
export interface PricedValues {
  /** [groups·d] class of each input. */
  readonly inputClass: Uint8Array;
  readonly classes: number;
  /** [classes, 255] energy of one multiply-add of a unit that holds the value v at index v + 127; any one unit, the same for all layers. */
  readonly energy: Float64Array;
  /**
   * [groups, d, k] what a weight's value v adds beside it, per v²: larger sums keep more bits busy in the units that they pass. Absent:
   * nothing.
   */
  readonly perSquare?: Float64Array;
}

/** A layer as it is met after the layers below it were stored. */
export interface LayerView {
  readonly input: InputSteps;
  /**
   * Per group: sums over the steering rows, x the inputs as stored, y the outputs that the layer should give, without its bias: those of
   * the original model, corrected for what a skip connection beside it lost.
   */
  readonly groups: readonly { readonly sums: RidgeSums; readonly judging: JudgingRows }[];
  /** Energy of the values when the layer holds these integers, [groups, d, k]. */
  prices(integers: Int8Array): Promise<PricedValues>;
  /** Energy of all multiply-adds of one inference of the layer with these integers; whole-tile simulation where there is one. */
  energy(integers: Int8Array): Promise<number>;
}

/** How good the whole model is on the validation rows. */
export interface Assessment {
  readonly metric: 'accuracy' | 'mse';
  /** Fraction right, or mean squared error. */
  readonly quality: number;
  /** A smooth signal beside it: mean divergence of the class probabilities from the original model's, or mean squared change. 0 = no change. */
  readonly divergence: number;
  /** Mean probability that the softmax gives the right class: what accuracy would be if every row were asked many times. Absent for mse. */
  readonly confidence?: number;
  /** Standard error of the change of `confidence` from the original model, over the rows. */
  readonly confidenceError?: number;
  readonly rows: number;
}

/** The model behind an interface: selection knows neither files nor runtimes. */
export interface SelectProblem {
  /** In graph order. */
  readonly layers: readonly SelectLayer[];
  /** The layer with the layers in `stored` below it in place; its inputs on `inputLevels` integers, default 256. */
  view(layer: SelectLayer, stored: StoredModel, context: SolveContext, inputLevels?: number): Promise<LayerView>;
  /** On the validation rows; an empty map: the original model. */
  assess(stored: StoredModel, context: SolveContext): Promise<Assessment>;
}

/** Which values weights may take. */
export type AllowedValues =
  | { readonly kind: 'all' }
  /** A low-energy set of this size, learned for each layer. */
  | { readonly kind: 'set'; readonly size: number }
  | { readonly kind: 'powers-of-two' };

export interface SelectOptions {
  readonly bits: 4 | 8;
  readonly values: AllowedValues;
  /** Allowed loss of quality on the validation rows: in accuracy (0.01 is one point), or as a share of the mse. */
  readonly maxDrop: number;
  readonly seed: number;
  /** Points of the search at most. Default 14. */
  readonly maxPoints?: number;
  /** False: nothing is compensated, every weight by itself (for comparison). Default true. */
  readonly compensate?: boolean;
  /** True: every value but 0 costs the same (for comparison: what zeros alone save). Default false. */
  readonly zerosOnly?: boolean;
  /**
   * Integers that a layer's inputs may be spread over, most first: fewer change fewer bits. Chosen layer by layer. Default [256, 64, 48, 32, 24];
   * [256] leaves inputs as they are stored before.
   */
  readonly inputLevels?: readonly number[];
  /** Also tries the steps of the schedule that tighten single layers. Default true. */
  readonly schedule?: boolean;
}

/** How one layer came out. */
export interface SelectedLayer {
  readonly stored: StoredLayer;
  /** Weight of the energy term, in loss per unit of relative energy; null: none. */
  readonly mu: number | null;
  /** Distinct values in use. */
  readonly values: number;
  /** Share of the weights that are 0. */
  readonly zeros: number;
  /** False: the plain form was kept, because compensation was no better on rows it had not seen. */
  readonly compensated: boolean;
  /** ‖Y − XQ‖/‖Y‖ on the judging rows. */
  readonly outputError: number;
  /** In the unit of the view. */
  readonly energy: number;
  /** Why the layer was left as it was; null when it was changed. */
  readonly left: string | null;
}

/** One configuration that was tried. */
export interface SelectCandidate {
  readonly id: string;
  readonly label: string;
  readonly kind: 'baseline' | 'candidate';
  /** Of the whole model. */
  readonly energy: number;
  /** 1 − energy over that of int8 by rounding. */
  readonly saving: number;
  readonly assessment: Assessment;
  /** Whether the quality is within the allowed drop. */
  readonly allowed: boolean;
  /** The loss that the loss of confidence stands for, where that counts as well; a share of accuracy. */
  readonly smoothDrop?: number;
  readonly layers: readonly SelectedLayer[];
}

export interface SelectOutcome {
  /** int8 by rounding: what savings are counted from. */
  readonly baseline: SelectCandidate;
  /** The original model on the validation rows. */
  readonly original: Assessment;
  /** What was asked for and allowed, and of that the one with the least energy; else the one that comes nearest, with `allowed` false. */
  readonly chosen: SelectCandidate;
  /** All that was tried, in the order it was. */
  readonly points: readonly SelectCandidate[];
}

export interface SelectControl extends SolveContext {
  /** Called for every configuration when its figures are known. */
  readonly onPoint?: (point: SelectCandidate) => void;
}
