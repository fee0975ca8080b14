import { escapeMarkdown } from './markdown.ts';

/**
 * A comparison in Markdown with names of its sides that say more to people than paths, e.g. those of kept copies, which lie in the
 * storage of the editor. The solver writes each path as code, in which no markup can begin, in the line below the tables: the side
 * before first. Names are inert text. `heading` goes in front.
 */
export function nameSides(markdown: string, heading: string, names: { readonly before: string; readonly after: string }): string {
  const foot = /<sub><code>[^<]*<\/code>( \([0-9a-f]*\) against )<code>[^<]*<\/code>/;
  const named = markdown.replace(
    foot,
    (_all, between: string) => `<sub>${escapeMarkdown(names.before)}${between}${escapeMarkdown(names.after)}`,
  );
  return `${heading}\n\n${named}`;
}
