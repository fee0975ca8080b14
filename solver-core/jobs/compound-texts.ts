import type { Vocabulary } from '../data/vocabulary.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { readRegularFile, sha256 } from './files.ts';
import { decodeUtf8 } from './compound-standard-input.ts';

/** A text with its class. */
export interface LabelledText {
  /** From 1. */
  readonly line: number;
  readonly text: string;
  readonly ids: Int32Array;
  /** Index of its class; null: the line names none. */
  readonly label: number | null;
}

/** Largest file of labelled texts, and longest line. */
const maxBytes = 2 ** 28;
const maxLineUnits = 2 ** 20;
/** Most classes. */
const maxClasses = 65_536;

/**
 * Labelled texts, one JSON object {"text": "…", "label": "…"} per line; empty lines are skipped, a missing or null label is one that is not
 * known. Texts longer than `context` tokens count with their first ones. `known`: names of classes so far, in order; new ones follow.
 * Throws `text-encoding-broken` with the byte, `line-not-valid` with line and byte, `token-unknown` with the line.
 */
export async function readLabelledTexts(
  path: string,
  vocabulary: Vocabulary,
  context: number,
  known: readonly string[],
): Promise<{
  readonly texts: readonly LabelledText[];
  readonly names: readonly string[];
  readonly sha256: string;
  readonly diagnostics: readonly Diagnostic[];
}> {
  const bytes = await readRegularFile(path, maxBytes);
  const content = decodeUtf8(bytes, path);
  const names = [...known];
  const numbers = new Map(names.map((name, i) => [name, i]));
  const texts: LabelledText[] = [];
  let offset = 0;
  let shortened = 0;
  content.split('\n').forEach((raw, index) => {
    const at: Place = { path, line: index + 1, byte: offset };
    offset += Buffer.byteLength(raw, 'utf8') + 1;
    if (raw.trim() === '') return;
    const { text, label } = parsedLine(raw, at);
    const all = encoded(text, vocabulary, at);
    if (all.length > context) shortened++;
    texts.push({ line: at.line, text, ids: all.slice(0, context), label: label === null ? null : numberOf(label, names, numbers, at) });
  });
  if (texts.length === 0) throw new TierwiseError('stream-empty', `${path} holds no texts`, 'One {"text": "…", "label": "…"} per line.');
  const diagnostics: Diagnostic[] =
    shortened === 0
      ? []
      : [
          {
            severity: 'warning',
            code: 'texts-shortened',
            message: `${shortened} of ${texts.length} texts have more than ${context} tokens; their first ${context} decide. A larger context reads more.`,
            where: { path },
          },
        ];
  return { texts, names, sha256: sha256(bytes), diagnostics };
}

interface Place {
  readonly path: string;
  readonly line: number;
  readonly byte: number;
}

function parsedLine(raw: string, at: Place): { readonly text: string; readonly label: string | null } {
  if (raw.length > maxLineUnits) throw bad(at, `has ${raw.length} characters; at most ${maxLineUnits} are read`);
  let value: unknown;
  try {
    value = JSON.parse(raw);
  } catch (error) {
    throw bad(at, `is no JSON: ${(error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').slice(0, 120)}`);
  }
  if (typeof value !== 'object' || value === null || Array.isArray(value)) throw bad(at, 'is no object');
  const { text, label } = value as Record<string, unknown>;
  if (typeof text !== 'string' || text === '') throw bad(at, 'has no "text"');
  if (label === undefined || label === null) return { text, label: null };
  if (typeof label !== 'string' && typeof label !== 'number' && typeof label !== 'boolean')
    throw bad(at, 'has a "label" that is neither text nor number');
  return { text, label: String(label).slice(0, 200) };
}

function encoded(text: string, vocabulary: Vocabulary, at: Place): Int32Array {
  try {
    return vocabulary.encode(text);
  } catch (error) {
    if (!(error instanceof TierwiseError) || error.code !== 'token-unknown') throw error;
    throw new TierwiseError(error.code, `${at.path}:${at.line}: ${error.message}`, error.advice);
  }
}

function numberOf(label: string, names: string[], numbers: Map<string, number>, at: Place): number {
  const found = numbers.get(label);
  if (found !== undefined) return found;
  if (names.length >= maxClasses) throw bad(at, `has the label ${JSON.stringify(label)}; at most ${maxClasses} classes are known`);
  numbers.set(label, names.length);
  names.push(label);
  return names.length - 1;
}

function bad({ path, line, byte }: Place, why: string): TierwiseError {
  return new TierwiseError(
    'line-not-valid',
    `${path}:${line} (byte ${byte}) ${why}`,
    'Each line is an object {"text": "…", "label": "…"}; the label may be left out.',
  );
}
