import type { FigureView } from '../../messages/index.ts';
import type { Child } from '../dom.ts';
import { h, hiddenText, svg } from '../dom.ts';
import { drawMark } from '../draw/marks.ts';
import type { Translate } from '../strings.ts';
import { sourceSentence, sourceWord } from './figure.ts';
import './figure-button.css';

/** A figure in a table or tile that explains itself when pressed. The page listens for `data-figure`; `place` tells equal figures apart. */
export function figureButton(t: Translate, figure: FigureView | null, key: string, place = 'figure'): readonly Child[] {
  if (figure === null) return [h('span', { class: 'none' }, '–', hiddenText(` ${t('no figure')}`))];
  return [
    h(
      'button',
      {
        type: 'button',
        class: 'figure-button',
        'data-figure': key,
        'data-focus': `${place}:${key}`,
        title: t('{0} Press for what it rests on.', sourceSentence(t, figure.source)),
      },
      h('span', { class: 'figure-value' }, figure.text),
      svg(drawMark(figure.source)),
      hiddenText(` ${sourceWord(t, figure.source)}, ${t('explain')}`),
    ),
    figure.bandText === '' ? null : h('span', { class: 'figure-band' }, figure.bandText),
  ];
}
