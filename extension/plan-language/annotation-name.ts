/** Where a tier is named in an annotation on a line. */
export function nameOnLine(text: string, name: string): { readonly start: number; readonly end: number } | undefined {
  const comment = /#\s*tier:/.exec(text);
  if (comment === null) return undefined;
  const named = /(?:^|\s)name=([^\s,;#]+)/.exec(text.slice(comment.index));
  if (named === null || named[1] !== name) return undefined;
  const start = comment.index + named.index + named[0].length - name.length;
  return { start, end: start + name.length };
}

interface Place {
  readonly line: number;
  readonly character: number;
}

/** True for a place in a range or at one of its ends: two tiers may stand on one line. */
export function isInside(at: Place, { start, end }: { readonly start: Place; readonly end: Place }): boolean {
  const isBefore = (a: Place, b: Place): boolean => a.line < b.line || (a.line === b.line && a.character < b.character);
  return !isBefore(at, start) && !isBefore(end, at);
}
