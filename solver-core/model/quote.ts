import { isHiddenCharacter } from './hidden-character.ts';

/** Longest name shown in a message; the middle of a longer one is left out. */
const maxShown = 120;

/**
 * A name from a user's file as inert text for messages: in double quotes, shortened, with control characters, line breaks,
 * escape sequences, lone surrogates and direction marks written as \u{...}.
 */
export function quoteName(name: string): string {
  const shown = name.length <= maxShown ? name : `${name.slice(0, maxShown - 31)}…${name.slice(-30)}`;
  let out = '"';
  for (const c of shown) {
    const code = c.codePointAt(0) ?? 0;
    if (c === '"' || c === '\\') out += `\\${c}`;
    else if (isHiddenCharacter(code)) out += `\\u{${code.toString(16)}}`;
    else out += c;
  }
  return `${out}"`;
}
