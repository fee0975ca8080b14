import type { TierKind } from '../protocol/documents.ts';
import { quote } from '../tiers/text.ts';
import type { Annotation } from './annotation.ts';
import { readBudget } from './annotation-words.ts';

/** A layer of the model with its annotation. */
export interface AnnotatedLayer {
  readonly id: string;
  /** Place in the model. */
  readonly index: number;
  readonly annotation: Annotation;
}

/** What a plan is written from. */
export interface PlanParts {
  /** Relative to the plan, with forward slashes. */
  readonly modelPath: string;
  readonly dataPath?: string;
  readonly target?: string;
  /** Name of the Python file, for the comment at the beginning. */
  readonly source: string;
  readonly layers: readonly AnnotatedLayer[];
  /** Names of annotated layers that the model does not have. */
  readonly unmatched: readonly string[];
}

/** Layers that stand in one tier block. */
export interface TierGroup {
  readonly kind: Exclude<TierKind, 'frozen'>;
  readonly name: string;
  readonly annotation: Annotation;
  readonly layers: readonly AnnotatedLayer[];
}

/** The tier blocks of a plan: one for each kind with the same name and options, in the order of the model. */
export function tierGroups(layers: readonly AnnotatedLayer[]): readonly TierGroup[] {
  const groups = new Map<string, { readonly annotation: Annotation; readonly layers: AnnotatedLayer[] }>();
  for (const layer of [...layers].sort((a, b) => a.index - b.index)) {
    const { annotation } = layer;
    if (annotation.kind === 'frozen') continue;
    const key = tierKey(annotation);
    const group = groups.get(key);
    if (group === undefined) groups.set(key, { annotation, layers: [layer] });
    else group.layers.push(layer);
  }
  const used = new Set<string>();
  return [...groups.values()].map(({ annotation, layers: own }) => {
    const stem = annotation.name ?? annotation.kind;
    let name = stem;
    for (let n = 2; used.has(name); n++) name = `${stem}-${n}`;
    used.add(name);
    return { kind: annotation.kind === 'lower' ? 'lower' : 'upper', name, annotation, layers: own };
  });
}

/** Equal for annotations that belong in one tier. */
export function tierKey({ kind, name, method, options }: Annotation): string {
  const sorted = [...options].sort(([a], [b]) => (a < b ? -1 : 1));
  return JSON.stringify([kind, name, method ?? (kind === 'upper' ? 'rls' : 'ridge'), sorted]);
}

/** The text of a plan that says what the annotations say. */
export function planText(parts: PlanParts): string {
  const lines = [`// From the annotations of ${inComment(parts.source)}.`, `model ${quote(parts.modelPath)}`];
  if (parts.dataPath !== undefined) lines.push(`data ${quote(parts.dataPath)}`);
  if (parts.target !== undefined) lines.push('', `target ${quote(parts.target)}`);
  for (const group of tierGroups(parts.layers)) lines.push('', ...block(group));
  if (parts.unmatched.length > 0) {
    lines.push('', '// Annotated layers that the model does not have:');
    for (const name of parts.unmatched.slice(0, 200)) lines.push(`//   ${inComment(name)}`);
  }
  return `${lines.join('\n')}\n`;
}

function block({ kind, name, annotation, layers }: TierGroup): readonly string[] {
  const ids = layers.map(({ id }) => quote(id));
  const clauses = [`layers ${ids.join(',\n    ')}`];
  const { options } = annotation;
  const given = (...keys: readonly string[]): string =>
    keys.flatMap((key) => (options.has(key) ? [` ${key} ${options.get(key) ?? ''}`] : [])).join('');
  if (kind === 'lower') {
    clauses.push(`solve ${annotation.method ?? 'ridge'}${given('lambda')}`);
    if (options.has('targets') || options.has('seed')) clauses.push(`targets ${options.get('targets') ?? 'labels'}${given('seed')}`);
  } else {
    clauses.push(
      `learn ${annotation.method ?? 'rls'}${given('lambda', 'forgetting', 'expand', 'compensation', 'rate', 'epochs', 'ewc', 'seed')}`,
    );
    if (options.has('update')) clauses.push(`update when gain per joule > ${options.get('update') ?? ''}`);
  }
  const budget = readBudget(options.get('budget') ?? '');
  if (budget !== undefined) clauses.push(`budget ${budget.amount} ${budget.unit} per ${kind === 'lower' ? 'fit' : 'update'}`);
  return [`${kind} tier ${name} {`, ...clauses.map((clause) => `  ${clause}`), '}'];
}

/** A name on one line of a comment: strangers' text must not end it. */
function inComment(name: string): string {
  return quote(name).slice(1, -1).slice(0, 300);
}
