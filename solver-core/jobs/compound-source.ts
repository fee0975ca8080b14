import { createHash } from 'node:crypto';
import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { openText } from '../data/text.ts';
import type { TokenText } from '../data/text.ts';
import { rowBatches, rowElements, rowShapeFor } from '../fit/index.ts';
import type { FitRows, RowLabels } from '../fit/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { contextSpans, labelledContext, singleContext, textContext } from './compound-contexts.ts';
import type { SourceContext } from './compound-contexts.ts';
import { readLabelledTexts } from './compound-texts.ts';
import { readStandardText } from './compound-standard-input.ts';
import { valueOf } from './compound-setup.ts';
import type { CompoundSetup, LanguageSetup } from './compound-setup.ts';
import { sha256 } from './files.ts';
import type { JobControl } from './job.ts';
import { alignLabels } from './learn-labels.ts';
import type { LabelKind } from './learn-labels.ts';
import { openRows } from './open-rows.ts';
import type { DataNames, OpenedRows } from './open-rows.ts';

/** Contexts in the order of a stream. Close it in the end. */
export interface OpenedSource {
  readonly name: string;
  readonly sha256: string;
  /** Decisions in all. */
  readonly decisions: number;
  /** Class names by index after this source; null: classes are numbers, or tokens. */
  readonly labels: LabelKind;
  readonly diagnostics: readonly Diagnostic[];
  /** Dimensions of a row; [] for text. */
  readonly rowShape: readonly number[];
  /** Hash of what the first `extent` characters, rows or labelled texts hold, labels included; null: there are not so many. */
  beginning(extent: number): Promise<string | null>;
  /** What comes behind them. */
  behind(extent: number): StreamRest;
  close(): Promise<void>;
}

/** A stream from some place on. */
export interface StreamRest {
  readonly decisions: number;
  /** Whole contexts, at least `size` decisions together but for the last batch. */
  batches(size: number): AsyncIterable<readonly SourceContext[]>;
}

/** Opens the stream of a run. `known`: classes of the state that it goes on from; null: none. Throws TierwiseError naming line, byte, row. */
export async function openStream(
  setup: CompoundSetup,
  params: { readonly stream: string; readonly inputs?: string; readonly labels?: string },
  known: LabelKind | null,
  control: JobControl,
): Promise<OpenedSource> {
  const { task, language, plan } = setup;
  if (params.stream !== '-') await requireFile(resolve(params.stream));
  if (task === 'row-class' || language === null) {
    const names = { inputs: params.inputs ?? plan.data?.inputs, labels: params.labels ?? plan.data?.labels };
    return rowsSource(setup, await openStreamRows(resolve(params.stream), names, control), known);
  }
  if (task === 'text-class') return textsSource(language, resolve(params.stream), known);
  const text =
    params.stream === '-'
      ? await readStandardText(language.vocabulary)
      : valueOf(await openText(resolve(params.stream), language.vocabulary), 'Repair the stream, or name another one.');
  return textSource(language, text);
}

/** Tokens as contexts. */
function textSource(
  { vocabulary, context }: LanguageSetup,
  { name, sha256: hash, text, ids }: Pick<TokenText, 'name' | 'sha256' | 'text' | 'ids'>,
): OpenedSource {
  let read = { extent: 0, ids };
  return {
    name,
    sha256: hash,
    decisions: ids.length,
    labels: { kind: 'class', names: null },
    diagnostics: [],
    rowShape: [],
    beginning: (extent) => Promise.resolve(extent > text.length ? null : sha256(text.slice(0, extent))),
    behind: (extent) => {
      // A text that has grown may have another last token than before: what follows is read anew, from where the reading ended.
      if (extent !== read.extent) read = { extent, ids: vocabulary.encode(text.slice(extent)) };
      const rest = read.ids;
      return {
        decisions: rest.length,
        batches: (size) =>
          grouped(
            contextSpans(rest, vocabulary, context).map((span) => () => textContext(rest, span, vocabulary)),
            size,
          ),
      };
    },
    close: () => Promise.resolve(),
  };
}

async function textsSource({ vocabulary, context }: LanguageSetup, path: string, known: LabelKind | null): Promise<OpenedSource> {
  const { texts, names, sha256: hash, diagnostics } = await readLabelledTexts(path, vocabulary, context, known?.names ?? []);
  const make = texts.map((text) => () => labelledContext(text));
  return {
    name: basename(path),
    sha256: hash,
    decisions: texts.length,
    labels: { kind: 'class', names },
    diagnostics,
    rowShape: [],
    beginning: (extent) =>
      Promise.resolve(
        extent > texts.length ? null : sha256(JSON.stringify(texts.slice(0, extent).map(({ text, label }) => [text, label]))),
      ),
    behind: (extent) => ({ decisions: texts.length - extent, batches: (size) => grouped(make.slice(extent), size) }),
    close: () => Promise.resolve(),
  };
}

/** Rows as contexts of one decision each. Throws `labels-do-not-fit` for numbers that are no classes, `data-shape-mismatch`. */
export function rowsSource({ parts }: CompoundSetup, opened: OpenedRows, known: LabelKind | null): OpenedSource {
  const { rows } = opened;
  const shape = rowShapeFor(parts.lower.input, rows.inputShape);
  if (shape === undefined) {
    const wanted = (parts.lower.input.shape ?? []).map((dim) => dim ?? '?').join(', ');
    throw new TierwiseError(
      'data-shape-mismatch',
      `a row of ${opened.name} has shape [${rows.inputShape.join(', ')}], the lower module's input takes [${wanted}] with the batch first`,
      'Name other inputs, or reshape the data.',
    );
  }
  const aligned = alignLabels(rows.labels, known ?? kindOf(rows.labels), opened.name);
  const classes = aligned.labels;
  if (classes.kind !== 'class')
    throw new TierwiseError('labels-do-not-fit', `${opened.name} has labels that are no classes`, 'Use whole numbers from 0, or names.');
  return {
    name: opened.name,
    sha256: opened.sha256,
    decisions: rows.rows,
    labels: aligned.kind,
    diagnostics: opened.diagnostics.filter(({ code }) => code !== 'labels-mapped'),
    rowShape: shape,
    beginning: (extent) => (extent > rows.rows ? Promise.resolve(null) : rowsHash(opened, classes.values, extent)),
    behind: (extent) => ({
      decisions: rows.rows - extent,
      async *batches(size) {
        const width = rowElements(rows);
        for await (const { first, rows: count, x } of rowBatches(from(opened, extent), size))
          yield Array.from({ length: count }, (_, r) => {
            const values = x.slice(r * width, (r + 1) * width);
            const at = extent + first + r;
            const name = `row ${at}`;
            return singleContext(name, { kind: 'row', values }, classes.values[at] ?? null, name);
          });
      },
    }),
    close: () => opened.close(),
  };
}

/** Rows `extent` to the last one. */
function from(opened: OpenedRows, extent: number): FitRows {
  return extent === 0 ? opened.rows : opened.take(Uint32Array.from({ length: opened.rows.rows - extent }, (_, r) => extent + r));
}

/** Hash of the first rows, values and classes. */
async function rowsHash(opened: OpenedRows, classes: Int32Array, extent: number): Promise<string> {
  const hash = createHash('sha256');
  let left = extent * rowElements(opened.rows);
  for await (const { x } of rowBatches(opened.rows, 1024)) {
    const part = x.subarray(0, left);
    hash.update(new Uint8Array(part.buffer, part.byteOffset, part.byteLength));
    left -= part.length;
    if (left === 0) break;
  }
  return hash.update(new Uint8Array(classes.slice(0, extent).buffer)).digest('hex');
}

/** The rows of a stream; where their arrays are named is said as it is for a stream. */
async function openStreamRows(path: string, names: DataNames, control: JobControl): Promise<OpenedRows> {
  try {
    return await openRows(path, names, { abort: control.abort });
  } catch (error) {
    if (!(error instanceof TierwiseError)) throw error;
    const advice = `Inputs are read from ${JSON.stringify(names.inputs ?? 'x')} and labels from ${JSON.stringify(names.labels ?? 'y')}: --inputs and --labels name others, else the plan's data clause does.`;
    throw new TierwiseError(error.code, error.message, advice, { cause: error });
  }
}

/** Throws `file-not-found`, `not-a-file`: said of the stream in the same words whatever it holds. */
async function requireFile(path: string): Promise<void> {
  const info = await stat(path).catch(() => null);
  if (info === null) throw new TierwiseError('file-not-found', `the stream ${path} does not exist`, 'Check the path behind --stream.');
  if (!info.isFile())
    throw new TierwiseError('not-a-file', `the stream ${path} is not a regular file`, 'Give a file; - reads a text from standard input.');
}

/** Numbers count as classes here, named classes keep their names. */
function kindOf(labels: RowLabels): LabelKind {
  return { kind: 'class', names: labels.kind === 'class' ? (labels.names ?? null) : null };
}

async function* grouped(make: readonly (() => SourceContext)[], size: number): AsyncGenerator<readonly SourceContext[]> {
  let held: SourceContext[] = [];
  let decisions = 0;
  for (const next of make) {
    const context = next();
    held.push(context);
    decisions += context.decisions.length;
    if (decisions < size) continue;
    yield await Promise.resolve(held);
    [held, decisions] = [[], 0];
  }
  if (held.length > 0) yield held;
}
