import {
  formatBand,
  formatCount,
  formatMetric,
  formatNumber,
  formatQuantity,
  sourceWord,
  speakQuantity,
  type Translate,
} from '../format.ts';
import type { FitEntry } from './entry.ts';

/** What texts need besides the entry: the language, today, and the user's way to write times. */
export interface TextWorld {
  readonly t: Translate;
  readonly now: Date;
  /** BCP 47; undefined: that of the machine. */
  readonly locale?: string | undefined;
}

/** "Fit 3", or "Found 2" of a model that no fit of this list wrote. */
export function entryName(entry: FitEntry, t: Translate): string {
  return entry.kind === 'fit' ? t('Fit {0}', entry.id) : t('Found {0}', entry.id);
}

/** The time of today, with the date on other days. */
export function entryWhen(entry: FitEntry, { now, locale }: TextWorld): string {
  const made = new Date(entry.made);
  const time: Intl.DateTimeFormatOptions = { hour: '2-digit', minute: '2-digit' };
  const isToday = made.toDateString() === now.toDateString();
  return new Intl.DateTimeFormat(locale, isToday ? time : { day: 'numeric', month: 'short', hour: '2-digit', minute: '2-digit' }).format(
    made,
  );
}

/** "7.5 % → 99.4 %"; undefined when nothing was evaluated. */
export function entryChange({ evaluation }: FitEntry): string | undefined {
  if (!evaluation) return undefined;
  return `${formatMetric(evaluation.metric, evaluation.before)} \u2192 ${formatMetric(evaluation.metric, evaluation.after)}`;
}

/** The short line behind the name: accuracy, joules, state, backend, time. Band and source of the joules are in the rows below. */
export function entryDescription(entry: FitEntry, isCurrent: boolean, world: TextWorld): string {
  const { t } = world;
  const change = entryChange(entry);
  const parts = [
    ...(change === undefined ? [] : [change]),
    ...(isCurrent ? [t('in use')] : []),
    ...(entry.energy ? [formatQuantity(entry.energy)] : []),
    ...(entry.backend ? [entry.backend.kind] : []),
    ...(entry.kind === 'found' ? [t('written elsewhere')] : []),
    entryWhen(entry, world),
  ];
  return parts.join(' \u00b7 ');
}

/** One fact of an entry, shown below it. */
export interface EntryFact {
  readonly name: string;
  readonly value: string;
  /** For screen readers, units and source in words. */
  readonly spoken: string;
  readonly tooltip?: string;
  readonly icon: string;
}

/** What is known of a fit, each figure with its band and source. */
export function entryFacts(entry: FitEntry, world: TextWorld): readonly EntryFact[] {
  const { t } = world;
  const fact = (icon: string, name: string, value: string, spoken = value, tooltip?: string): EntryFact => ({
    name,
    value,
    spoken: `${name}: ${spoken}`,
    icon,
    ...(tooltip === undefined ? {} : { tooltip }),
  });
  return [...evaluationFacts(entry, fact, t), ...energyFacts(entry, fact, t), ...otherFacts(entry, fact, world)];
}

type MakeFact = (icon: string, name: string, value: string, spoken?: string, tooltip?: string) => EntryFact;

function evaluationFacts({ evaluation }: FitEntry, fact: MakeFact, t: Translate): readonly EntryFact[] {
  if (!evaluation) return [];
  const [before, after] = [formatMetric(evaluation.metric, evaluation.before), formatMetric(evaluation.metric, evaluation.after)];
  const rows = formatCount(evaluation.rows);
  const name = evaluation.metric === 'accuracy' ? t('Accuracy') : t('Mean squared error');
  return [fact('target', name, t('{0} before, {1} after, on {2} held-out rows', before, after, rows))];
}

function energyFacts({ energy, kind }: FitEntry, fact: MakeFact, t: Translate): readonly EntryFact[] {
  if (!energy) return kind === 'fit' ? [fact('zap', t('Energy of the fit'), t('not known'))] : [];
  const band = formatBand(energy, t);
  const value = t('{0} ({1}, {2})', formatQuantity(energy), band, sourceWord(energy.source, t));
  const spoken = t('{0}, between {1}', speakQuantity(energy, t), band);
  return [fact('zap', t('Energy of the fit'), value, spoken, t('Sources: {0}', energy.ref.slice(0, 600)))];
}

function otherFacts(entry: FitEntry, fact: MakeFact, world: TextWorld): readonly EntryFact[] {
  const { t } = world;
  const { backend, rows, layers, lambdas } = entry;
  const solved = layers === 1 ? t('1 layer') : t('{0} layers', layers);
  const withRows = rows === null ? solved : t('{0} from {1} rows', solved, formatCount(rows));
  return [
    ...(backend ? [fact('chip', t('Solved on'), `${backend.kind}, ${backend.device}`, undefined, backend.note ?? undefined)] : []),
    ...(layers > 0 ? [fact('layers', t('Solved'), withRows)] : []),
    ...(lambdas.length > 0 ? [fact('settings', t('Lambda'), lambdas.map(formatNumber).join(', '))] : []),
    fact('clock', entry.kind === 'fit' ? t('Fitted at') : t('Kept at'), fullTime(entry, world)),
  ];
}

/** A row of the history in words. */
export function entrySpoken(entry: FitEntry, isCurrent: boolean, world: TextWorld): string {
  const { t } = world;
  const { evaluation, energy } = entry;
  const parts = [
    entryName(entry, t),
    ...(isCurrent ? [t('in use')] : []),
    ...(entry.kind === 'found' ? [t('not written by a fit of this list')] : []),
    entryWhen(entry, world),
    ...(evaluation
      ? [t('{0} before, {1} after', formatMetric(evaluation.metric, evaluation.before), formatMetric(evaluation.metric, evaluation.after))]
      : []),
    ...(entry.backend ? [t('solved on {0}', entry.backend.kind)] : []),
    ...(energy ? [t('the fit took {0}', speakQuantity(energy, t))] : []),
  ];
  return parts.join(', ');
}

const fullTime = (entry: FitEntry, { locale }: TextWorld): string =>
  new Intl.DateTimeFormat(locale, { dateStyle: 'medium', timeStyle: 'medium' }).format(new Date(entry.made));
