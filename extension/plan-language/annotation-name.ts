/** Where a tier is named in an annotation on a line. */
export function nameOnLine(text: string, name: string): { readonly start: number; readonly end: number } | undefined {
  const comment = /#\s*tier:/.exec(text);
  if (comment === null) return undefined;
  const named = /(?:^|\s)name=([^\s,;#]+)/.exec(text.slice(comment.index));
  if (named === null || named[1] !== name) return undefined;
  const start = comment.index + named.index + named[0].length - name.length;
  return { start, end: start + name.length };
}
