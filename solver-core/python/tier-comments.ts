import type { PythonSource } from './syntax.ts';
import { lineOf } from './syntax.ts';

/** Most annotations that are read. */
const maxComments = 5000;

/** A comment `# tier: …`. */
export interface TierComment {
  /** From `#` to the end of the comment. */
  readonly from: number;
  readonly to: number;
  /** Where its words begin, behind the colon. */
  readonly words: number;
  /** One-based. */
  readonly line: number;
  /** True when there is no code on its line. */
  readonly standsAlone: boolean;
}

const opening = /^#[ \t]*tier[ \t]*:/;

/** The comments that annotate layers, in the order of the text. Text inside of strings is none. */
export function tierComments(source: PythonSource): readonly TierComment[] {
  const found: TierComment[] = [];
  source.tree.iterate({
    enter({ name, from, to }) {
      if (name !== 'Comment' || found.length >= maxComments) return;
      const match = opening.exec(source.text.slice(from, Math.min(to, from + 200)));
      if (match === null) return;
      const end = source.text.slice(from, to).trimEnd().length + from;
      const lineStart = Math.max(source.text.lastIndexOf('\n', from - 1), source.text.lastIndexOf('\r', from - 1)) + 1;
      found.push({
        from,
        to: end,
        words: from + match[0].length,
        line: lineOf(source, from),
        standsAlone: source.text.slice(lineStart, from).trim() === '',
      });
    },
  });
  return found;
}
