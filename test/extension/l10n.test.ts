import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { extractTexts } from '../../.ci/l10n.mjs';
import { projectRoot } from '../shared.ts';

type Texts = Readonly<Record<string, string>>;

const read = (file: string): Texts => JSON.parse(readFileSync(path.join(projectRoot, file), 'utf8')) as Texts;

/** `{0}`, `{1}`, the commands a text links to, the code in it and its icons, sorted: a translation must keep them. */
const anchors = (text: string): readonly string[] => (text.match(/\{\d+\}|\(command:[\w.]+\)|`[^`]+`|\$\([\w-]+\)/g) ?? []).sort();

const { texts, dynamic } = extractTexts();
const languages = readdirSync(path.join(projectRoot, 'l10n')).flatMap((name) => /^bundle\.l10n\.([\w-]+)\.json$/.exec(name)?.[1] ?? []);

/** What is translated, by file: English and translation under the same keys. */
const pairsOf = (language: string): readonly (readonly [Texts, Texts])[] => [
  [read('l10n/bundle.l10n.json'), read(`l10n/bundle.l10n.${language}.json`)],
  [read('package.nls.json'), read(`package.nls.${language}.json`)],
];

describe('translations', () => {
  it('can be made of every text: only the shell of the pages passes texts on', () => {
    expect(dynamic.filter((place) => !place.startsWith('webview/app/page.ts:'))).toEqual([]);
  });

  it('start from a bundle that holds exactly the texts of the sources (node .ci/l10n.mjs writes it)', () => {
    expect(Object.entries(read('l10n/bundle.l10n.json'))).toEqual(texts.map((text) => [text, text]));
  });

  it('exist in full for one language at least', () => expect(languages).toContain('de'));

  it.each(languages)('%s has every text and nothing else', (language) => {
    for (const [english, translated] of pairsOf(language)) expect(Object.keys(translated).sort()).toEqual(Object.keys(english).sort());
  });

  it.each(languages)('%s keeps places, links, code and icons, and leaves nothing empty', (language) => {
    const broken = pairsOf(language).flatMap(([english, translated]) =>
      Object.keys(english).filter((key) => {
        const text = translated[key] ?? '';
        return text.trim() === '' || text !== text.trim() || String(anchors(text)) !== String(anchors(english[key] ?? ''));
      }),
    );
    expect(broken).toEqual([]);
  });

  it.each(languages)('%s ends its texts as English does, so that buttons and sentences stay what they are', (language) => {
    const end = (text: string): string => /(?:\.\.\.|[.…:?→×])?$/.exec(text)?.[0] ?? '';
    const [[english, translated] = [{}, {}]] = pairsOf(language);
    const other = Object.keys(english).filter((key) => end(key) !== end(translated[key] ?? ''));
    // A filter that is named last in English stands before the verb in German.
    expect(other).toEqual(language === 'de' ? ['Filter the layers by name, op: or tier:'] : []);
  });
});

/** Words of docs/l10n.md: where the English one stands, the German text has to have its own. */
const glossary: readonly (readonly [english: RegExp, german: RegExp])[] = [
  [/\blower tier/i, /untere/i],
  [/\bupper tier/i, /obere/i],
  [/\blayers\b/i, /schichten|ihre teile/i],
  [/gradient descent/i, /gradientenabstieg/i],
  [/\bretraining/i, /neutraining/i],
  [/multiply-add/i, /MAC/],
  [/held-out/i, /zurückgehalten/],
  [/escalated/i, /weitergereicht/i],
  [/restricted workspace/i, /eingeschränkten Arbeitsbereich/],
  [/compound model/i, /verbundmodell/i],
  [/\bbands?\b/i, /band|bänder/i],
  [/energy report/i, /energiebericht/i],
];

describe('German', () => {
  const all = pairsOf('de').flatMap(([english, translated]) =>
    Object.keys(english).map((key) => [english[key] ?? '', translated[key] ?? ''] as const),
  );

  it('calls one thing by one name', () => {
    const others = glossary.flatMap(([english, german]) => all.filter(([from, to]) => english.test(from) && !german.test(to)));
    expect(others.map(([from, to]) => `${from} => ${to}`)).toEqual([]);
  });

  it('has German quotation marks, in pairs', () => {
    const count = (text: string, mark: string): number => text.split(mark).length - 1;
    expect(all.map(([, text]) => text).filter((text) => count(text, '„') !== count(text, '“'))).toEqual([]);
    // What is typed as code keeps its own marks.
    expect(all.map(([, text]) => text.replace(/target "\{0\}"|\["--backend", "cpu"\]/g, '')).filter((text) => text.includes('"'))).toEqual(
      [],
    );
  });
});
