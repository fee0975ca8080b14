/**
 * A text from the user's files as inert Markdown: no link, image, HTML, code, table cell or icon survives.
 * Line breaks become spaces; at most `maxLength` characters (default 200) are kept.
 */
export function escapeMarkdown(text: string, maxLength = 200): string {
  const flat = [...text]
    .slice(0, maxLength)
    .join('')
    .replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]+/gu, ' ');
  // ASCII punctuation may always be escaped in CommonMark; this includes ":" and "." of bare addresses and "$" of icons.
  return flat.replace(/[!-/:-@[-`{-~]/g, '\\$&');
}
