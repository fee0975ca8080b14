import type { SyntaxNode } from '@lezer/common';
import { noArguments } from './attributes.ts';
import { instantiate } from './calls.ts';
import { frameworkOf } from './classes.ts';
import { callFunction } from './functions.ts';
import { Machine } from './machine.ts';
import { mergedArguments } from './merge-arguments.ts';
import { layersBelow, modelName } from './name-layers.ts';
import type { FoundLayer } from './name-layers.ts';
import { runBody } from './statements.ts';
import { sweep } from './sweep.ts';
import type { PythonSource } from './syntax.ts';
import type { ClassInfo, Instance, PyValue, Scope } from './values.ts';

/** The layers of a file, and whether the reading ended early. */
export interface FoundLayers {
  /** Model by model in the order of the source, each in the order of construction; at most `maxLayers`. */
  readonly layers: readonly FoundLayer[];
  /** True when the limits of the reading left something out. */
  readonly wasCut: boolean;
}

/**
 * Finds the layers that Python source builds, without running anything: classes derived from modules of torch and Keras are read through
 * their constructors as far as the source is literal. Bounded in steps, depth and number; never throws for any text.
 */
export function findPythonLayers(source: PythonSource): FoundLayers {
  const machine = new Machine(source);
  const global: Scope = { names: new Map([['__name__', { kind: 'string', value: '__main__' }]]), parent: null };
  runBody(machine, source.tree.topNode, global);
  machine.site = null;
  callTheRest(machine, global);
  const classes = [...global.names.values()].flatMap((value) => (value.kind === 'class' ? [value.definition] : []));
  // Last first: a class that a later one uses is a part of that, not a model of its own.
  for (const definition of [...classes].reverse()) {
    if (frameworkOf(definition) !== null && !machine.created.some((each) => derivesFrom(each.definition, definition)))
      instantiate(machine, definition, noArguments, null);
  }
  const roots = rootsOf(machine);
  const layers = roots.flatMap((root) => layersBelow(machine, root));
  const found = new Set(layers.map(({ instance }) => instance));
  const contained = containedIn(machine);
  const loose = machine.created.filter(
    (each) => each.role === 'layer' && !machine.copied.has(each) && !found.has(each) && each.creator === null && !contained.has(each),
  );
  const all = [...layers, ...loose.map((instance) => looseLayer(machine, instance)), ...sweep(machine, global)];
  return { layers: all, wasCut: machine.isExhausted || source.wasCut };
}

/** Functions that nothing calls are read with their defaults. */
function callTheRest(machine: Machine, global: Scope): void {
  for (const value of [...global.names.values()]) {
    if (value.kind === 'function' && !machine.called.has(value.node.from) && value.owner === null)
      callFunction(machine, value, noArguments);
  }
}

function derivesFrom(definition: ClassInfo | null, base: ClassInfo, depth = 0): boolean {
  if (definition === null || depth > 20) return false;
  if (definition === base) return true;
  return definition.bases.some((each) => each.kind === 'class' && derivesFrom(each.definition, base, depth + 1));
}

/** Instances that are no part of another, one for each class. */
function rootsOf(machine: Machine): readonly Instance[] {
  const contained = containedIn(machine);
  const containedClasses = new Set([...contained].flatMap(({ definition }) => (definition === null ? [] : [definition])));
  const byClass = new Map<ClassInfo, Instance[]>();
  const roots: Instance[] = [];
  for (const each of machine.created) {
    if (contained.has(each) || machine.copied.has(each)) continue;
    if (each.role === 'container' && each.creator === null) roots.push(each);
    if (each.role !== 'user' || each.definition === null || containedClasses.has(each.definition)) continue;
    const list = byClass.get(each.definition);
    if (list === undefined) byClass.set(each.definition, [each]);
    else list.push(each);
  }
  for (const [definition, instances] of byClass) {
    const args = mergedArguments(instances.map((each) => each.args));
    const [first] = instances;
    if (first === undefined) continue;
    if (args === undefined) roots.push(first);
    else {
      const value = instantiate(machine, definition, args, null);
      roots.push(value.kind === 'instance' ? value.instance : first);
    }
  }
  const place = (instance: Instance): number => instance.definition?.node.from ?? instance.call?.from ?? 0;
  return roots.sort((a, b) => place(a) - place(b));
}

/** Modules that an instance holds, directly or in lists and dictionaries. */
export function childrenOfInstance(instance: Instance): readonly Instance[] {
  const inside = (value: PyValue, depth: number): readonly Instance[] => {
    if (value.kind === 'instance') return [value.instance];
    if (depth > 3) return [];
    if (value.kind === 'list') return value.items.flatMap((item) => inside(item, depth + 1));
    return value.kind === 'dict' ? [...value.entries.values()].flatMap((item) => inside(item, depth + 1)) : [];
  };
  return [...instance.attributes.values(), ...instance.alternatives.map(({ value }) => value)].flatMap((value) => inside(value, 0));
}

/** Everything that something else holds. */
function containedIn(machine: Machine): ReadonlySet<Instance> {
  const contained = new Set<Instance>();
  for (const each of machine.created) {
    for (const child of childrenOfInstance(each)) if (child !== each) contained.add(child);
  }
  return contained;
}

/** A layer that stands alone, outside of classes and containers. */
function looseLayer(machine: Machine, instance: Instance): FoundLayer {
  const given = instance.framework === 'keras' ? instance.args.named.get('name') : undefined;
  const name = given?.kind === 'string' ? given.value : (instance.variable ?? '');
  const call = instance.call as SyntaxNode;
  return { name, aliases: [], model: modelName(machine, instance), instance, span: { offset: call.from, end: call.to }, note: null };
}
