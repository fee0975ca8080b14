/** Zero-based positions, as in the Language Server Protocol. */
export interface LspRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** Where a layer is named inside a tier block. A range `"a" .. "b"` yields one entry per layer, all with the range of the clause. */
export interface OutlineLayer {
  readonly id: string;
  readonly range: LspRange;
}

/** One tier block of a plan, for CodeLens and inlay hints. */
export interface OutlineTier {
  readonly kind: 'lower' | 'upper';
  readonly name: string;
  /** The header line `lower tier features`. */
  readonly headerRange: LspRange;
  readonly layers: readonly OutlineLayer[];
}

/** A clause `lower …` or `upper …` of a compound section. */
export interface OutlineModule {
  readonly range: LspRange;
  /** The file of a module that is a model of its own, as the plan writes it; null for layers of the plan's model. */
  readonly model: string | null;
  /** Layers of the plan's model, all with the range of the clause; for `upper rest` what follows the lower module. */
  readonly layers: readonly OutlineLayer[];
}

/** The compound section of a plan. */
export interface OutlineCompound {
  readonly name: string;
  /** The header `compound reader`. */
  readonly headerRange: LspRange;
  readonly lower: OutlineModule | null;
  /** Null also where the clause is left out: the upper module is the rest then. */
  readonly upper: OutlineModule | null;
}

/** Answer of the custom request `tierwise/outline` { uri } to the language server. */
export interface PlanOutline {
  readonly model: string | null;
  readonly target: string | null;
  readonly tiers: readonly OutlineTier[];
  /** Absent: the plan has none. */
  readonly compound?: OutlineCompound;
  readonly hasErrors: boolean;
}

/** Where layers are to go: an existing or new tier by its name, or out of every tier. */
export type TierGoal = { readonly kind: 'lower' | 'upper'; readonly name: string } | { readonly kind: 'frozen' };

/**
 * Answer of the custom request `tierwise/assignTier` { uri, layers, goal } to the language server: edits of the open plan that put these
 * layers, and no others, where they are to go and leave everything else as it is written. `refusal`: why that cannot be, in words.
 */
export type TierAssignment =
  | { readonly edits: readonly { readonly range: LspRange; readonly newText: string }[] }
  | { readonly refusal: { readonly code: string; readonly message: string; readonly advice: string } };

/** Answer of the custom request `tierwise/layerAt` { uri, position } to the language server: the layer that is named there, or null. */
export interface LayerPlace {
  readonly id: string;
  /** The name with its quotes. */
  readonly range: LspRange;
  /** Absolute path of the plan's model; null for a plan that is not on a disk or names none. */
  readonly model: string | null;
}
