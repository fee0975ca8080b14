import type { TierKind } from '../protocol/documents.ts';
import type { AnnotationItem } from '../protocol/python-documents.ts';
import { annotationWords } from './annotation.ts';
import { kindWords, methodsOf, numberRule, optionDoc, optionsFor, valueWords } from './annotation-words.ts';
import { parsePython } from './syntax.ts';
import { tierComments } from './tier-comments.ts';

/** Values that stand in for a number where an option is completed. */
const examples: Readonly<Record<string, string>> = {
  lambda: 'auto',
  forgetting: '1.0',
  expand: '1024',
  compensation: '0.5',
  rate: '1e-2',
  epochs: '1',
  ewc: '1',
  seed: '1',
  update: '0.5',
  budget: '5mJ',
  targets: 'labels',
  name: 'head',
};

/** What may stand at a zero-based position inside a comment `# tier: …`; nothing anywhere else. Lines end as editors count them. */
export function annotationItems(text: string, line: number, character: number): readonly AnnotationItem[] {
  // The line alone says most often that there is nothing to complete, and costs nothing.
  if (!/#[ \t]*tier[ \t]*:/.test(text.split(/\r\n|\r|\n/, line + 1)[line] ?? '')) return [];
  const source = parsePython(text);
  const comment = tierComments(source).find((each) => each.line === line + 1);
  if (comment === undefined) return [];
  const start = source.lines.range({ offset: comment.from, end: comment.from });
  const at = comment.from + character - (start.column - 1);
  const lineEnd = endOfLine(source.text, comment.to);
  if (at < comment.words || at > lineEnd) return [];
  const words = annotationWords(source.text, { words: comment.words, to: at });
  const all = annotationWords(source.text, { words: comment.words, to: lineEnd });
  if (source.text.slice(comment.words, at).includes('#')) return [];
  const current = words.find(({ span }) => span.end === at && span.offset < at);
  const before = words.filter((word) => word !== current);
  const whole = current === undefined ? undefined : all.find(({ span }) => span.offset === current.span.offset);
  const range = source.lines.range({ offset: current?.span.offset ?? at, end: whole?.span.end ?? at });
  const plain = before.filter(({ value }) => value === null);
  const kind = kindWords.find(({ word }) => word === plain[0]?.key)?.word;
  const gap = current === undefined && /:$/.test(source.text.slice(comment.from, at)) ? ' ' : '';
  if (before.length === 0)
    return kindWords.map(({ word, doc }) => ({ label: word, detail: 'tier', documentation: doc, insertText: `${gap}${word}`, range }));
  if (kind === undefined) return [];
  if (current?.value !== null && current !== undefined) {
    const { key, valueSpan } = current;
    return values(key).map((item) => ({
      ...item,
      range: source.lines.range({ offset: valueSpan.offset, end: whole?.valueSpan.end ?? at }),
    }));
  }
  const method = plain[1]?.key ?? null;
  const given = new Set(all.filter((word) => word.span.offset !== current?.span.offset).map(({ key }) => key));
  const methods =
    before.length === 1
      ? methodsOf(kind).map(({ word, doc }, i) => ({
          label: word,
          detail: i === 0 ? 'method (default)' : 'method',
          documentation: doc,
          insertText: word,
          range,
        }))
      : [];
  return [...methods, ...options(kind, method, given).map((item) => ({ ...item, range }))];
}

type Item = Omit<AnnotationItem, 'range'>;

function options(kind: TierKind, method: string | null, given: ReadonlySet<string>): readonly Item[] {
  return optionsFor(kind, method)
    .filter((key) => !given.has(key))
    .map((key) => ({
      label: `${key}=`,
      detail: numberRule(key)?.range ?? 'option',
      documentation: optionDoc(key),
      insertText: `${key}=${examples[key] ?? ''}`,
    }));
}

function values(key: string): readonly Item[] {
  const words = valueWords(key)?.map(({ word, doc }) => ({ label: word, detail: key, documentation: doc, insertText: word })) ?? [];
  const example = examples[key];
  const number =
    example === undefined || words.some(({ label }) => label === example)
      ? []
      : [{ label: example, detail: numberRule(key)?.range ?? key, documentation: optionDoc(key), insertText: example }];
  return [...words, ...number];
}

function endOfLine(text: string, from: number): number {
  let at = from;
  while (at < text.length && text[at] !== '\n' && text[at] !== '\r') at++;
  return at;
}
