import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { extractTexts } from '../../.ci/l10n.mjs';

const root = fileURLToPath(new URL('../..', import.meta.url));
const read = (file: string): Readonly<Record<string, string>> =>
  JSON.parse(readFileSync(path.join(root, file), 'utf8')) as Readonly<Record<string, string>>;

/** `{0}`, `{1}` and the commands and settings that a text links to, sorted: a translation must keep them. */
const anchors = (text: string): readonly string[] => (text.match(/\{\d+\}|\(command:[\w.]+\)|`#[\w.]+#`|\$\([\w-]+\)/g) ?? []).sort();

const { texts, dynamic } = extractTexts();
const languages = readdirSync(path.join(root, 'l10n')).flatMap((name) => /^bundle\.l10n\.([\w-]+)\.json$/.exec(name)?.[1] ?? []);

describe('translations', () => {
  it('can be made of every text: only the shell of the pages passes texts on', () => {
    expect(dynamic.filter((place) => !place.startsWith('webview/app/page.ts:'))).toEqual([]);
  });

  it('start from a bundle that holds exactly the texts of the sources (node .ci/l10n.mjs writes it)', () => {
    expect(Object.entries(read('l10n/bundle.l10n.json'))).toEqual(texts.map((text) => [text, text]));
  });

  it('exist in full for one language at least', () => expect(languages).toContain('de'));

  it.each(languages)('%s has every text, keeps its places and links, and nothing else', (language) => {
    const pairs: readonly [Readonly<Record<string, string>>, Readonly<Record<string, string>>][] = [
      [read('l10n/bundle.l10n.json'), read(`l10n/bundle.l10n.${language}.json`)],
      [read('package.nls.json'), read(`package.nls.${language}.json`)],
    ];
    for (const [english, translated] of pairs) {
      expect(Object.keys(translated).sort()).toEqual(Object.keys(english).sort());
      const broken = Object.keys(english).filter(
        (key) => translated[key]?.trim() === '' || String(anchors(translated[key] ?? '')) !== String(anchors(english[key] ?? '')),
      );
      expect(broken).toEqual([]);
    }
  });
});
