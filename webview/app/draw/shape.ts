/** One SVG element as data: drawings are pure functions that return it, and only dom.ts makes elements of it. Sizes are CSS pixels. */
export interface Shape {
  readonly tag: 'svg' | 'g' | 'rect' | 'line' | 'path' | 'circle' | 'text' | 'title' | 'defs' | 'pattern';
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly text?: string;
  readonly children?: readonly Shape[];
}

/** Where a figure comes from, weakest last. */
export type Source = 'measured' | 'simulated' | 'modelled' | 'assumed';

/** A coordinate with at most two decimals, which is finer than any screen. */
export function px(value: number): number {
  return Math.round(value * 100) / 100;
}
