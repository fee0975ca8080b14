import type { EvidenceView, ReportView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { fill, h, icon, listen } from '../dom.ts';
import { citationsOf, splitRefs } from '../references.ts';
import type { FigureFacts, FigurePart } from '../report-figures.ts';
import { findFigure } from '../report-figures.ts';
import { keepFocus } from '../slot.ts';
import { suggestionsFor } from '../suggestions.ts';
import { shortName } from '../text.ts';
import { actionButton, layerLink } from './actions.ts';
import { figureButton } from './figure-button.ts';
import { sourceMark, sourceSentence } from './figure.ts';
import './figure-drawer.css';

/** The drawer beside the report that explains one figure. Open or closed it is part of the page's state. */
export interface FigureDrawer {
  readonly element: HTMLElement;
  /** Shows the figure, moves the focus to it and says it; does nothing for a key that the report does not have. */
  readonly open: (key: string, opener: Element | null) => void;
  readonly update: (view: ReportView) => void;
}

/** `onToggle` is told whether the drawer is open, so that the page makes room. */
export function createFigureDrawer(context: PageContext, page: HTMLElement, onToggle: (isOpen: boolean) => void): FigureDrawer {
  const { t, store } = context;
  let view: ReportView | null = null;
  let opener: { readonly element: Element; readonly key: string | undefined } | null = null;
  const element = h('section', { class: 'drawer', 'aria-labelledby': 'drawer-title', hidden: true });

  const paint = (): boolean => {
    const key = store.get().figure ?? null;
    const facts = view === null || key === null ? null : findFigure(view, key, t);
    const isOpen = view !== null && facts !== null;
    if (element.hidden === isOpen) onToggle(isOpen);
    element.hidden = !isOpen;
    if (view === null || facts === null) fill(element);
    else {
      const shown = view;
      keepFocus(element, () => fill(element, ...content(facts, shown, context, close)));
    }
    markOpen(page, isOpen ? key : null);
    return isOpen;
  };
  const close = (): void => {
    store.set({ figure: null });
    paint();
    const target = findOpener(page, opener);
    opener = null;
    if (target !== null) target.focus();
    context.announce(t('Explanation closed'));
  };
  const open = (key: string, from: Element | null): void => {
    const before = store.get().figure ?? null;
    // The drawer is drawn anew below: asked later, it would not know its own figures.
    const isInside = from !== null && element.contains(from);
    store.set({ figure: key });
    if (!paint()) {
      store.set({ figure: before });
      paint();
      return;
    }
    if (from !== null && !isInside)
      opener = { element: from, key: from instanceof HTMLElement || from instanceof SVGElement ? from.dataset['focus'] : undefined };
    element.scrollTop = 0;
    element.querySelector<HTMLElement>('#drawer-title')?.focus();
  };
  listen(element, 'keydown', (event) => {
    if (event instanceof KeyboardEvent && event.key === 'Escape') {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  });
  listen(page, 'keydown', (event) => {
    if (event instanceof KeyboardEvent && event.key === 'Escape' && !element.hidden) close();
  });
  return {
    element,
    open,
    update: (next) => {
      view = next;
      paint();
    },
  };
}

function markOpen(page: HTMLElement, key: string | null): void {
  for (const one of page.querySelectorAll('[data-figure]')) {
    if (one.getAttribute('data-figure') === key) one.setAttribute('aria-expanded', 'true');
    else one.removeAttribute('aria-expanded');
  }
}

/** The element that opened the drawer, or the one that took its place in a newer drawing of the page. */
function findOpener(page: HTMLElement, opener: { readonly element: Element; readonly key: string | undefined } | null): HTMLElement | null {
  if (opener === null) return page.querySelector<HTMLElement>('h1, [data-figure]');
  if (opener.element.isConnected) return opener.element as HTMLElement;
  for (const one of page.querySelectorAll<HTMLElement>('[data-focus]')) if (one.dataset['focus'] === opener.key) return one;
  return null;
}

function content(facts: FigureFacts, view: ReportView, context: PageContext, close: () => void): readonly Child[] {
  const { t } = context;
  const { figure } = facts;
  return [
    h(
      'header',
      { class: 'drawer-header' },
      h('h2', { id: 'drawer-title', tabindex: -1, 'data-focus': 'drawer-title' }, shortName(facts.title, 200)),
      listen(
        h(
          'button',
          { type: 'button', class: 'icon-button', 'aria-label': t('Close the explanation'), 'data-focus': 'drawer-close' },
          icon('close'),
        ),
        'click',
        close,
      ),
    ),
    h(
      'p',
      { class: 'drawer-value' },
      h('span', { class: 'drawer-number' }, figure.text),
      figure.bandText !== '' && h('span', { class: 'muted' }, t('error band {0}', figure.bandText)),
    ),
    h('p', { class: 'drawer-source' }, sourceMark(t, figure.source), h('span', { class: 'muted' }, sourceSentence(t, figure.source))),
    facts.layerId !== null && h('p', {}, t('Layer'), ' ', layerLink(context, facts.layerId)),
    part(t('How it is computed'), h('p', {}, facts.formula)),
    facts.parts.length > 0 && partsTable(facts, context),
    bandNote(facts, context),
    evidenceOf(facts.evidence, context),
    refsPart(facts, context),
    assumptionsPart(view, context),
    suggestionsPart(facts, view, context),
  ];
}

function part(title: string, ...children: readonly Child[]): HTMLElement {
  return h('div', { class: 'drawer-part' }, h('h3', {}, title), ...children);
}

function partsTable(facts: FigureFacts, context: PageContext): HTMLElement {
  const { t } = context;
  const total = facts.figure.value;
  const share = (one: FigurePart): string => (total > 0 ? `${Math.round((100 * one.figure.value) / total)} %` : '–');
  const title = facts.partsAre === 'layers' ? t('Its layers, the largest first') : t('Its parts');
  const number = (one: FigurePart): readonly Child[] =>
    one.key === null ? [one.figure.text] : figureButton(t, one.figure, one.key, 'drawer');
  return part(
    title,
    h(
      'table',
      { class: 'small-table drawer-table' },
      h('caption', { class: 'visually-hidden' }, title),
      h(
        'thead',
        { class: 'visually-hidden' },
        h('tr', {}, ...[t('Part'), t('Energy'), t('Share')].map((label) => h('th', { scope: 'col' }, label))),
      ),
      h(
        'tbody',
        {},
        ...facts.parts.map((one) =>
          h(
            'tr',
            {},
            h('th', { scope: 'row' }, shortName(one.name, 80)),
            h('td', { class: 'num' }, ...number(one)),
            h('td', { class: 'num' }, share(one)),
          ),
        ),
      ),
    ),
    facts.morePartsCount > 0 && h('p', { class: 'muted' }, t('{0} more, each smaller', facts.morePartsCount)),
  );
}

/** Which part makes the band wide, where one does. */
function bandNote(facts: FigureFacts, { t }: PageContext): HTMLElement | null {
  const spread = (one: FigurePart): number => one.figure.high - one.figure.low;
  const total = facts.figure.high - facts.figure.low;
  const widest = facts.parts.toSorted((a, b) => spread(b) - spread(a))[0];
  if (widest === undefined || facts.parts.length < 2 || total <= 0 || spread(widest) < total / 3) return null;
  const share = Math.min(100, Math.round((100 * spread(widest)) / total));
  return h(
    'p',
    { class: 'note' },
    icon('info', 'severity-info'),
    h('span', {}, t('{0} % of the width of the band comes from {1}.', share, shortName(widest.name, 80))),
  );
}

/** What is known of the same thing by other means: too wide for a table here. */
function evidenceOf(evidence: readonly EvidenceView[], { t }: PageContext): HTMLElement | null {
  const known = evidence.filter((one) => one.simulated !== null || one.measured !== null);
  if (known.length === 0) return null;
  const line = (label: string, figure: EvidenceView['simulated']): HTMLElement | false =>
    figure !== null && h('div', {}, h('dt', {}, label), h('dd', {}, figure.text, ' ', h('span', { class: 'muted' }, figure.bandText)));
  return part(
    t('The same thing by other means'),
    ...known.map((one) =>
      h(
        'div',
        { class: 'drawer-evidence' },
        h('p', {}, shortName(one.of, 120)),
        h(
          'dl',
          { class: 'pairs' },
          line(t('Estimate'), one.estimate),
          line(t('Simulated'), one.simulated),
          line(t('Measured'), one.measured),
          one.error !== '' && h('div', {}, h('dt', {}, t('Error of the estimate')), h('dd', {}, one.error)),
        ),
        one.measuredBy !== '' && h('p', { class: 'muted' }, shortName(one.measuredBy, 160)),
        one.stale !== null &&
          h('p', { class: 'note' }, icon('warning', 'severity-warning'), h('span', {}, t('Out of date: {0}', shortName(one.stale, 200)))),
      ),
    ),
  );
}

function refsPart(facts: FigureFacts, { t }: PageContext): HTMLElement {
  const refs = splitRefs(facts.figure.ref);
  const citations = citationsOf(refs);
  return part(
    t('What it rests on'),
    refs.length === 0
      ? h('p', { class: 'muted' }, t('No reference came with this figure.'))
      : h('ul', { class: 'drawer-refs', lang: 'en' }, ...refs.slice(0, 40).map((ref) => h('li', {}, shortName(ref, 400)))),
    citations.length > 0 && h('p', { class: 'drawer-sub' }, t('Published sources')),
    citations.length > 0 && h('ul', { class: 'drawer-refs muted', lang: 'en' }, ...citations.map((text) => h('li', {}, text))),
    h('p', { class: 'muted' }, t('Equations and constants: docs/energy.md and docs/targets.md of Tierwise.')),
  );
}

function assumptionsPart(view: ReportView, { t }: PageContext): HTMLElement | null {
  if (view.assumptions.length === 0) return null;
  const sorted = view.assumptions.toSorted((a, b) => Number(b.dominates) - Number(a.dominates));
  return part(
    t('Assumptions of the report'),
    h(
      'ul',
      { class: 'drawer-refs' },
      ...sorted
        .slice(0, 12)
        .map((one) =>
          h(
            'li',
            {},
            h('strong', { lang: 'en' }, one.name),
            one.dominates && ` (${t('decides most of the result')})`,
            ': ',
            h('span', { class: 'muted', lang: 'en' }, one.text),
          ),
        ),
    ),
  );
}

function suggestionsPart(facts: FigureFacts, view: ReportView, context: PageContext): HTMLElement | null {
  const { t } = context;
  const suggestions = suggestionsFor(view, facts, t);
  if (suggestions.length === 0) return null;
  return part(
    t('What would make it better'),
    h(
      'ul',
      { class: 'plain-list drawer-suggestions' },
      ...suggestions.map(({ text, action }) =>
        h('li', {}, h('p', {}, text), action !== null && actionButton(context, { ...action, kind: 'secondary' })),
      ),
    ),
  );
}
