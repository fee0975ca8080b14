import type { PythonLayer } from '../../solver-core/protocol/index.ts';
import { hasOwnAnnotation } from './annotation-text.ts';

/** Where `# tier: ` would be written. */
export interface AnnotationOffer {
  /** Character from which the text before the cursor is replaced: the begin of the comment that is being typed, or the cursor. */
  readonly from: number;
  /** Blanks in front, so that two stand between code and comment. */
  readonly space: string;
}

/**
 * Whether a comment about a layer may begin at a zero-based place: behind the line that builds one, or on an empty line right above it.
 * Layers that are annotated already offer nothing.
 */
export function annotationOffer(
  lineText: (line: number) => string,
  lineCount: number,
  at: { readonly line: number; readonly character: number },
  layers: readonly PythonLayer[],
): AnnotationOffer | undefined {
  const text = lineText(at.line);
  if (text.slice(at.character).trim() !== '') return undefined;
  const before = text.slice(0, at.character);
  const typed = /#[ \t]*(?:t|ti|tie|tier)?$/.exec(before);
  const code = typed ? before.slice(0, typed.index) : before;
  const builds = (line: number): boolean => layers.some((layer) => !hasOwnAnnotation(layer) && layer.range.endLine - 1 === line);
  const begins = (line: number): boolean => layers.some((layer) => !hasOwnAnnotation(layer) && layer.range.line - 1 === line);
  const from = typed ? typed.index : at.character;
  if (code.trim() === '') return at.line + 1 < lineCount && begins(at.line + 1) ? { from, space: '' } : undefined;
  if (!builds(at.line) || code.includes('#')) return undefined;
  return { from, space: ' '.repeat(Math.max(0, 2 - (code.length - code.trimEnd().length))) };
}
