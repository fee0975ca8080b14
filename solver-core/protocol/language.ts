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

/** Answer of the custom request `tierwise/outline` { uri } to the language server. */
export interface PlanOutline {
  readonly model: string | null;
  readonly target: string | null;
  readonly tiers: readonly OutlineTier[];
  readonly hasErrors: boolean;
}
