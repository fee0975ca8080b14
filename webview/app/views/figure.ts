import type { FigureView } from '../../messages/index.ts';
import { drawMark } from '../draw/marks.ts';
import type { Child } from '../dom.ts';
import { h, hiddenText, svg } from '../dom.ts';
import type { Translate } from '../strings.ts';
import './figure.css';

type Source = FigureView['source'];

export const sources: readonly Source[] = ['measured', 'simulated', 'modelled', 'assumed'];

/** The word for a provenance. */
export function sourceWord(t: Translate, source: Source): string {
  switch (source) {
    case 'measured':
      return t('measured');
    case 'simulated':
      return t('simulated');
    case 'modelled':
      return t('modelled');
    case 'assumed':
      return t('assumed');
  }
}

/** What a provenance means, in a sentence. */
export function sourceSentence(t: Translate, source: Source): string {
  switch (source) {
    case 'measured':
      return t('Measured: read from a meter on the hardware.');
    case 'simulated':
      return t('Simulated: counted while the real circuit ran in simulation.');
    case 'modelled':
      return t('Modelled: computed from published tables.');
    case 'assumed':
      return t('Assumed: rests on a value nobody measured for this hardware.');
  }
}

/** Sign and word of a provenance; form tells the four apart, colour does not matter. */
export function sourceChip(t: Translate, source: Source): HTMLElement {
  return h('span', { class: `chip chip-${source}`, title: sourceSentence(t, source) }, svg(drawMark(source)), sourceWord(t, source));
}

/** The sign alone, for tables; its word is there for screen readers and as a tooltip. */
export function sourceMark(t: Translate, source: Source): HTMLElement {
  return h(
    'span',
    { class: 'source-mark', title: sourceSentence(t, source) },
    svg(drawMark(source)),
    hiddenText(` ${sourceWord(t, source)}`),
  );
}

/** A figure in a table cell: value and sign, the band below. */
export function figureCell(t: Translate, figure: FigureView | null): readonly Child[] {
  if (figure === null) return [h('span', { class: 'none' }, '–', hiddenText(` ${t('no figure')}`))];
  return [
    h('span', { class: 'figure-line' }, h('span', { class: 'figure-value' }, figure.text), sourceMark(t, figure.source)),
    figure.bandText === '' ? null : h('span', { class: 'figure-band' }, figure.bandText),
  ];
}

/** A provenance chip that opens to what the figure rests on. `key` keeps it open over updates. */
export function sourceDetails(t: Translate, figure: FigureView): HTMLElement {
  const refs = figure.ref.split(/;\s+/).filter((ref) => ref !== '');
  if (refs.length === 0) return sourceChip(t, figure.source);
  return h(
    'details',
    { class: 'source-details' },
    h('summary', {}, sourceChip(t, figure.source), hiddenText(` – ${t('what this figure rests on')}`)),
    h('div', { class: 'source-text' }, h('p', {}, sourceSentence(t, figure.source)), h('ul', {}, ...refs.map((ref) => h('li', {}, ref)))),
  );
}

/** The line below a table that explains the signs used in it; nothing when no figure is there. */
export function sourceLegend(t: Translate, used: ReadonlySet<Source>): HTMLElement | null {
  const shown = sources.filter((source) => used.has(source));
  if (shown.length === 0) return null;
  return h('p', { class: 'legend' }, ...shown.map((source) => sourceChip(t, source)));
}
