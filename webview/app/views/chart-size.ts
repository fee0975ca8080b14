import { h } from '../dom.ts';

/** Calls `draw` when the width of `element` changes, once per frame at most. */
export function observeWidth(element: HTMLElement, draw: () => void): void {
  let widthPx = 0;
  new ResizeObserver(() => {
    if (Math.floor(element.clientWidth) === widthPx) return;
    widthPx = Math.floor(element.clientWidth);
    requestAnimationFrame(draw);
  }).observe(element);
}

/** Width of a text in the font of `element`, by a canvas that is never shown; a fixed guess where there is no canvas. */
export function measureIn(element: HTMLElement): (text: string) => number {
  const drawing = h('canvas').getContext('2d');
  if (drawing === null) return (text) => text.length * 7;
  drawing.font = getComputedStyle(element).font;
  return (text) => drawing.measureText(text).width;
}
