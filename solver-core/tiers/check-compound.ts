import type { Compound } from '../model/plan.ts';
import { isCacheClause, isEscalateClause, isHeadsClause, isLimitClause, isModuleClause, isUpdateClause } from './generated/ast.ts';
import type { CacheClause, CompoundBlock, EscalateClause, HeadsClause, ModuleClause, UpdateClause } from './generated/ast.ts';
import { checkCompoundLimit } from './budgets.ts';
import { createLayerTable } from './check-layers.ts';
import { checkModule, checkPair, readsTokens } from './check-modules.ts';
import type { CheckedModule, PlanModel } from './check-modules.ts';
import { gainRule } from './check-tiers.ts';
import { checkNumber, checkWord, fromPercent, OnceOnly } from './context.ts';
import type { CheckContext, NumberRule } from './context.ts';
import { headsOptions, optionsOf } from './method-options.ts';
import { numberOf, rawOf, spanOf } from './nodes.ts';
import { closest } from './suggest.ts';
import { quote, shown } from './text.ts';
import type { Span } from './text.ts';
import { cacheWords, escalateWords, headsWords, shownSizeUnits, sizeUnits } from './vocabulary.ts';
import type { SeenModel } from './world.ts';

/** Most bytes of a cache that a plan can ask for; what a machine can hold is the job's to say. */
const mostCacheBytes = 64 * 2 ** 30;
const defaultCacheBytes = 64 * 2 ** 20;
const defaultWithin = 0.01;

const confidenceRule: NumberRule = { what: 'the confidence', accepts: (v) => v >= 0 && v <= 1, range: 'from 0 to 1' };
const withinRule: NumberRule = {
  what: 'the accuracy that may be lost',
  accepts: (v) => v >= 0 && v < 1,
  range: 'from 0, below 1',
  nearest: (v) => (v < 0 ? 0 : fromPercent(v)),
};

/** A checked compound section. */
export interface CheckedCompound {
  readonly name: string;
  /** `compound NAME`. */
  readonly header: Span;
  readonly lower: CheckedModule | undefined;
  /** Undefined also where the clause is left out: the upper module is the rest then. */
  readonly upper: CheckedModule | undefined;
  /** Undefined when its modules are not known; defaults stand where another clause is missing or wrong. */
  readonly compound: Compound | undefined;
}

/** Checks a compound section. `rows`: the plan names a text or data that it can be calibrated on. */
export function checkCompound(context: CheckContext, block: CompoundBlock, plan: PlanModel, rows: boolean): CheckedCompound {
  const offset = spanOf(block).offset;
  const header = { offset, end: rawOf(block, 'name')?.span.end ?? offset + 'compound'.length };
  const name = rawOf(block, 'name')?.value ?? 'compound';
  const clauses = sortClauses(context, block);
  const table = createLayerTable(context, plan.model);
  const lower = clauses.lower && checkModule(context, clauses.lower, table);
  const upper = clauses.upper && checkModule(context, clauses.upper, table);
  const source = lower && (clauses.upper === undefined || upper !== undefined) ? checkPair(context, plan, lower, upper) : undefined;
  checkComplete(context, block, header, clauses, plan, rows);
  const settings = {
    cacheBytes: clauses.cache === undefined ? defaultCacheBytes : cacheBytes(context, clauses.cache),
    escalate: escalation(context, clauses.escalate),
    ...heads(context, clauses.heads),
    gainPerJoule: gain(context, clauses.update),
    budgets: clauses.budgets,
    range: context.lines.range(header),
  };
  const compound = lower && source && { name, lower: lower.source, upper: source, ...settings };
  return { name, header, lower, upper, compound };
}

interface SingleClauses {
  readonly lower?: ModuleClause;
  readonly upper?: ModuleClause;
  readonly cache?: CacheClause;
  readonly escalate?: EscalateClause;
  readonly heads?: HeadsClause;
  readonly update?: UpdateClause;
}

interface Clauses extends SingleClauses {
  readonly budgets: Compound['budgets'];
}

function sortClauses(context: CheckContext, block: CompoundBlock): Clauses {
  const once = new OnceOnly(context, 'this compound section');
  const single: { -readonly [Key in keyof SingleClauses]: SingleClauses[Key] } = {};
  const budgets: Compound['budgets'][number][] = [];
  for (const clause of block.clauses) {
    const span = spanOf(clause);
    if (isModuleClause(clause)) {
      if (clause.kind !== undefined && once.first(clause.kind, span)) single[clause.kind] = clause;
    } else if (isCacheClause(clause)) {
      if (once.first('cache', span)) single.cache = clause;
    } else if (isEscalateClause(clause)) {
      if (once.first('escalate', span)) single.escalate = clause;
    } else if (isHeadsClause(clause)) {
      if (once.first('learn', span)) single.heads = clause;
    } else if (isUpdateClause(clause)) {
      if (once.first('update', span)) single.update = clause;
    } else if (isLimitClause(clause)) {
      const budget = checkCompoundLimit(context, clause, once);
      if (budget !== undefined) budgets.push(budget);
    }
  }
  return { ...single, budgets };
}

/** What a compound section needs; only for whole syntax, where a missing clause is not a broken one. */
function checkComplete(context: CheckContext, block: CompoundBlock, header: Span, clauses: Clauses, plan: PlanModel, rows: boolean): void {
  if (!context.wholeSyntax) return;
  const opened = { offset: spanOf(block).offset, end: context.text.indexOf('{', header.end) + 1 };
  const written = context.text.slice(opened.offset, opened.end);
  if (clauses.lower === undefined) {
    const lower = lowerHalf(plan.model);
    const message = `this compound section does not say what its lower module is; add a clause such as ${lower}`;
    context.findings.add('error', 'missing-clause', opened, message, [`${written}\n  ${lower}`]);
  }
  if (rows) return;
  const message =
    'a compound section needs rows to be calibrated on; add a clause such as text "input.txt" tokens "vocab.json" or data "digits.npz"';
  const fixes = rowClauses(context, plan).map((clause) => `${clause}\n\n${context.text.slice(header.offset, header.end)}`);
  context.findings.add('error', 'missing-clause', header, message, fixes);
}

/** Longer names of layers are no example. */
const longestNames = 120;

/** A lower module that leaves an upper one: half of the blocks, else the layers up to the one before the last. */
function lowerHalf(model: SeenModel | undefined): string {
  const blocks = model?.blocks?.length ?? 0;
  if (model === undefined || blocks > 3) return `lower blocks 0..${model === undefined ? 3 : Math.ceil(blocks / 2) - 1}`;
  if (blocks > 1) return 'lower blocks 0';
  const [first, last] = [model.layers[0]?.id, model.layers.at(-2)?.id];
  if (first === undefined || last === undefined || first.length + last.length > longestNames) return 'lower model "small.onnx"';
  return first === last ? `lower layers ${quote(first)}` : `lower layers ${quote(first)} .. ${quote(last)}`;
}

/** Clauses that would give a compound section its rows, of what lies beside the plan: a text first where the model reads tokens. */
function rowClauses({ world }: CheckContext, plan: PlanModel): string[] {
  const [vocabulary] = world.vocabulariesNearby?.() ?? [];
  const texts =
    vocabulary === undefined ? [] : (world.textsNearby?.() ?? []).map((path) => `text ${quote(path)} tokens ${quote(vocabulary)}`);
  const data = world.dataNearby().map((path) => `data ${quote(path)}`);
  return (readsTokens(plan.model) === true ? [...texts, ...data] : data).slice(0, 3);
}

/** Bytes of the cache; null when it is off. */
function cacheBytes(context: CheckContext, clause: CacheClause): number | null {
  const word = rawOf(clause, 'cached');
  if (word !== undefined) {
    if (cacheWords.some((known) => known.word === word.value)) return null;
    const message = `${shown(word.value)} is not a known setting of the cache; write a size such as cache 64 MB, or cache off`;
    context.findings.add('error', 'unknown-word', word.span, message, ['off', '64 MB']);
    return defaultCacheBytes;
  }
  const [size, unit] = [numberOf(clause, 'size'), rawOf(clause, 'sizeUnit')];
  if (size === undefined || unit === undefined) return defaultCacheBytes;
  const factor = sizeUnits.get(unit.value);
  if (factor === undefined) {
    const message = `${shown(unit.value)} is not a unit of size; use ${shownSizeUnits.join(', ')} (1 KB is 1024 B)`;
    const prefix = /^([kmg])b?$/i.exec(unit.value)?.[1]?.toUpperCase();
    const fixes = prefix === undefined ? closest(unit.value, shownSizeUnits) : [`${prefix}B`];
    context.findings.add('error', 'bad-unit', unit.span, message, fixes);
    return defaultCacheBytes;
  }
  const bytes = Math.floor(size.value * factor);
  if (bytes >= 1 && bytes <= mostCacheBytes) return bytes;
  const span = { offset: size.span.offset, end: unit.span.end };
  const message = `the cache is ${context.text.slice(span.offset, span.end).slice(0, 40)}; it must be from 1 B to 64 GB, or off`;
  context.findings.add('error', 'value-out-of-range', span, message, [bytes > mostCacheBytes ? '64 GB' : 'off']);
  return defaultCacheBytes;
}

function escalation(context: CheckContext, clause: EscalateClause | undefined): Compound['escalate'] {
  const chosen = { confidence: 'auto', within: defaultWithin } as const;
  if (clause === undefined) return chosen;
  const word = rawOf(clause, 'escalation');
  if (word !== undefined) {
    const known = checkEscalation(context, word);
    return { ...chosen, confidence: known ?? 'auto' };
  }
  const [confidence, within] = [numberOf(clause, 'confidence'), numberOf(clause, 'within')];
  if (confidence === undefined) return { ...chosen, within: (within && checkNumber(context, withinRule, within)) ?? defaultWithin };
  if (within !== undefined) {
    const span = { offset: context.text.lastIndexOf('within', within.span.offset), end: within.span.end };
    const message = '"within" belongs to "below auto", which looks for the confidence; with a confidence of your own, remove it';
    context.findings.add('error', 'misplaced-clause', span, message, ['']);
  }
  const isPercent = confidence.value >= 2 && confidence.value <= 100;
  const fixes = isPercent ? [String(Number((confidence.value / 100).toPrecision(12)))] : [];
  return { confidence: checkNumber(context, confidenceRule, confidence, fixes) ?? 'auto', within: defaultWithin };
}

function checkEscalation(context: CheckContext, word: { readonly value: string; readonly span: Span }): 'never' | 'always' | undefined {
  const known = escalateWords.find((candidate) => candidate.word === word.value)?.word;
  if (known !== undefined) return known;
  const rules = ['below', ...escalateWords.map((candidate) => candidate.word)];
  const near = word.value === 'auto' ? ['below auto'] : closest(word.value, rules);
  const message = `${shown(word.value)} is not a known rule of escalation; known: below NUMBER, below auto, never, always`;
  context.findings.add('error', 'unknown-word', word.span, message, near.length > 0 ? near : ['below auto', 'never', 'always']);
  return undefined;
}

function heads(context: CheckContext, clause: HeadsClause | undefined): Pick<Compound, 'learn' | 'lambda' | 'forgetting' | 'rate'> {
  const word = clause && rawOf(clause, 'heads');
  const learn = word && checkWord(context, 'way to learn', word, headsWords)?.word;
  const options =
    clause === undefined ? {} : optionsOf(context, clause, learn === undefined ? 'learn' : `learn ${learn}`, headsOptions[learn ?? 'auto']);
  return { learn: learn ?? 'auto', lambda: options.lambda, forgetting: options.forgetting ?? 1, rate: options.rate ?? 1e-3 };
}

function gain(context: CheckContext, clause: UpdateClause | undefined): number | undefined {
  const threshold = clause && numberOf(clause, 'threshold');
  return threshold && checkNumber(context, gainRule, threshold);
}
