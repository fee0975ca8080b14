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
    else if (isUnsafe(code)) out += `\\u{${code.toString(16)}}`;
    else out += c;
  }
  return `${out}"`;
}

function isUnsafe(code: number): boolean {
  return (
    code < 0x20 ||
    (code >= 0x7f && code <= 0x9f) ||
    code === 0xad ||
    code === 0x61c ||
    (code >= 0x200b && code <= 0x200f) ||
    (code >= 0x2028 && code <= 0x202e) ||
    (code >= 0x2060 && code <= 0x206f) ||
    (code >= 0xd800 && code <= 0xdfff) ||
    code === 0xfeff ||
    (code >= 0xfff9 && code <= 0xfffb)
  );
}
