import type { ModuleSource } from '../model/plan.ts';
import type { ModuleClause } from './generated/ast.ts';
import { openModel } from './check-header.ts';
import type { LayerTable, TierLayer } from './check-layers.ts';
import type { CheckContext } from './context.ts';
import { spanOf, textOf } from './nodes.ts';
import { shown } from './text.ts';
import type { Span } from './text.ts';
import type { SeenModel } from './world.ts';

/** The model that a plan is about, as far as it is known. */
export interface PlanModel {
  readonly path: string | undefined;
  readonly model: SeenModel | undefined;
  /** True when the plan names a text: its model is a language model. */
  readonly hasText: boolean;
}

/** A clause `lower …` or `upper …` of a compound section, checked by itself. */
export interface CheckedModule {
  readonly kind: 'lower' | 'upper';
  readonly span: Span;
  readonly source: ModuleSource;
  /** Layers of the plan's model that it names. */
  readonly layers: readonly TierLayer[];
  /** Of a module that is a model of its own: what is in the file. */
  readonly model: SeenModel | undefined;
}

/** One module clause; undefined when it does not say where the module comes from. */
export function checkModule(context: CheckContext, clause: ModuleClause, table: LayerTable): CheckedModule | undefined {
  const kind = clause.kind;
  const span = spanOf(clause);
  if (kind === undefined) return undefined;
  if (clause.rest) {
    if (kind === 'upper') return { kind, span, source: { kind: 'rest' }, layers: [], model: undefined };
    const message =
      '"rest" is what follows the lower module, so only the upper one can be it; name the layers of the lower one, such as lower blocks 0..3';
    context.findings.add('error', 'misplaced-clause', span, message, ['']);
    return undefined;
  }
  if (clause.modulePath !== undefined) {
    const path = textOf(clause, 'modulePath');
    return path && { kind, span, source: { kind: 'model', path: path.value }, layers: [], model: openModel(context, path) };
  }
  if (clause.entries.length === 0) return undefined;
  const layers = table.resolve(clause.entries, { name: kind, kind: 'module', needsLinear: undefined });
  return { kind, span, source: { kind: 'layers', layers: layers.map((layer) => layer.id) }, layers, model: undefined };
}

/**
 * Where the upper module comes from once the lower one is known: without a clause of its own, the rest of the plan's model, or all of it
 * when the lower module is a model of its own. Reports modules that do not fit together; undefined when they cannot be run.
 */
export function checkPair(
  context: CheckContext,
  plan: PlanModel,
  lower: CheckedModule,
  upper: CheckedModule | undefined,
): ModuleSource | undefined {
  const source: ModuleSource = upper?.source ?? { kind: 'rest' };
  if (lower.source.kind === 'model') return aboveModel(context, plan, lower, upper, source);
  if (source.kind === 'model') {
    const message =
      "the lower module is a part of the plan's model and the upper one another model; let the upper one be the rest, or name a model for the lower one, too";
    context.findings.add('error', 'module-mismatch', upper?.span ?? lower.span, message, ['upper rest']);
    return undefined;
  }
  if (plan.hasText && readsTokens(plan.model) === false) {
    const message =
      'a text is read as tokens, and the plan\'s model takes no whole numbers; name the rows that it reads, such as data "digits.npz"';
    context.findings.add('error', 'module-mismatch', lower.span, message);
    return undefined;
  }
  const total = plan.model?.layers.length;
  const last = lower.layers.at(-1);
  const first = upper?.layers[0];
  if (last === undefined || last.index < 0 || total === undefined) return source;
  // Of a broken text, layers may be missing that are meant.
  if (context.wholeSyntax) warnInsideBlock(context, plan.model, lower, last);
  if (source.kind === 'rest') {
    if (last.index < total - 1) return source;
    const message = `the lower module reaches the last layer of the model, ${shown(last.id)}, so nothing is left for the upper one; let it end earlier`;
    context.findings.add('error', 'module-order', lower.span, message);
    return undefined;
  }
  if (first === undefined || upper === undefined) return source;
  if (first.index <= last.index) {
    const message = `the upper module begins at ${shown(first.id)}, which does not come after ${shown(last.id)} of the lower module; lower must lie below upper`;
    context.findings.add('error', 'module-order', upper.span, message, ['upper rest']);
    return undefined;
  }
  const between = first.index - last.index - 1;
  if (between > 0 && context.wholeSyntax) {
    const count = between === 1 ? '1 layer lies' : `${between} layers lie`;
    const message = `${count} between the modules, from ${shown(plan.model?.layers[last.index + 1]?.id ?? '')} on; the upper module takes what follows the lower one`;
    context.findings.add('warning', 'module-order', upper.span, message, ['upper rest']);
  }
  return source;
}

/** A block branches, so that a module which ends inside one hands on more than one value, which a run refuses as a rule. */
function warnInsideBlock(context: CheckContext, model: SeenModel | undefined, lower: CheckedModule, last: TierLayer): void {
  const blocks = model?.blocks ?? [];
  const block = blocks.find(({ layers }) => layers.includes(last.id));
  const own = new Set(lower.layers.map(({ id }) => id));
  if (block === undefined || block.layers.every((id) => own.has(id))) return;
  // Nothing would be left above a block with which the model ends.
  const isEnd = block.layers.at(-1) === model?.layers.at(-1)?.id;
  const end = isEnd ? block.index - 1 : block.index;
  const whole = `lower blocks ${end === 0 ? '0' : `0..${end}`}`;
  const advice = end < 0 ? 'let it end earlier' : `let it end with a whole block, such as ${whole}`;
  const message = `the lower module ends at ${shown(last.id)} and holds only a part of block ${block.index}; a model can rarely be cut inside a block; ${advice}`;
  context.findings.add('warning', 'module-order', lower.span, message, end < 0 ? [] : [whole]);
}

/** The lower module is a model of its own: the upper one must be a whole model too, by default the plan's. */
function aboveModel(
  context: CheckContext,
  plan: PlanModel,
  lower: CheckedModule,
  upper: CheckedModule | undefined,
  source: ModuleSource,
): ModuleSource | undefined {
  if (source.kind === 'layers') {
    const message =
      'these layers need what the layers before them compute, and the lower module is another model; make the upper module a whole model, such as upper model "large.onnx"';
    context.findings.add('error', 'module-mismatch', upper?.span ?? lower.span, message, ['']);
    return undefined;
  }
  const path = source.kind === 'model' ? source.path : plan.path;
  if (path === undefined) return undefined;
  if (lower.source.kind === 'model' && lower.source.path === path) {
    const message = `both modules are the model ${shown(path)}; name a smaller one for the lower module`;
    context.findings.add('error', 'module-mismatch', lower.span, message);
    return undefined;
  }
  if (plan.hasText) {
    const message =
      'the modules of a language model are parts of one model, and only rows are decided by two; write lower blocks 0..1 and upper rest, or name data instead of the text';
    context.findings.add('error', 'module-mismatch', lower.span, message);
    return undefined;
  }
  checkInputs(context, upper?.span ?? lower.span, lower.model, source.kind === 'model' ? upper?.model : plan.model);
  return { kind: 'model', path };
}

/** The upper model reads the rows that the lower one reads, or what enters the lower one's last layer; checked where the files say it. */
function checkInputs(context: CheckContext, span: Span, lower: SeenModel | undefined, upper: SeenModel | undefined): void {
  const [low, high] = [mainInput(lower), mainInput(upper)];
  if (low === undefined || high === undefined) return;
  const features = lower?.layers.at(-1)?.linear?.inputs;
  const same = low.tokens === high.tokens && (low.tokens || low.width === null || high.width === null || low.width === high.width);
  if (same || (!high.tokens && (high.width === null || high.width === features))) return;
  const say = ({ tokens, width }: MainInput): string => (tokens ? 'tokens' : width === null ? 'numbers' : `${width} numbers per row`);
  const gives = features === undefined ? '' : ` and has ${features} features before its last layer`;
  const message = `the modules do not fit: the upper model takes ${say(high)}, the lower one takes ${say(low)}${gives}; use models for the same data`;
  context.findings.add('error', 'module-mismatch', span, message);
}

interface MainInput {
  readonly tokens: boolean;
  /** Elements per row; null when not known. */
  readonly width: number | null;
}

/** Whether a model reads tokens; undefined when its inputs are not known. */
export function readsTokens(model: SeenModel | undefined): boolean | undefined {
  return mainInput(model)?.tokens;
}

/** What a model takes per row: whole numbers are tokens; recurrent states beside them do not count. */
function mainInput(model: SeenModel | undefined): MainInput | undefined {
  const inputs = model?.inputs ?? [];
  const tokens = inputs.find((input) => input.dtype === 'int64' || input.dtype === 'int32');
  const main = tokens ?? inputs[0];
  if (main === undefined) return undefined;
  const dims = main.shape?.slice(1);
  const width = dims?.every((dim) => typeof dim === 'number') === true ? dims.reduce<number>((n, dim) => n * Number(dim), 1) : null;
  return { tokens: tokens !== undefined, width };
}
