import type { Shape } from './shape.ts';
import { px } from './shape.ts';

const heightPx = 10;

/**
 * A bar of zeros: its first part what was there before (filled), the rest what was added (hatched by an outline), on a ground that
 * stands for all. Decoration: the table beside it has the numbers. Shares in 0..1; a result below the start shows the result alone.
 */
export function drawShares(before: number, after: number, widthPx = 96): Shape {
  const inner = widthPx - 2;
  const start = Math.min(before, after) * inner;
  const end = after * inner;
  return {
    tag: 'svg',
    attributes: {
      class: 'shares',
      width: widthPx,
      height: heightPx,
      viewBox: `0 0 ${widthPx} ${heightPx}`,
      'aria-hidden': 'true',
      focusable: 'false',
    },
    children: [
      { tag: 'rect', attributes: { class: 'shares-ground', x: 0.5, y: 0.5, width: widthPx - 1, height: heightPx - 1 } },
      ...(start > 0
        ? [{ tag: 'rect' as const, attributes: { class: 'shares-before', x: 1, y: 1, width: px(start), height: heightPx - 2 } }]
        : []),
      ...(end > start
        ? [
            {
              tag: 'rect' as const,
              attributes: { class: 'shares-added', x: px(1 + start), y: 1, width: px(end - start), height: heightPx - 2 },
            },
          ]
        : []),
    ],
  };
}
