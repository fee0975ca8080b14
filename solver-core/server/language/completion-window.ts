/** Texts up to this length are completed as they are. */
const longText = 8000;
/** Names of a list that stay before the cursor. */
const keptNames = 2;

/** A short text in which the same can follow at the cursor as in the long one that it stands for. */
export interface CompletionWindow {
  readonly text: string;
  /** The cursor in the short text. */
  readonly offset: number;
  /** What is added to an offset behind the beginning of the kept part to find it in the long text. */
  readonly shift: number;
}

/**
 * Cuts a plan down to what decides what may follow at `offset`: the head of the block around the cursor, and from its last `layers` clause
 * on (of a long list the last names) to the end of the line. Undefined for short texts and where nothing can be cut. One pass over the text.
 */
export function completionWindow(text: string, offset: number): CompletionWindow | undefined {
  if (text.length <= longText) return undefined;
  let depth = 0;
  let headEnd = 0;
  let topLevel = 0;
  let clause: { readonly offset: number; readonly words: string; readonly commas: number[] } | undefined;
  const signs = /"(?:[^"\\\r\n]|\\.)*"?|\/\/[^\r\n]*|\/\*[\s\S]*?(?:\*\/|$)|[{},]|(?<![\w-])(?:(?:lower|upper)\s+)?layers(?![\w-])/g;
  for (let match = signs.exec(text); match !== null && match.index + match[0].length <= offset; match = signs.exec(text)) {
    const [sign] = match;
    if (sign === '{') {
      depth++;
      headEnd = match.index;
      clause = undefined;
    } else if (sign === '}') {
      depth = Math.max(0, depth - 1);
      topLevel = match.index + 1;
      clause = undefined;
    } else if (sign === ',') clause?.commas.push(match.index);
    else if (sign.endsWith('layers')) clause = { offset: match.index, words: sign, commas: [] };
  }
  const head =
    depth === 0 ? '' : /(?:(?:lower|upper)\s+tier|compound)\s+\S+\s*$/.exec(text.slice(Math.max(0, headEnd - 300), headEnd))?.[0];
  if (head === undefined || depth > 1) return undefined;
  const start = depth === 0 ? topLevel : headEnd + 1;
  const from = clause?.commas.at(-keptNames - 1) ?? -1;
  const kept = clause === undefined ? start : from >= 0 ? from + 1 : clause.offset;
  const opening = `${head === '' ? '' : `${head}{ `}${from >= 0 && clause !== undefined ? `${clause.words} ` : ''}`;
  const lineEnd = /[\r\n]|$/.exec(text.slice(offset))?.index ?? 0;
  return {
    text: opening + text.slice(kept, offset + lineEnd),
    offset: opening.length + offset - kept,
    shift: kept - opening.length,
  };
}
