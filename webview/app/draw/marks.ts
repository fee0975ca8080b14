import type { Shape, Source } from './shape.ts';

/**
 * The sign of a figure's provenance, 12 x 12 px, told apart by form alone: measured is a full disc, simulated half a disc in a ring,
 * modelled a ring, assumed a broken ring. Colour comes from the text around it.
 */
export function drawMark(source: Source): Shape {
  return {
    tag: 'svg',
    attributes: { class: `mark mark-${source}`, viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true', focusable: 'false' },
    children: parts(source),
  };
}

function parts(source: Source): Shape[] {
  const ring: Shape = { tag: 'circle', attributes: { cx: 6, cy: 6, r: 4, class: 'mark-line' } };
  switch (source) {
    case 'measured':
      return [{ tag: 'circle', attributes: { cx: 6, cy: 6, r: 4.75, class: 'mark-area' } }];
    case 'simulated':
      return [ring, { tag: 'path', attributes: { d: 'M6 2a4 4 0 0 0 0 8z', class: 'mark-area' } }];
    case 'modelled':
      return [ring];
    case 'assumed':
      return [{ tag: 'circle', attributes: { cx: 6, cy: 6, r: 4, class: 'mark-line', 'stroke-dasharray': '2.1 2.1' } }];
  }
}
