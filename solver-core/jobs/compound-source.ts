import { basename, resolve } from 'node:path';
import { openText } from '../data/text.ts';
import { rowBatches, rowElements } from '../fit/index.ts';
import type { RowLabels } from '../fit/index.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { singleContext, textContext, contextSpans } from './compound-contexts.ts';
import type { SourceContext } from './compound-contexts.ts';
import { readLabelledTexts } from './compound-texts.ts';
import { readStandardText } from './compound-standard-input.ts';
import { valueOf } from './compound-setup.ts';
import type { CompoundSetup, LanguageSetup } from './compound-setup.ts';
import type { JobControl } from './job.ts';
import { alignLabels } from './learn-labels.ts';
import type { LabelKind } from './learn-labels.ts';
import { openRows } from './open-rows.ts';
import type { OpenedRows } from './open-rows.ts';
import { rowShapeFor } from '../fit/index.ts';

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
  /** Whole contexts, at least `size` decisions together but for the last batch. */
  batches(size: number): AsyncIterable<readonly SourceContext[]>;
  close(): Promise<void>;
}

/** Opens the stream of a run. `known`: classes of the state that it goes on from; null: none. Throws TierwiseError naming line, byte, row. */
export async function openStream(
  setup: CompoundSetup,
  params: { readonly stream: string; readonly inputs?: string; readonly labels?: string },
  known: LabelKind | null,
  control: JobControl,
): Promise<OpenedSource> {
  const { task, language, plan } = setup;
  if (task === 'row-class' || language === null) {
    const names = { inputs: params.inputs ?? plan.data?.inputs, labels: params.labels ?? plan.data?.labels };
    return rowsSource(setup, await openRows(resolve(params.stream), names, { abort: control.abort }), known);
  }
  if (task === 'text-class') return textsSource(language, resolve(params.stream), known);
  const text =
    params.stream === '-'
      ? await readStandardText(language.vocabulary)
      : valueOf(await openText(resolve(params.stream), language.vocabulary), 'Repair the stream, or name another one.');
  return textSource(language, text.ids, { name: text.name, sha256: text.sha256 });
}

/** Tokens as contexts. */
export function textSource(
  { vocabulary, context }: LanguageSetup,
  ids: Int32Array,
  file: { readonly name: string; readonly sha256: string },
): OpenedSource {
  const spans = contextSpans(ids, vocabulary, context);
  return {
    ...file,
    decisions: ids.length,
    labels: { kind: 'class', names: null },
    diagnostics: [],
    rowShape: [],
    batches: (size) =>
      grouped(
        spans.map((span) => () => textContext(ids, span, vocabulary)),
        size,
      ),
    close: () => Promise.resolve(),
  };
}

async function textsSource({ vocabulary, context }: LanguageSetup, path: string, known: LabelKind | null): Promise<OpenedSource> {
  const { texts, names, sha256: hash, diagnostics } = await readLabelledTexts(path, vocabulary, context, known?.names ?? []);
  const make = texts.map(
    ({ line, ids, label, text }) =>
      () =>
        singleContext(`line ${line}`, { kind: 'tokens', tokens: ids }, label, text),
  );
  return {
    name: basename(path),
    sha256: hash,
    decisions: texts.length,
    labels: { kind: 'class', names },
    diagnostics,
    rowShape: [],
    batches: (size) => grouped(make, size),
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
    async *batches(size) {
      const width = rowElements(rows);
      for await (const { first, rows: count, x } of rowBatches(rows, size))
        yield Array.from({ length: count }, (_, r) => {
          const values = x.slice(r * width, (r + 1) * width);
          const name = `row ${first + r}`;
          return singleContext(name, { kind: 'row', values }, classes.values[first + r] ?? null, name);
        });
    },
    close: () => opened.close(),
  };
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
