import type { Strings } from '../messages/index.ts';

/** Gives the text of a page in the user's language; `{0}`, `{1}` stand for the arguments, which are inserted as they are. */
export type Translate = (english: string, ...args: readonly (string | number)[]) => string;

/**
 * A translator over the host's strings. The key of a text is the English text itself, as in `vscode.l10n`; what the host does not
 * know stays English, so a page is complete without any.
 */
export function createTranslator(strings: Strings): Translate {
  return (english, ...args) => {
    const template = Object.hasOwn(strings, english) ? (strings[english] ?? english) : english;
    return template.replace(/\{(\d+)\}/g, (whole, index: string) =>
      args[Number(index)] === undefined ? whole : String(args[Number(index)]),
    );
  };
}
