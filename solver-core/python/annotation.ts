import type { TierKind } from '../protocol/documents.ts';
import { closest } from '../tiers/suggest.ts';
import { shown } from '../tiers/text.ts';
import type { Span } from '../tiers/text.ts';
import type { Word } from '../tiers/vocabulary.ts';
import { allOptions, kindWords, methodsOf, numberRule, optionsFor, readBudget, valueWords } from './annotation-words.ts';
import type { PythonFindings } from './python-findings.ts';
import type { TierComment } from './tier-comments.ts';

/** What a comment `# tier: …` says. Options hold only what is right. */
export interface Annotation {
  readonly comment: TierComment;
  readonly kind: TierKind;
  readonly name: string | null;
  readonly method: string | null;
  /** As written; those that cannot be used are left out. */
  readonly options: ReadonlyMap<string, string>;
  /** False when something in it is wrong. */
  readonly isSound: boolean;
}

/** A word of an annotation: `lower`, `ridge` or `lambda=1e-2`. */
export interface AnnotationWord {
  readonly span: Span;
  readonly key: string;
  /** Null for a word without `=`. */
  readonly value: string | null;
  readonly valueSpan: Span;
}

const wordPattern = /([A-Za-z_][\w-]*)[ \t]*=[ \t]*("[^"\n]*"?|[^\s#,"]*)|[^\s#,]+/g;
const numberPattern = /^[+-]?(?:\d+(?:\.\d+)?|\.\d+)(?:[eE][+-]?\d+)?$/;
const namePattern = /^[A-Za-z_\u00c0-\u1fff\u2c00-\ud7ff][\w\u00c0-\u1fff\u2c00-\ud7ff-]*$/;

/** The words of a comment up to a second `#`, with their places in the text. */
export function annotationWords(text: string, comment: Pick<TierComment, 'words' | 'to'>): readonly AnnotationWord[] {
  const written = text.slice(comment.words, comment.to);
  const end = written.indexOf('#');
  const words: AnnotationWord[] = [];
  for (const match of written.slice(0, end < 0 ? undefined : end).matchAll(wordPattern)) {
    const offset = comment.words + match.index;
    const span = { offset, end: offset + match[0].length };
    const [, key, value] = match;
    if (key === undefined || value === undefined) words.push({ span, key: match[0], value: null, valueSpan: span });
    else words.push({ span, key, value: value.replace(/^"|"$/g, ''), valueSpan: { offset: span.end - value.length, end: span.end } });
  }
  return words;
}

/** Reads an annotation and reports what is wrong with it; undefined when it does not name a kind of tier. */
export function readAnnotation(text: string, comment: TierComment, findings: PythonFindings): Annotation | undefined {
  let isSound = true;
  const report = (...finding: Parameters<PythonFindings['add']>): void => {
    isSound = false;
    findings.add(...finding);
  };
  const words = annotationWords(text, comment);
  const plain = words.filter(({ value }) => value === null);
  const [first, second, ...more] = plain;
  if (first === undefined || first !== words[0]) {
    const span = first?.span ?? words[0]?.span ?? { offset: comment.from, end: comment.to };
    const fix =
      words.length === 0
        ? [`${text.slice(comment.from, comment.to)} lower ridge`, `${text.slice(comment.from, comment.to)} upper rls`]
        : [];
    report('error', 'missing-clause', span, 'an annotation begins with the kind of tier: lower, upper or frozen', fix);
    return undefined;
  }
  const kind = known(first, 'kind of tier', kindWords, report)?.word as TierKind | undefined;
  if (kind === undefined) return undefined;
  for (const word of more)
    report('error', 'unknown-word', word.span, `${shown(word.key)} has no place here; options are written KEY=VALUE`, ['']);
  const method = second === undefined ? null : methodOf(second, kind, report);
  const { name, options } = readOptions(
    words.filter(({ value }) => value !== null),
    kind,
    method,
    report,
  );
  return { comment, kind, name, method, options, isSound };
}

type Report = PythonFindings['add'];

function methodOf(word: AnnotationWord, kind: TierKind, report: Report): string | null {
  const methods = methodsOf(kind);
  if (methods.length === 0) {
    report('error', 'misplaced-clause', word.span, `a frozen layer has no method; remove ${shown(word.key)}`, ['']);
    return null;
  }
  return known(word, kind === 'lower' ? 'way to solve' : 'way to learn', methods, report)?.word ?? null;
}

function known<W extends Word>(
  word: Pick<AnnotationWord, 'span' | 'key'>,
  what: string,
  words: readonly W[],
  report: Report,
): W | undefined {
  const found = words.find((each) => each.word === word.key);
  if (found !== undefined) return found;
  const all = words.map((each) => each.word);
  const near = closest(word.key, all);
  report(
    'error',
    'unknown-word',
    word.span,
    `${shown(word.key)} is not a known ${what}; known: ${all.join(', ')}`,
    near.length > 0 || all.length > 4 ? near : all,
  );
  return undefined;
}

function readOptions(
  words: readonly AnnotationWord[],
  kind: TierKind,
  method: string | null,
  report: Report,
): { readonly name: string | null; readonly options: ReadonlyMap<string, string> } {
  const allowed = optionsFor(kind, method);
  const owner = kind === 'upper' ? `upper ${method ?? 'rls'}` : kind === 'lower' ? 'lower ridge' : kind;
  const options = new Map<string, string>();
  const seen = new Set<string>();
  for (const word of words) {
    const { key, value, span } = word;
    if (!allowed.includes(key)) {
      const takes = allowed.length === 0 ? 'nothing' : allowed.join(', ');
      if (allOptions().includes(key))
        report('error', 'misplaced-clause', span, `"${key}" does not belong to "${owner}", which takes ${takes}; remove it`, ['']);
      else {
        const near = closest(key, allowed);
        const fixes = near.map((each) => `${each}=${value ?? ''}`);
        report(
          'error',
          'unknown-word',
          span,
          `${shown(key)} is not a known option; "${owner}" takes ${takes}`,
          fixes.length > 0 ? fixes : [''],
        );
      }
    } else if (seen.has(key))
      report('error', 'duplicate-clause', span, `"${key}" stands more than once; the first one counts, remove the others`, ['']);
    else if (isRight(word, kind, report)) options.set(key, value ?? '');
    seen.add(key);
  }
  const compensation = words.find(({ key }) => key === 'compensation');
  if (compensation !== undefined && options.has('compensation') && !seen.has('expand')) {
    const written = `compensation=${compensation.value ?? ''}`;
    const message = '"compensation" needs random features to work on; add expand with their number, or remove it';
    report('error', 'missing-clause', compensation.span, message, [`expand=1024 ${written}`, '']);
    options.delete('compensation');
  }
  const name = options.get('name') ?? null;
  options.delete('name');
  return { name, options };
}

/** Whether an option has a value that the plan's checker would accept. */
function isRight({ key, value, valueSpan, span }: AnnotationWord, kind: TierKind, report: Report): boolean {
  const written = value ?? '';
  if (written === '') {
    report('error', 'missing-clause', span, `"${key}" has no value; write ${key}=VALUE`);
    return false;
  }
  if (key === 'name') {
    if (namePattern.test(written)) return true;
    report(
      'error',
      'unknown-word',
      valueSpan,
      `${shown(written)} cannot be the name of a tier; use letters, digits, "_" and "-", a letter first`,
    );
    return false;
  }
  if (key === 'budget') {
    if (readBudget(written) !== undefined) return true;
    const what = kind === 'upper' ? 'update' : 'fit';
    report(
      'error',
      'value-out-of-range',
      valueSpan,
      `the budget per ${what} is ${shown(written)}; write a number above 0 with a unit, such as 5mJ`,
    );
    return false;
  }
  const words = valueWords(key);
  const rule = numberRule(key);
  if (words?.some((each) => each.word === written) === true) return true;
  if (rule === undefined) return known({ span: valueSpan, key: written }, 'kind of targets', words ?? [], report) !== undefined;
  const number = numberPattern.test(written) ? Number(written) : NaN;
  if (Number.isFinite(number) && rule.accepts(number)) return true;
  const isWord = Number.isNaN(number) && !/^[+\-.\d]/.test(written);
  const near =
    isWord && words !== undefined
      ? closest(
          written,
          words.map((each) => each.word),
        )
      : [];
  report(
    'error',
    isWord && words !== undefined ? 'unknown-word' : 'value-out-of-range',
    valueSpan,
    `${rule.what} is ${shown(written, 40)}; it must be ${rule.range}${words === undefined ? '' : ', or auto'}`,
    near,
  );
  return false;
}
