import type { TextRange } from '../model/diagnostic.ts';

/** Zero-based positions, as editors count them. */
export interface OutlineRange {
  readonly start: { readonly line: number; readonly character: number };
  readonly end: { readonly line: number; readonly character: number };
}

/** Where tiers and layers stand in the text of a plan, for everything an editor puts beside them. */
export interface Outline {
  readonly model: string | null;
  readonly target: string | null;
  readonly tiers: readonly {
    readonly kind: 'lower' | 'upper';
    readonly name: string;
    /** `lower tier NAME`. */
    readonly headerRange: OutlineRange;
    /** In graph order; each layer of a range `"a" .. "b"` has the range's place. */
    readonly layers: readonly { readonly id: string; readonly range: OutlineRange }[];
  }[];
  readonly hasErrors: boolean;
}

/** One-based to zero-based. */
export function outlineRange(range: TextRange): OutlineRange {
  return {
    start: { line: range.line - 1, character: range.column - 1 },
    end: { line: range.endLine - 1, character: range.endColumn - 1 },
  };
}
