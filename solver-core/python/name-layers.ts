import { frameworkOf } from './classes.ts';
import type { Machine } from './machine.ts';
import { textOf } from './syntax.ts';
import type { Span } from '../tiers/text.ts';
import { outputShape } from './keras-shapes.ts';
import type { Instance, PyValue } from './values.ts';

/** A layer with the name that its weights have in an export. */
export interface FoundLayer {
  readonly name: string;
  /** Other names that an export may give it. */
  readonly aliases: readonly string[];
  /** The class or variable that holds it. */
  readonly model: string;
  readonly instance: Instance;
  /** The call of the constructor. */
  readonly span: Span;
  readonly note: string | null;
}

/** Deepest nesting of modules that is followed. */
const maxDepth = 40;

/** The layers of a model in the order in which the framework lists them. */
export function layersBelow(machine: Machine, root: Instance): readonly FoundLayer[] {
  const model = modelName(machine, root);
  const layers: FoundLayer[] = [];
  const seen = new Set<Instance>();
  const counts = new Map<string, number>();
  chainShapes(root);
  const visit = (instance: Instance, path: readonly string[], note: string | null): void => {
    if (seen.has(instance) || path.length > maxDepth) return;
    seen.add(instance);
    if (instance.role === 'layer') {
      const layer = named(instance, path, model, note, counts);
      if (layer !== undefined) layers.push(layer);
      return;
    }
    if (instance !== root && instance.framework === 'keras' && instance.role === 'container') chainShapes(instance);
    for (const { name, value } of instance.alternatives) each(instance, name, value, path, note, visit);
    for (const [name, value] of instance.attributes) each(instance, name, value, path, note, visit);
  };
  visit(root, [], null);
  for (const instance of machine.created) {
    if (
      instance.role !== 'layer' ||
      machine.copied.has(instance) ||
      seen.has(instance) ||
      instance.creator === null ||
      !seen.has(instance.creator)
    )
      continue;
    const note = 'It is not kept as an attribute, so an export does not name it.';
    const layer = named(instance, [instance.variable ?? ''], model, note, counts);
    if (layer !== undefined) layers.push(layer);
  }
  return layers;
}

type Visit = (instance: Instance, path: readonly string[], note: string | null) => void;

function each(holder: Instance, name: string, value: PyValue, path: readonly string[], note: string | null, visit: Visit): void {
  if (value.kind === 'instance') {
    visit(value.instance, [...path, name], note);
    return;
  }
  if (value.kind !== 'list' && value.kind !== 'dict') return;
  const isLost = holder.framework === 'torch' || (holder.definition !== null && frameworkOf(holder.definition) === 'torch');
  const lost = isLost
    ? 'It is in a plain Python list or dictionary, where PyTorch does not find it; use nn.ModuleList or nn.ModuleDict.'
    : note;
  const entries = value.kind === 'list' ? value.items.map((item, at) => [String(at), item] as const) : [...value.entries];
  for (const [key, item] of entries) if (item.kind === 'instance') visit(item.instance, [...path, name, key], lost);
}

function named(
  instance: Instance,
  path: readonly string[],
  model: string,
  note: string | null,
  counts: Map<string, number>,
): FoundLayer | undefined {
  const { call } = instance;
  if (call === null) return undefined;
  const span = { offset: call.from, end: call.to };
  const joined = path.join('.');
  const doubt = instance.isUncertain
    ? 'A loop or condition around it is not literal, so the export may hold it more than once or not at all.'
    : null;
  const base = { model, instance, span, note: note ?? doubt };
  if (instance.framework !== 'keras') return { ...base, name: joined, aliases: [] };
  const stem = snakeCase(instance.type);
  const given = instance.args.named.get('name');
  if (given?.kind === 'string') return { ...base, name: given.value, aliases: [joined] };
  const count = counts.get(stem) ?? 0;
  counts.set(stem, count + 1);
  const automatic = count === 0 ? stem : `${stem}_${count}`;
  const isNumbered = /(?:^|\.)\d+$/.test(joined) || joined === '';
  return { ...base, name: isNumbered ? automatic : joined, aliases: isNumbered ? [joined] : [automatic] };
}

/** The name that Keras gives a layer of a class, before it counts: Conv2DTranspose becomes conv2d_transpose. */
export function snakeCase(name: string): string {
  return name
    .replace(/(.)([A-Z][a-z0-9]+)/g, '$1_$2')
    .replace(/([a-z])([A-Z])/g, '$1_$2')
    .toLowerCase();
}

/** What a model is called: its class, the variable that holds it, or the function that builds it. */
export function modelName(machine: Machine, instance: Instance): string {
  if (instance.role === 'user') return instance.type;
  if (instance.variable !== null && instance.role !== 'layer') return instance.variable;
  for (let site = instance.site; site !== null; site = site.outer) {
    if (!site.key.startsWith('k')) continue;
    const node = machine.source.tree.resolve(Number(site.key.slice(1)), 1);
    const name = node.parent?.getChild('VariableName') ?? node.getChild('VariableName');
    if (name !== null) return textOf(machine.source, name);
  }
  return instance.variable ?? instance.type;
}

/** Shapes along a Keras Sequential, from its input on. */
function chainShapes(model: Instance): void {
  if (model.framework !== 'keras' || model.type !== 'Sequential' || model.role !== 'container') return;
  let shape = model.inputShape;
  for (const value of model.attributes.values()) {
    if (value.kind === 'tensor') shape = value.tensor.shape;
    if (value.kind !== 'instance') continue;
    const layer = value.instance;
    const stated = layer.args.named.get('input_shape');
    const dim = layer.args.named.get('input_dim');
    if (stated?.kind === 'list' && stated.isComplete) shape = stated.items.map((item) => (item.kind === 'number' ? item.value : null));
    else if (dim?.kind === 'number' && layer.type !== 'Embedding') shape = [dim.value];
    layer.inputShape ??= shape;
    shape = outputShape(layer, [shape]);
  }
}
