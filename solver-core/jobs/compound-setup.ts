import { basename, dirname, extname, resolve } from 'node:path';
import type { CompoundWork } from '../energy/compound-energy.ts';
import { openVocabulary } from '../data/vocabulary.ts';
import type { Vocabulary } from '../data/vocabulary.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import type { Compound, Plan, TextClause } from '../model/plan.ts';
import type { CompoundTask } from '../protocol/index.ts';
import { partsOfModel, partsOfModels, usableContent } from './compound-parts.ts';
import type { CompoundParts } from './compound-parts.ts';
import type { Environment } from './environment.ts';
import { findFit } from './last-fit.ts';
import { staleZerosFindings } from './measured-zeros.ts';
import { openModel } from './open-model.ts';
import type { OpenedModel } from './open-model.ts';
import { defaultFittedPath } from './outputs.ts';
import { refusedPath } from './plan-world.ts';
import { readPlan, runnablePlan } from './read-plan.ts';
import type { ReadPlan } from './read-plan.ts';
import { checkVocabulary, tokenModel } from './token-model.ts';
import type { TokenModel } from './token-model.ts';

/** The text side of a plan: absent for rows. */
export interface LanguageSetup {
  readonly clause: TextClause;
  readonly path: string;
  readonly vocabulary: Vocabulary;
  readonly vocabularyPath: string;
  readonly token: TokenModel;
  /** Tokens per context at most. */
  readonly context: number;
  /** Name of the length in the shape of the ids of a parallel model; null where it has none. */
  readonly symbol: string | null;
}

/** A plan whose compound model can run. */
export interface CompoundSetup {
  readonly read: ReadPlan;
  readonly plan: Plan;
  readonly compound: Compound;
  readonly modelPath: string;
  /** The files that the modules come from. */
  readonly opened: readonly OpenedModel[];
  readonly parts: CompoundParts;
  readonly language: LanguageSetup | null;
  readonly task: CompoundTask;
  /** Classes known before any row: those of the vocabulary, or of the models' heads; 0: none. */
  readonly outputs: number;
  readonly diagnostics: readonly Diagnostic[];
}

const textKinds: Readonly<Record<string, CompoundTask>> = {
  '.txt': 'next-token',
  '.md': 'next-token',
  '.text': 'next-token',
  '.jsonl': 'text-class',
};

/** What a stream of this name asks for; '-' is a text on standard input. Throws `stream-unknown`. */
function taskOf(stream: string): CompoundTask {
  if (stream === '-') return 'next-token';
  const extension = extname(stream).toLowerCase();
  const task = textKinds[extension] ?? (['.npz', '.npy', '.csv', '.idx', '.gz'].includes(extension) ? 'row-class' : undefined);
  if (task !== undefined) return task;
  throw new TierwiseError(
    'stream-unknown',
    `${basename(stream)} is no stream that is known by its name`,
    'A text ends in .txt, labelled texts in .jsonl (one {"text", "label"} per line), rows in .npz or .csv; - reads a text from standard input.',
    { category: 'usage' },
  );
}

/** Reads a plan and takes its models apart. Throws TierwiseError saying what is missing or cannot be done. */
export async function compoundSetup(environment: Environment, planPath: string, stream: string): Promise<CompoundSetup> {
  const task = taskOf(stream);
  const read = await readPlan(planPath);
  const { plan, modelPath } = runnablePlan(read);
  const { compound } = plan;
  if (compound === undefined)
    throw new TierwiseError(
      'no-compound',
      `${read.path} has no compound section`,
      'Add one: compound reader { lower blocks 0..3 upper rest }',
    );
  const wantsText = task !== 'row-class';
  if (wantsText !== (plan.text !== undefined))
    throw new TierwiseError(
      'stream-does-not-fit',
      wantsText
        ? `${basename(stream)} is a text, but ${read.path} names no text and vocabulary`
        : `${read.path} is about a text, ${basename(stream)} holds rows`,
      wantsText ? 'Add: text "input.txt" tokens "vocab.json".' : 'Give a .txt or .jsonl file.',
    );
  const base = await basePath(environment, read, plan, modelPath);
  const whole = await openModel(environment, base.path);
  const language = plan.text === undefined ? null : await languageOf(read, plan.text, whole);
  const { parts, opened } = await partsOf(environment, { read, compound, whole, language });
  const stale = await Promise.all(opened.map(({ path }) => staleZerosFindings(environment, path)));
  return {
    ...{ read, plan, compound, modelPath, opened, parts, language, task },
    outputs:
      task === 'next-token'
        ? (language?.vocabulary.tokens.length ?? 0)
        : task === 'row-class'
          ? (parts.upper.head?.outputs ?? parts.lower.head?.outputs ?? 0)
          : 0,
    diagnostics: [...base.diagnostics, ...stale.flat()],
  };
}

/** The fitted model when there is one of this plan, as learning does. */
async function basePath(
  environment: Environment,
  read: ReadPlan,
  plan: Plan,
  modelPath: string,
): Promise<{ readonly path: string; readonly diagnostics: readonly Diagnostic[] }> {
  if (plan.lower.length === 0) return { path: modelPath, diagnostics: [] };
  const found = await findFit(environment, read, plan);
  const where = { path: read.path };
  if (found !== null && !found.isLowerStale) {
    const path = defaultFittedPath(modelPath);
    return { path, diagnostics: [{ severity: 'info', code: 'learning-base', message: `Uses the fitted model ${basename(path)}.`, where }] };
  }
  const why = found === null ? 'no fit of it was found' : 'plan, model or data changed since its fit';
  const message = `Uses the plan's model ${basename(modelPath)}: ${why}. Run \`tierwise fit\` first to solve its lower tier.`;
  return { path: modelPath, diagnostics: [{ severity: 'warning', code: 'lower-tier-not-fitted', message, where }] };
}

async function languageOf(read: ReadPlan, clause: TextClause, whole: OpenedModel): Promise<LanguageSetup> {
  const path = allowedPath(read, clause.path);
  const vocabularyPath = allowedPath(read, clause.tokens);
  const vocabulary = valueOf(await openVocabulary(vocabularyPath));
  usableContent(whole);
  const token = valueOf(tokenModel(whole.content!));
  for (const finding of checkVocabulary(token, vocabulary, vocabularyPath)) if (finding.severity === 'error') throw asError(finding);
  const context = Math.min(clause.context, token.contextLimit ?? clause.context);
  const length = whole.content?.model.graph.inputs.find(({ name }) => name === token.ids)?.shape?.[1];
  return { clause, path, vocabulary, vocabularyPath, token, context, symbol: typeof length === 'string' ? length : null };
}

async function partsOf(
  environment: Environment,
  { read, compound, whole, language }: { read: ReadPlan; compound: Compound; whole: OpenedModel; language: LanguageSetup | null },
): Promise<{ readonly parts: CompoundParts; readonly opened: readonly OpenedModel[] }> {
  const dims = sizesOf(language);
  const { lower, upper } = compound;
  if (lower.kind !== 'model') {
    if (upper.kind === 'model')
      throw new TierwiseError(
        'modules-do-not-fit',
        `${read.path} names layers as the lower module and another model as the upper one`,
        'Name a model for the lower module too, or `upper rest`.',
      );
    return { parts: partsOfModel(whole, usableContent(whole), compound, language?.token ?? null, { dims }), opened: [whole] };
  }
  if (language !== null)
    throw new TierwiseError(
      'modules-do-not-fit',
      `${read.path} names a model of its own as the lower module of a language model; only rows are decided by two models`,
      'Write `lower blocks 0..3` and `upper rest`.',
    );
  const small = await openModel(environment, allowedPath(read, lower.path));
  const large = upper.kind === 'model' ? await openModel(environment, allowedPath(read, upper.path)) : whole;
  if (small.sha256 === large.sha256)
    throw new TierwiseError(
      'modules-do-not-fit',
      `the lower and the upper module of ${read.path} are the same model`,
      'Name a small model as the lower module and a larger one as the upper module.',
    );
  return { parts: partsOfModels(small, large, { dims }), opened: [small, large] };
}

/** Symbols of the ids' shape: one window of a context. */
function sizesOf(language: LanguageSetup | null): Readonly<Record<string, number>> {
  return language === null || language.symbol === null ? {} : { [language.symbol]: language.context };
}

/** An absolute path that the plan may read. */
export function allowedPath(read: ReadPlan, path: string): string {
  const refused = refusedPath(read.path, path);
  if (refused === undefined) return resolve(dirname(read.path), path);
  throw new TierwiseError(
    'path-refused',
    `${read.path} names ${JSON.stringify(path)}, which it may not read`,
    "Use a path inside the plan's folder.",
  );
}

/** The value, or the first error of the findings as TierwiseError. */
export function valueOf<T>({ value, diagnostics }: Checked<T>, advice = '`tierwise check` lists every finding.'): T {
  if (value !== undefined) return value;
  const first = diagnostics.find(({ severity }) => severity === 'error') ?? diagnostics[0];
  throw first === undefined
    ? new TierwiseError('unreadable', 'a file cannot be read', 'Check the files of the plan.')
    : asError(first, advice);
}

function asError({ code, message, where }: Diagnostic, advice = '`tierwise check` lists every finding.'): TierwiseError {
  const place = where.range === undefined ? '' : `:${where.range.line}:${where.range.column}`;
  return new TierwiseError(code, `${where.path === undefined ? '' : `${where.path}${place}: `}${message}`, advice);
}

/** What the prices follow from. `cache`: mean tokens of a context and the bytes that are kept for it. */
export function workOf(
  setup: CompoundSetup,
  widths: { readonly lower: number; readonly upper: number },
  contextTokens: number,
): CompoundWork {
  const { parts, language, compound, outputs } = setup;
  const units = language?.token.kind === 'parallel' ? { unitsPerRun: language.context } : {};
  const states = parts.lower.states.reduce((sum, { shape }) => sum + shape.reduce<number>((product, dim) => product * (dim ?? 1), 1), 0);
  const rowBytes = 4 * rowElements(parts);
  const isText = language !== null;
  return {
    lower: { layers: parts.lower.layers, ...units },
    upper: { layers: parts.upper.layers, ...units },
    isUpperAlone: parts.upper.reads === 'source',
    heads: {
      lower: { inputs: widths.lower, outputs: Math.max(1, outputs) },
      upper: { inputs: widths.upper, outputs: Math.max(1, outputs) },
    },
    cache:
      compound.cacheBytes === null
        ? null
        : {
            limitBytes: compound.cacheBytes,
            keyBytes: isText ? 4 * contextTokens : rowBytes,
            valueBytes: 4 * (parts.hidden.width * (isText ? contextTokens : 1) + states),
            unitsPerDecision: isText ? contextTokens : 1,
          },
  };
}

function rowElements({ lower }: CompoundParts): number {
  return (lower.input.shape ?? []).slice(1).reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : 1), 1);
}
