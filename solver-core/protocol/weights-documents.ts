/** Figures about the values of one weight tensor. */
export interface WeightFigures {
  /** Finite values and others. */
  readonly count: number;
  readonly nonFinite: number;
  /** Exact zeros. */
  readonly zeros: number;
  /** Below a hundredth of the largest magnitude, zeros included. */
  readonly nearZeros: number;
  /** Over finite values; null when there are none. */
  readonly min: number | null;
  readonly max: number | null;
  readonly mean: number | null;
  readonly standardDeviation: number | null;
}

/** `tierwise.weights/1`: the weights of one layer, counted where they are. */
export interface WeightsDocument {
  readonly schema: 'tierwise.weights/1';
  readonly model: string;
  readonly layer: string;
  /** Initializer and its stored type and shape; a QDQ layer's integers are told as the values they stand for. */
  readonly tensor: string;
  readonly dtype: string;
  readonly shape: readonly number[];
  readonly figures: WeightFigures;
  /** [bins + 1] edges, ascending, and [bins] counts. With `before` both share their edges. */
  readonly edges: readonly number[];
  readonly counts: readonly number[];
  /** The same layer of the model compared with; null: not asked for, or no such layer of that shape there. */
  readonly before: {
    readonly model: string;
    readonly figures: WeightFigures;
    readonly counts: readonly number[];
    /** ‖W − W_before‖_F / ‖W_before‖_F; null when that norm is zero. */
    readonly relativeChange: number | null;
  } | null;
}

/** What became of one layer's weights; layers are matched as in `tierwise.diff/1`. */
export interface WeightChange {
  /** On the later side; of a removed layer on the earlier one. */
  readonly id: string;
  /** `unknown`: not stored, of another shape, or beyond what was read. */
  readonly status: 'same' | 'changed' | 'added' | 'removed' | 'unknown';
  readonly count: number | null;
  /** Exact zeros. */
  readonly zeros: { readonly before: number | null; readonly after: number | null };
  /** ‖W − W_before‖_F / ‖W_before‖_F; null where it is not known or that norm is zero. */
  readonly relativeChange: number | null;
}

/** The weights of two models, layer by layer. */
export interface WeightChanges {
  readonly layers: readonly WeightChange[];
  /** Layers left out because reading them all would take too long. */
  readonly leftOut: number;
}
