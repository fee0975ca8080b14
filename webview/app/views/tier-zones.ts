import type { TierGoalView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { fill, h, hiddenText, listen } from '../dom.ts';
import { keepFocus } from '../slot.ts';
import { newTierName, tierLetter, tierWords } from '../tiers-goals.ts';
import type { TierKind } from '../tiers-goals.ts';
import type { TiersState } from '../tiers-state.ts';
import { shortName } from '../text.ts';
import './tier-zones.css';

/** The tiers of the plan beside the list: how many layers each has, and where layers can be dropped or sent by pressing one. */
export interface TierZones {
  readonly element: HTMLElement;
  readonly paint: () => void;
  /** The goal of the zone at an element; undefined outside of every zone. */
  readonly goalAt: (element: Element | null) => TierGoalView | undefined;
  /** Marks the zone at an element as the one that would take what is dragged. */
  readonly mark: (element: Element | null) => void;
}

interface Zone {
  readonly goal: TierGoalView;
  readonly kind: TierKind;
  readonly isNew: boolean;
  readonly count: number;
}

/** `onChoose`: a zone was pressed. */
export function createTierZones(context: PageContext, state: TiersState, onChoose: (goal: TierGoalView) => void): TierZones {
  const { t } = context;
  const list = h('div', { class: 'zone-list' });
  const element = h(
    'section',
    { class: 'tier-zones', 'aria-labelledby': 'zones-title' },
    h('h2', { id: 'zones-title', class: 'zone-title' }, t('Tiers')),
    list,
  );
  let zones: readonly Zone[] = [];
  let shown = '';
  const zoneOf = (target: Element | null): HTMLElement | null => target?.closest<HTMLElement>('[data-zone]') ?? null;
  listen(list, 'click', (event) => {
    const at = event.target instanceof Element ? zoneOf(event.target)?.dataset['zone'] : undefined;
    const zone = zones[Number(at ?? -1)];
    if (zone !== undefined) onChoose(zone.goal);
  });
  return {
    element,
    paint: () => {
      zones = zonesOf(state);
      const signature = JSON.stringify(zones);
      if (signature === shown) return;
      shown = signature;
      keepFocus(list, () => fill(list, ...zones.map((zone, index) => zoneButton(context, zone, index))));
    },
    goalAt: (target) => zones[Number(zoneOf(target)?.dataset['zone'] ?? -1)]?.goal,
    mark: (target) => {
      const over = zoneOf(target);
      for (const zone of list.querySelectorAll('[data-zone]')) zone.classList.toggle('is-target', zone === over);
    },
  };
}

/** Lower tiers first, as data flows, then upper ones, then what is frozen; at the end two that a drop makes. */
function zonesOf(state: TiersState): readonly Zone[] {
  const counts = new Map<string, number>();
  let frozen = 0;
  for (const { tier } of state.rows) {
    if (tier === undefined) frozen++;
    else counts.set(`${tier.kind} ${tier.name}`, (counts.get(`${tier.kind} ${tier.name}`) ?? 0) + 1);
  }
  const tiers = (kind: 'lower' | 'upper'): Zone[] => {
    const own = state.tiers.filter((tier) => tier.kind === kind);
    return own.map(({ name }) => ({ goal: { kind, name }, kind, isNew: false, count: counts.get(`${kind} ${name}`) ?? 0 }));
  };
  const fresh = (kind: 'lower' | 'upper'): Zone => ({ goal: { kind, name: newTierName(state.tiers, kind) }, kind, isNew: true, count: 0 });
  return [
    ...tiers('lower'),
    ...tiers('upper'),
    { goal: { kind: 'frozen' }, kind: 'frozen', isNew: false, count: frozen },
    fresh('lower'),
    fresh('upper'),
  ];
}

function zoneButton(context: PageContext, zone: Zone, index: number): HTMLElement {
  const { t } = context;
  const { goal, kind, count, isNew } = zone;
  const name = goal.kind === 'frozen' ? t('Frozen') : shortName(goal.name, 60);
  const sort = kind === 'frozen' ? t('left alone') : kind === 'lower' ? t('lower, solved in one step') : t('upper, learns incrementally');
  const label = isNew ? (kind === 'lower' ? t('New lower tier') : t('New upper tier')) : name;
  const key = goal.kind === 'frozen' ? 'zone:frozen' : `zone:${isNew ? 'new' : goal.kind}:${isNew ? goal.kind : goal.name}`;
  return h(
    'button',
    {
      type: 'button',
      class: `zone zone-${kind}${isNew ? ' zone-new' : ''}`,
      'data-zone': index,
      'data-focus': key,
      title: isNew
        ? t('Drop layers here, or press, to make {0}', tierWords(t, goal))
        : t('Drop layers here, or press, to move the selected ones'),
    },
    h('span', { class: `tier-letter tier-letter-${kind}`, 'aria-hidden': 'true' }, isNew ? '+' : tierLetter(kind)),
    h('span', { class: 'zone-name' }, hiddenText(`${t('Move selected layers to')} `), label),
    isNew ? null : h('span', { class: 'zone-sort' }, sort),
    isNew
      ? null
      : h(
          'span',
          { class: 'zone-count num' },
          h('span', { 'aria-hidden': 'true' }, String(count)),
          hiddenText(count === 1 ? t('1 layer') : t('{0} layers', count)),
        ),
  );
}
