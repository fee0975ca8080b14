/** Text as literal Markdown: no markup, link or table cell can start inside it. */
export function md(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replace(/[\\`*_{}[\]()#!|~]/g, '\\$&')
    .replaceAll('://', '&#58;//');
}
