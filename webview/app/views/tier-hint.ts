import type { Child } from '../dom.ts';
import { h } from '../dom.ts';
import type { Translate } from '../strings.ts';

/** The line that names the keys of the list. */
export function keyHint(t: Translate): HTMLElement {
  const keys: readonly (readonly [string, string])[] = [
    [t('Space'), t('next tier')],
    ['L U F', t('set tier')],
    [t('Shift+arrows'), t('more')],
    [t('Enter'), t('in the plan')],
    ['/', t('filter')],
    [t('Esc'), t('clear')],
  ];
  const parts = keys.flatMap(([key, words], i): Child[] => [
    i === 0 ? null : ' · ',
    h('span', { class: 'hint-key' }, h('kbd', {}, key), ` ${words}`),
  ]);
  return h(
    'p',
    { id: 'tier-keys', class: 'tier-hint' },
    ...parts,
    h('span', { class: 'hint-drag' }, ' · ', h('span', { class: 'hint-key' }, t('or drag onto a tier'))),
  );
}
