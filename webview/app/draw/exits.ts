import type { Shape } from './shape.ts';

/** The sign of an exit, 12 x 12 px, told apart by form: the lower exit points down and is hollow, the upper one points up and is filled. */
export function drawExit(exit: 'lower' | 'upper'): Shape {
  return {
    tag: 'svg',
    attributes: { class: `exit exit-${exit}`, viewBox: '0 0 12 12', width: 12, height: 12, 'aria-hidden': 'true', focusable: 'false' },
    children: [{ tag: 'path', attributes: { class: 'exit-mark', d: exit === 'lower' ? 'M1.5 3h9L6 10z' : 'M1.5 9h9L6 2z' } }],
  };
}
