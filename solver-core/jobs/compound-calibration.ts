import { basename } from 'node:path';
import { openText } from '../data/text.ts';
import { splitRows } from '../fit/index.ts';
import { createRandom } from '../fit/prng.ts';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { Reading } from './compound-batch.ts';
import { exitWidthOf, upperWidthOf } from './compound-batch.ts';
import type { SourceContext } from './compound-contexts.ts';
import { contextSpans, labelledContext, textContext } from './compound-contexts.ts';
import type { CompoundModules } from './compound-modules.ts';
import { pooledRow } from './compound-pool.ts';
import type { CompoundSetup } from './compound-setup.ts';
import { valueOf } from './compound-setup.ts';
import { rowsSource } from './compound-source.ts';
import { readLabelledTexts } from './compound-texts.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import type { LabelKind } from './learn-labels.ts';
import { openRows } from './open-rows.ts';

/** The plan's own rows: contexts that calibrate and contexts that are held out. */
export interface PlanContexts {
  readonly calibration: readonly SourceContext[];
  readonly heldOut: readonly SourceContext[];
  readonly labels: LabelKind;
  /** Hash of the file they come from. */
  readonly sha256: string;
  readonly name: string;
}

/** What both exits read of some decisions, with the classes that were right. */
export interface ExitFeatures {
  readonly rows: number;
  /** [rows, width] */
  readonly lower: Float32Array;
  readonly upper: Float32Array;
  readonly labels: Int32Array;
  /** [rows] number of each row's context, and its position there. */
  readonly context: Int32Array;
  readonly position: Int32Array;
}

/** Decisions that calibrate at most, of texts with classes their tokens: 70 % of them teach the heads, the others judge them and choose the threshold. */
const calibrationDecisions = { text: 12_288, rows: 20_000 } as const;
/** Held-out decisions at most. */
const heldOutDecisions = { text: 4096, rows: 5000 } as const;

/** The plan's text, split by position, or its data, split as a fit splits it; null where it names neither or they hold no classes of this task. */
export async function openPlanContexts(setup: CompoundSetup, control: JobControl): Promise<PlanContexts | null> {
  const { language, task, plan, read } = setup;
  if (task === 'text-class') return labelledContexts(setup);
  if (language !== null) {
    const { clause, vocabulary, context } = language;
    const text = valueOf(await openText(language.path, vocabulary));
    const end = Math.max(1, Math.floor(text.ids.length * clause.split));
    const contexts = (ids: Int32Array, most: number, seed: string): readonly SourceContext[] =>
      sampled(contextSpans(ids, vocabulary, context), most, seed).map((span) => textContext(ids, span, vocabulary));
    return {
      calibration: contexts(text.ids.subarray(0, end), calibrationDecisions.text, 'calibration'),
      heldOut: contexts(text.ids.subarray(end), heldOutDecisions.text, 'held out'),
      labels: { kind: 'class', names: null },
      sha256: text.sha256,
      name: text.name,
    };
  }
  if (plan.data === undefined || read.dataPath === null) return null;
  const opened = await openRows(read.dataPath, plan.data, { abort: control.abort });
  try {
    const source = rowsSource(setup, opened, null);
    const split = splitRows(opened.rows.rows, plan.data.split, plan.data.seed);
    const calibrates = new Set(sample(split.fit, calibrationDecisions.rows, 'calibration'));
    const judges = new Set(sample(split.heldOut, heldOutDecisions.rows, 'held out'));
    const [calibration, heldOut]: [SourceContext[], SourceContext[]] = [[], []];
    let row = 0;
    for await (const batch of source.behind(0).batches(1024))
      for (const context of batch) {
        if (calibrates.has(row)) calibration.push(context);
        if (judges.has(row)) heldOut.push(context);
        row++;
      }
    return { calibration, heldOut, labels: source.labels, sha256: source.sha256, name: source.name };
  } finally {
    await opened.close();
  }
}

/** The labelled texts of a plan that names a .jsonl file as its data beside its text, split as rows are; null where it names none. */
async function labelledContexts({ language, plan, read }: CompoundSetup): Promise<PlanContexts | null> {
  if (language === null || plan.data === undefined || read.dataPath === null || !/\.jsonl$/i.test(read.dataPath)) return null;
  const { texts, names, sha256 } = await readLabelledTexts(read.dataPath, language.vocabulary, language.context, []);
  const split = splitRows(texts.length, plan.data.split, plan.data.seed);
  const contexts = (rows: Uint32Array, most: number, seed: string): readonly SourceContext[] => {
    const spans = [...rows].map((row) => ({ row, from: 0, to: texts[row]!.ids.length }));
    return sampled(spans, most, seed).map(({ row }) => labelledContext(texts[row]!));
  };
  return {
    calibration: contexts(split.fit, calibrationDecisions.text, 'calibration'),
    heldOut: contexts(split.heldOut, heldOutDecisions.text, 'held out'),
    labels: { kind: 'class', names },
    sha256,
    name: basename(read.dataPath),
  };
}

/** Runs both modules on contexts, without the cache. Decisions without a label are left out. */
export async function exitFeatures(
  modules: CompoundModules,
  contexts: readonly SourceContext[],
  reading: Reading,
  control: JobControl,
  stage: string,
): Promise<ExitFeatures> {
  const [lowerWidth, upperWidth] = [exitWidthOf(modules, reading), upperWidthOf(modules, reading)];
  const rows = contexts.reduce((sum, { decisions }) => sum + decisions.filter(({ label }) => label !== null).length, 0);
  const bytes = 4 * rows * (lowerWidth + upperWidth);
  if (bytes > 2 ** 31)
    throw new TierwiseError(
      'calibration-too-large',
      `${rows} calibration decisions with ${lowerWidth} and ${upperWidth} features take ${Math.ceil(bytes / 2 ** 20)} MiB`,
      'Cut the model where fewer numbers pass, or use less data.',
    );
  const features: ExitFeatures = {
    rows,
    lower: new Float32Array(rows * lowerWidth),
    upper: new Float32Array(rows * upperWidth),
    labels: new Int32Array(rows),
    context: new Int32Array(rows),
    position: new Int32Array(rows),
  };
  let at = 0;
  for (const [number, { name, content, decisions }] of contexts.entries()) {
    if (number % 8 === 0) {
      checkAbort(control.abort);
      control.onProgress?.({ stage, message: `${at} of ${rows} decisions`, fraction: rows === 0 ? null : at / rows });
      await nodeHost.pause();
    }
    const [result] = await modules.lower.represent([{ content, known: null }]);
    const hidden = result?.features ?? new Float32Array(0);
    const exit = await modules.exit(hidden);
    const above = await modules.upperAll({ name, content, hidden });
    const units = content.kind === 'tokens' ? content.tokens.length : 1;
    for (const { label, position } of decisions) {
      if (label === null) continue;
      const pick = (values: Float32Array, width: number): Float32Array =>
        reading === 'pooled' ? pooledRow(values, units) : values.subarray((position - 1) * width, position * width);
      features.lower.set(pick(exit, lowerWidth), at * lowerWidth);
      features.upper.set(pick(above, upperWidth), at * upperWidth);
      features.labels[at] = label;
      features.context[at] = number;
      features.position[at] = position;
      at++;
    }
  }
  return features;
}

/** Whole spans in order, drawn by the seed until they hold enough. */
function sampled<T extends { readonly from: number; readonly to: number }>(spans: readonly T[], most: number, seed: string): readonly T[] {
  const order = shuffled(spans.length, seed);
  const kept = new Set<number>();
  let count = 0;
  for (const at of order) {
    if (count >= most) break;
    kept.add(at);
    count += spans[at]!.to - spans[at]!.from;
  }
  return spans.filter((_, at) => kept.has(at));
}

function sample(rows: Uint32Array, most: number, seed: string): readonly number[] {
  if (rows.length <= most) return [...rows];
  return shuffled(rows.length, seed)
    .slice(0, most)
    .map((at) => rows[at]!);
}

function shuffled(count: number, seed: string): readonly number[] {
  const order = Array.from({ length: count }, (_, i) => i);
  const random = createRandom(1, seed);
  for (let i = count - 1; i > 0; i--) {
    const j = random.below(i + 1);
    [order[i], order[j]] = [order[j]!, order[i]!];
  }
  return order;
}
