import type { PythonLayer, TextRange, TierKind } from '../../solver-core/protocol/index.ts';
import type { Translate } from '../format.ts';

/** What stands in the text for each tier: the method is written out, so that a reader learns that there is one. */
const comments: Readonly<Record<TierKind, string>> = { lower: '# tier: lower ridge', upper: '# tier: upper rls', frozen: '# tier: frozen' };

/** The comment that puts a layer into a tier by the method that is its default. */
export function annotationComment(kind: TierKind): string {
  return comments[kind];
}

/** The comment of another tier in place of `before`; the name stays, methods and options of the other tier would be wrong. */
export function changedComment(before: string, kind: TierKind): string {
  const name = /\bname\s*=\s*([\w-]+)/.exec(before)?.[1];
  return name === undefined || kind === 'frozen' ? comments[kind] : `${comments[kind]} name=${name}`;
}

/** Whether a layer is annotated itself: on its lines or right above them, and not by a comment about its whole class. */
export function hasOwnAnnotation({ annotation, range }: Pick<PythonLayer, 'annotation' | 'range'>): boolean {
  return annotation !== null && annotation.range.line >= range.line - 1 && annotation.range.line <= range.endLine;
}

/** A text to insert at a zero-based place. */
export interface Insertion {
  readonly line: number;
  readonly character: number;
  readonly text: string;
}

/**
 * Where a comment about a layer goes: behind its line when the constructor ends there and nothing stands in the way, else on a line of
 * its own above, indented alike. `lineText` gives a line by its zero-based number.
 */
export function annotationInsertion(
  lineText: (line: number) => string,
  range: TextRange,
  kind: TierKind,
  lineBreak: '\n' | '\r\n' = '\n',
): Insertion {
  const line = range.line - 1;
  const text = lineText(line);
  const rest = range.endLine === range.line ? text.slice(range.endColumn - 1) : '\\';
  if (!/[#\\'"]/.test(rest)) return { line, character: text.trimEnd().length, text: `  ${comments[kind]}` };
  const indent = /^\s*/.exec(text)?.[0] ?? '';
  return { line, character: 0, text: `${indent}${comments[kind]}${lineBreak}` };
}

/** The line (zero-based) where a class or variable of this name is made, or null. */
export function holderLine(lines: readonly string[], holder: string): number | null {
  const name = holder.replace(/[.*+?^${}()|[\]\\]/g, '\\$&');
  const made = new RegExp(`^\\s*(?:class\\s+${name}\\b|${name}\\s*(?::[^=]*)?=[^=])`);
  const line = lines.findIndex((text) => made.test(text));
  return line < 0 ? null : line;
}

/** What being in a tier means, in a sentence. */
export function tierMeaning(kind: TierKind, t: Translate): string {
  if (kind === 'lower') return t('**Lower tier**: the weights are solved directly, in one step, from data.');
  if (kind === 'upper') return t('**Upper tier**: learns incrementally from new rows, and is never retrained from scratch.');
  return t('**Frozen**: the weights stay as they are.');
}
