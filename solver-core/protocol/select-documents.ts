import type { DiagnosticDocument } from './documents.ts';
import type { SavingDocument, TableSaving } from './evidence-documents.ts';
import type { Quantity } from './quantity.ts';

/** How weights are chosen: in closed form with compensation, or by training with the chosen values in the forward pass. */
export type SelectMethod = 'closed-form' | 'training';

/** Which values a weight may take: every integer, a low-energy set learned per layer, or 0 and powers of two (the shift-only cell). */
export type SelectValues = 'all' | 'set' | 'powers-of-two';

/** One configuration that was tried: a point of the curve between energy and accuracy. */
export interface SelectPoint {
  /** Stable within a run, e.g. "int8", "energy-3", "set-16". */
  readonly id: string;
  /** In words, e.g. "energy term, step 3". */
  readonly label: string;
  /** `baseline`: a named variant to compare with; `candidate`: a step of the search. */
  readonly kind: 'baseline' | 'candidate';
  /**
   * Multiply-adds of one inference as the search weighs them: its relative price, scaled to joules between the tables. To draw points by;
   * a joule under one table is in `saving.perTable` of the document.
   */
  readonly macEnergy: Quantity<'J'>;
  /** 1 - macEnergy over that of int8 by rounding. */
  readonly saving: number;
  /** On the validation rows. */
  readonly metric: 'accuracy' | 'mse';
  readonly quality: number;
  readonly rows: number;
  /**
   * What `maxDrop` bounds: loss against the model as it was given, on the same rows. Accuracy: a share (0.01 = one point), negative for a
   * gain; mse: relative increase. Lets a page tell what another `maxDrop` would choose.
   */
  readonly drop?: number;
  /**
   * Loss of accuracy that the loss of confidence stands for, a standard error added; absent where only `drop` counts. A point is allowed
   * when neither is above `maxDrop`; where this one alone is, the point is doubtful.
   */
  readonly smoothDrop?: number;
  /** Whether the quality is within the allowed drop. */
  readonly allowed: boolean;
  /** The one that was written. */
  readonly chosen: boolean;
}

/** One layer of a selection. */
export interface SelectLayerDocument {
  readonly id: string;
  readonly op: string;
  readonly bits: number;
  /** Distinct values in use. */
  readonly values: number;
  /** Share of weights that are 0. */
  readonly zeros: number;
  /** Steps that the range of the layer's inputs is stored on, 256 at most. */
  readonly inputLevels?: number;
  /** Weight of the energy term; null where none was used. */
  readonly mu: number | null;
  /** False: rounding to the nearest value was kept, because compensation was no better on rows it had not seen or was not tried. */
  readonly compensated: boolean;
  /** ‖X(W − Q)‖/‖XW‖ on the calibration rows that the sums do not hold. */
  readonly outputError: number;
  /** Multiply-add energy of one inference, before (int8, rounded) and after, for each table and cell. */
  readonly perTable: readonly TableSaving[];
  /** Why the layer was left as it was; null when it was changed. */
  readonly left: string | null;
}

/**
 * What a selection does to a whole inference on the plan's target, memories and idle time included: multiply-adds are a part of it only.
 * Null where a layer's size is not known.
 */
export interface SelectWholeDocument {
  /** Id of the target. */
  readonly target: string;
  /** The model as it was given. */
  readonly given: Quantity<'J'> | null;
  /** With integer weights and inputs, rounded. */
  readonly int8: Quantity<'J'> | null;
  /** The part of `int8` that the multiply-adds of the selected layers are: all that selection can save from. */
  readonly multiplyAdds: Quantity<'J'> | null;
  /** `int8` with the multiply-adds cheaper by the saving. */
  readonly selected: Quantity<'J'> | null;
}

/** `tierwise.select/1`. */
export interface SelectDocument {
  readonly schema: 'tierwise.select/1';
  readonly plan: string;
  readonly model: string;
  /** The quantised model that was written; null for a trial run. */
  readonly output: string | null;
  readonly method: SelectMethod;
  readonly values: SelectValues;
  /** Integers that a layer may use at most; only with values "set". */
  readonly setSize?: number;
  readonly bits: number;
  /** Allowed loss of accuracy in points (0.01 = one hundredth), on the validation rows. */
  readonly maxDrop: number;
  /** The multiply-add cell whose energy steered the search, e.g. "array". */
  readonly cell?: string;
  /** Rows that steered, that decided, and that judged at the end; no row is in two of them. */
  readonly rows: { readonly calibration: number; readonly validation: number; readonly heldOut: number };
  readonly layers: readonly SelectLayerDocument[];
  readonly points: readonly SelectPoint[];
  /** On the rows that nothing was chosen by. */
  readonly saving: SavingDocument | null;
  /** Quality of int8 by rounding on the same rows as `saving`; null without a saving. */
  readonly rounded?: number | null;
  /** The whole inference on the plan's target; null when it cannot be estimated. */
  readonly whole?: SelectWholeDocument | null;
  readonly seconds: number;
  readonly hashes: {
    readonly plan: string;
    readonly model: string;
    readonly data: string;
    readonly output: string | null;
    readonly cells: Readonly<Record<string, string>>;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly diagnostics: readonly DiagnosticDocument[];
}
