import type { Shape } from './shape.ts';

/** Patterns and colours before they repeat; the letters go on. */
export const nPatterns = 6;

/** The letter of a part: A, B, C… */
export function patternLetter(pattern: number): string {
  return String.fromCharCode(65 + (pattern % 26));
}

/** The shape with the hatch of a pattern; `patterns` has to stand in the same document. */
export function hatched(shape: Shape, pattern: number): Shape {
  return { ...shape, attributes: { ...shape.attributes, fill: `url(#tw-part-${pattern % nPatterns})` } };
}

/** The letter of a part on its colour, in the middle at `x`; drawn last, it stays readable over hatch and whisker. */
export function letterShape(pattern: number, x: number, y: number): Shape {
  return {
    tag: 'text',
    attributes: { class: `part-letter part-${pattern % nPatterns}`, x, y, 'text-anchor': 'middle' },
    text: patternLetter(pattern),
  };
}

/** The sign of a part for a legend, 18 x 14 px: its colour, its hatch and its letter. */
export function drawPartKey(pattern: number): Shape {
  const box = { x: 0.5, y: 0.5, width: 17, height: 13 };
  return {
    tag: 'svg',
    attributes: { class: 'bars part-key', width: 18, height: 14, viewBox: '0 0 18 14', 'aria-hidden': 'true', focusable: 'false' },
    children: [
      { tag: 'rect', attributes: { class: `bar part part-${pattern % nPatterns}`, ...box } },
      hatched({ tag: 'rect', attributes: { class: 'part-pattern', ...box } }, pattern),
      letterShape(pattern, 9, 11),
    ],
  };
}

/** Hatches over the colours of the parts, so that form tells them apart: none, two diagonals, dots, upright and level lines. */
export function patterns(): Shape {
  const lines = ['', 'M0 6L6 0', 'M0 0L6 6', 'M1 1h1M4 4h1', 'M1 0V6', 'M0 1H6'];
  return {
    tag: 'defs',
    attributes: {},
    children: lines.map((d, index): Shape => ({
      tag: 'pattern',
      attributes: { id: `tw-part-${index}`, width: 6, height: 6, patternUnits: 'userSpaceOnUse' },
      children: [{ tag: 'path', attributes: { class: 'part-line', d } }],
    })),
  };
}
