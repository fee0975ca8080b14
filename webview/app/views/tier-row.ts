import type { TierRow } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { h, icon, svg } from '../dom.ts';
import { drawMark } from '../draw/marks.ts';
import type { PlacedRow, TierSort } from '../tiers-filter.ts';
import { tierLetter, tierWords } from '../tiers-goals.ts';
import type { Translate } from '../strings.ts';
import { shortName } from '../text.ts';
import { sourceWord } from './figure.ts';
import type { EnergyScale } from './tier-list.ts';

/** How a row stands in the list. */
export interface RowLook {
  readonly selected: boolean;
  readonly active: boolean;
  /** From 0. */
  readonly at: number;
  readonly of: number;
}

/** Equal for rows that look the same. */
export function rowSignature(row: PlacedRow, look: RowLook, scale: EnergyScale | undefined): string {
  const { energy, budget } = row.row;
  const figure = energy === null ? '' : `${energy.text} ${energy.source} ${energy.bandText} ${scale?.place(energy.value) ?? 0}`;
  const tier = row.tier === undefined ? '' : `${row.tier.kind} ${row.tier.name}`;
  return JSON.stringify([row.row.id, row.row.op, row.row.shape, row.row.parameters, figure, budget, tier, look]);
}

/** One layer as an option of the list. What it says to screen readers is one sentence; the cells are for the eye. */
export function rowElement(context: PageContext, placed: PlacedRow, look: RowLook, scale: EnergyScale | undefined): HTMLElement {
  const { t } = context;
  const { row, tier } = placed;
  const kind = tier?.kind ?? 'frozen';
  return h(
    'div',
    {
      id: `layer-${placed.index}`,
      class: `tier-row tier-row-${kind}${look.active ? ' is-active' : ''}`,
      role: 'option',
      'aria-selected': String(look.selected),
      'aria-posinset': look.at + 1,
      'aria-setsize': look.of,
      'aria-label': rowWords(t, placed),
      'data-index': placed.index,
    },
    h('span', { class: `tier-letter tier-letter-${kind}` }, tierLetter(kind)),
    h('span', { class: 'cell-name layer-name', title: row.id }, shortName(row.id)),
    h('span', { class: 'cell-tier', title: tier?.name }, tier === undefined ? t('frozen') : shortName(tier.name, 60)),
    h('span', { class: 'cell-op', title: row.op }, shortName(row.op, 40)),
    h('span', { class: 'cell-shape', title: row.shape }, shortName(row.shape, 40)),
    h('span', { class: 'cell-parameters num' }, row.parameters.toLocaleString('en')),
    h('span', { class: 'cell-energy', title: energyWords(t, row) }, ...energyCells(row, scale)),
    h('span', { class: 'cell-budget', title: budgetWords(t, row) }, budgetIcon(row)),
  );
}

/** The names of the columns, for the eye; pressing one sorts by it. */
export function listHeader(context: PageContext, sort: TierSort, scale: 'linear' | 'log'): readonly Child[] {
  const { t } = context;
  const cell = (name: string, label: string, by?: TierSort, title?: string): HTMLElement =>
    h('span', { class: `cell-${name}`, 'data-sort': by, title }, label, by !== undefined && by === sort && icon('arrow-down', 'sort-icon'));
  return [
    h('span', { class: 'tier-letter' }),
    cell('name', t('Layer'), 'order'),
    cell('tier', t('Tier')),
    cell('op', t('Operator')),
    cell('shape', t('Output')),
    cell('parameters', t('Parameters'), 'parameters'),
    cell('energy', t('Energy'), 'energy', scale === 'log' ? t('Energy per inference; bars on a log scale') : t('Energy per inference')),
    cell('budget', ''),
  ];
}

function energyCells(row: TierRow, scale: EnergyScale | undefined): readonly Child[] {
  const width = row.energy === null ? 0 : Math.round((scale?.place(row.energy.value) ?? 0) * 1000) / 10;
  const bar = svg({
    tag: 'svg',
    attributes: { class: 'energy-bar', viewBox: '0 0 100 8', preserveAspectRatio: 'none', 'aria-hidden': 'true' },
    children: [{ tag: 'rect', attributes: { class: 'energy-bar-fill', x: 0, y: 0, width, height: 8 } }],
  });
  return [bar, h('span', { class: 'energy-text num' }, row.energy?.text ?? '–'), row.energy !== null && svg(drawMark(row.energy.source))];
}

function budgetIcon(row: TierRow): Child {
  switch (row.budget?.status) {
    case 'exceeded':
      return icon('error', 'severity-error');
    case 'uncertain':
    case 'unknown':
      return icon('warning', 'severity-warning');
    case 'met':
      return icon('pass', 'severity-good');
    case undefined:
      return null;
  }
}

function rowWords(t: Translate, { row, tier }: PlacedRow): string {
  const words = [
    shortName(row.id),
    tierWords(t, tier),
    shortName(row.op, 40),
    t('output {0}', shortName(row.shape, 40)),
    row.parameters === 1 ? t('1 parameter') : t('{0} parameters', row.parameters.toLocaleString('en')),
    energyWords(t, row),
  ];
  const budget = budgetWords(t, row);
  return (budget === undefined ? words : [...words, budget]).join(', ');
}

/** A figure with band and source, as a tooltip and for screen readers. */
function energyWords(t: Translate, row: TierRow): string {
  if (row.energy === null) return t('energy unknown');
  const { text, bandText, source, ref } = row.energy;
  const band = bandText === '' ? '' : ` (${bandText})`;
  return `${t('{0} per inference', text)}${band}, ${sourceWord(t, source)}${ref === '' ? '' : `: ${shortName(ref, 300)}`}`;
}

function budgetWords(t: Translate, row: TierRow): string | undefined {
  switch (row.budget?.status) {
    case 'exceeded':
      return t('exceeds its budget of {0}', row.budget.limit);
    case 'uncertain':
      return t('may exceed its budget of {0}', row.budget.limit);
    case 'unknown':
      return t('budget of {0} cannot be judged', row.budget.limit);
    case 'met':
      return t('keeps its budget of {0}', row.budget.limit);
    case undefined:
      return undefined;
  }
}
