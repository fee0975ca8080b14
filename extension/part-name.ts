import type { Translate } from './format.ts';

/** The name of a part of an energy figure in the user's language; a name that is not known here stays as the solver core gave it. */
export function partName(t: Translate, name: string): string {
  switch (name) {
    case 'compute':
      return t('compute');
    case 'weights':
      return t('weights');
    case 'activations':
      return t('activations');
    case 'static':
      return t('static');
    case 'idle':
      return t('idle');
    case 'registers':
      return t('registers');
    case 'array':
      return t('array');
    case 'buffer':
      return t('buffer');
    case 'off-chip':
      return t('off-chip');
    case 'memory':
      return t('memory');
    case 'events':
      return t('events');
    case 'link':
      return t('link');
    case 'forward':
      return t('forward');
    default:
      return name;
  }
}
