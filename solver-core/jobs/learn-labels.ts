import type { RowLabels } from '../fit/index.ts';
import { TierwiseError } from '../model/error.ts';

/** What a learner's labels are: it stays so for the whole life of its state. */
export interface LabelKind {
  readonly kind: 'class' | 'regression';
  /** Names of the classes by index where a data file names them; null where it numbers them from 0. */
  readonly names: readonly string[] | null;
}

/** Most classes a state may know (as the learner's own limit). */
const maxClasses = 65_536;

/** What the labels of a first data file make a learner's labels. */
export function labelKindOf(labels: RowLabels): LabelKind {
  return { kind: labels.kind, names: labels.kind === 'class' ? namesOf(labels) : null };
}

/**
 * The labels of another data file in the learner's terms. Named classes keep the number they had; new names get the next ones. Whole
 * numbers count as classes, and classes as numbers, where the learner wants the other. Throws TierwiseError `labels-do-not-fit` and
 * `label-out-of-range`.
 */
export function alignLabels(labels: RowLabels, known: LabelKind, name: string): { readonly labels: RowLabels; readonly kind: LabelKind } {
  if (known.kind === 'regression') return { labels: asNumbers(labels, name), kind: known };
  if (labels.kind === 'regression') return { labels: wholeNumbers(labels, name), kind: known };
  const names = namesOf(labels);
  if (names === null && known.names === null) return { labels, kind: known };
  if (known.names === null) return { labels: numbered(labels, names ?? [], name), kind: known };
  const all = [...known.names];
  const index = new Map(all.map((text, i) => [text, i]));
  const numberOf = (text: string): number => {
    const found = index.get(text);
    if (found !== undefined) return found;
    if (all.length >= maxClasses) throw outOfRange(name, text);
    index.set(text, all.length);
    all.push(text);
    return all.length - 1;
  };
  const values = labels.values.map((value) => numberOf(names?.[value] ?? String(value)));
  return { labels: { kind: 'class', values, classes: all.length }, kind: { kind: 'class', names: all } };
}

/** Labels [from, from + count) as a copy. */
export function sliceLabels(labels: RowLabels, from: number, count: number): RowLabels {
  if (labels.kind === 'class') return { ...labels, values: labels.values.slice(from, from + count) };
  const { outputs } = labels;
  return { kind: 'regression', outputs, values: labels.values.slice(from * outputs, (from + count) * outputs) };
}

function namesOf(labels: RowLabels): readonly string[] | null {
  return labels.kind === 'class' ? (labels.names ?? null) : null;
}

function numbered(labels: RowLabels & { readonly kind: 'class' }, names: readonly string[], name: string): RowLabels {
  const numbers = names.map(Number);
  const bad = numbers.findIndex((n) => !Number.isSafeInteger(n) || n < 0);
  if (bad >= 0)
    throw new TierwiseError(
      'labels-do-not-fit',
      `${name} labels rows ${JSON.stringify(names[bad])}; the learner numbers its classes from 0`,
      'Number the classes as in the data learned before.',
    );
  const high = numbers.findIndex((n) => n >= maxClasses);
  if (high >= 0) throw outOfRange(name, names[high] ?? '');
  return { kind: 'class', classes: Math.max(0, ...numbers) + 1, values: labels.values.map((value) => numbers[value] ?? 0) };
}

function wholeNumbers(labels: RowLabels & { readonly kind: 'regression' }, name: string): RowLabels {
  const isClass = (v: number): boolean => Number.isSafeInteger(v) && v >= 0 && v < maxClasses;
  const bad = labels.outputs === 1 ? labels.values.findIndex((v) => !isClass(v)) : 0;
  if (bad >= 0)
    throw new TierwiseError(
      'labels-do-not-fit',
      labels.outputs === 1
        ? `row ${bad} of ${name} has the label ${labels.values[bad]}; the learner learns classes, whole numbers from 0`
        : `${name} has ${labels.outputs} numbers per row as labels; the learner learns classes, one whole number per row`,
      'Use labels of the same kind as the rows learned before.',
    );
  const values = Int32Array.from(labels.values);
  return { kind: 'class', values, classes: values.reduce((high, v) => Math.max(high, v), -1) + 1 };
}

function asNumbers(labels: RowLabels, name: string): RowLabels {
  if (labels.kind === 'regression') return labels;
  const names = namesOf(labels);
  const values = Float32Array.from(labels.values, (value) => (names === null ? value : Number(names[value])));
  const bad = values.findIndex((v) => !Number.isFinite(v));
  if (bad < 0) return { kind: 'regression', outputs: 1, values };
  throw new TierwiseError(
    'labels-do-not-fit',
    `row ${bad} of ${name} has the label ${JSON.stringify(names?.[labels.values[bad] ?? 0])}; the learner learns numbers`,
    'Use labels of the same kind as the rows learned before.',
  );
}

function outOfRange(name: string, label: string): TierwiseError {
  return new TierwiseError(
    'label-out-of-range',
    `${name} has the label ${JSON.stringify(label)}; a learner knows at most ${maxClasses} classes`,
    'Number the classes from 0.',
  );
}
