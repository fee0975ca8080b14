/** Longest name shown in full; longer ones are cut in the middle, so that a hostile file cannot fill the page. */
const maxNameLength = 160;

/** Longest text node of any page. */
const maxTextLength = 8000;

/**
 * `text` with every character that would not show itself replaced by a tag such as ⟨U+202E⟩: control characters, bidirectional
 * controls, zero-width and other invisible characters, lone surrogates. (Unicode has pictures of controls, but few fonts do.)
 * Zero-width joiners (U+200C, U+200D) are tagged too: they are rare in layer names and common in look-alikes.
 * At most 8000 characters; what is cut is counted.
 */
export function visible(text: string): string {
  const source = text.length > maxTextLength ? text.slice(0, maxTextLength) : text;
  let out = '';
  for (const character of source) out += shown(character.codePointAt(0) ?? 0, character);
  return text.length > maxTextLength ? `${out}… (+${text.length - maxTextLength})` : out;
}

/** `visible(name)`, cut in the middle beyond `limit` characters (default 160). The whole name belongs into a tooltip. */
export function shortName(name: string, limit: number = maxNameLength): string {
  const characters = Array.from(name.slice(0, maxTextLength));
  if (characters.length <= limit && name.length <= maxTextLength) return visible(name);
  const head = Math.max(1, Math.ceil((limit - 1) * 0.6));
  const tail = Math.max(0, limit - 1 - head);
  return visible(`${characters.slice(0, head).join('')}…${tail > 0 ? characters.slice(-tail).join('') : ''}`);
}

/** A name in pieces that end after a separator, so that a page can offer line breaks there; joined they are the name. */
export function breakable(name: string): string[] {
  return name.match(/[^/._:-]*[/._:-]+|[^/._:-]+$/g) ?? [];
}

/** The last part of a path with either kind of slash; the whole text when there is none. */
export function baseName(path: string): string {
  return (
    path
      .split(/[\\/]/)
      .filter((part) => part !== '')
      .at(-1) ?? path
  );
}

function shown(code: number, character: string): string {
  return isInvisible(code) ? `⟨U+${code.toString(16).toUpperCase().padStart(4, '0')}⟩` : character;
}

/** Ranges of characters without a glyph of their own (Unicode 16: Cc, Cf, Default_Ignorable_Code_Point, line separators, surrogates). */
const invisibleRanges: readonly (readonly [number, number])[] = [
  [0x7f, 0x9f],
  [0xad, 0xad],
  [0x34f, 0x34f],
  [0x61c, 0x61c],
  [0x115f, 0x1160],
  [0x17b4, 0x17b5],
  [0x180b, 0x180f],
  [0x200b, 0x200f],
  [0x2028, 0x202e],
  [0x2060, 0x206f],
  [0x3164, 0x3164],
  [0xd800, 0xdfff],
  [0xfeff, 0xfeff],
  [0xffa0, 0xffa0],
  [0xfff0, 0xfffb],
  [0x1bca0, 0x1bca3],
  [0x1d173, 0x1d17a],
  [0xe0000, 0xe0fff],
];

function isInvisible(code: number): boolean {
  return code < 0x20 || (code >= 0x7f && invisibleRanges.some(([low, high]) => code >= low && code <= high));
}
