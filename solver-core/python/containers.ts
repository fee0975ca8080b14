import { setAttribute } from './assign.ts';
import { knownItemsOf } from './iterate.ts';
import type { Machine } from './machine.ts';
import type { Arguments, Instance, PyValue } from './values.ts';
import { asNumber, none, unknown } from './values.ts';

/** Fills a new container with the children that its arguments hold. */
export function fillContainer(machine: Machine, instance: Instance, args: Arguments): void {
  const [first] = args.positional;
  switch (instance.type) {
    case 'Sequential':
      if (instance.framework === 'keras') {
        const layers = args.named.get('layers') ?? first;
        if (layers !== undefined) extendContainer(machine, instance, layers);
      } else if (first?.kind === 'dict') setAll(machine, instance, first);
      else if (first?.kind === 'list' && pairsOf(first).length > 0)
        for (const [name, value] of pairsOf(first)) setAttribute(machine, instance, name, value);
      else for (const value of args.positional) append(machine, instance, value);
      return;
    case 'ModuleList':
      extendContainer(machine, instance, args.named.get('modules') ?? first ?? none);
      return;
    case 'ModuleDict':
      setAll(machine, instance, args.named.get('modules') ?? first ?? none);
      return;
    default:
      // Wrappers such as TimeDistributed(Dense(10)).
      if (first !== undefined && instance.type !== 'Model') append(machine, instance, args.named.get('layer') ?? first);
  }
}

/** Adds the items of a list to the end of a container. */
export function extendContainer(machine: Machine, instance: Instance, value: PyValue): void {
  for (const item of knownItemsOf(value).items) append(machine, instance, item);
}

function append(machine: Machine, instance: Instance, value: PyValue): void {
  if (value.kind === 'tensor') instance.inputShape ??= value.tensor.shape;
  setAttribute(machine, instance, freeName(instance), value);
}

/** The next number of a container; its length, as in the frameworks. */
function freeName(instance: Instance): string {
  return String(instance.attributes.size);
}

function setAll(machine: Machine, instance: Instance, value: PyValue): void {
  if (value.kind === 'dict') for (const [name, each] of value.entries) setAttribute(machine, instance, name, each);
  else for (const [name, each] of pairsOf(value)) setAttribute(machine, instance, name, each);
}

/** Pairs of a name and a module, as OrderedDict takes them. */
export function pairsOf(value: PyValue): readonly (readonly [string, PyValue])[] {
  return knownItemsOf(value).items.flatMap((item) => {
    if (item.kind !== 'list' || item.items.length !== 2) return [];
    const [name, each] = item.items;
    return name?.kind === 'string' && each !== undefined ? [[name.value, each] as const] : [];
  });
}

/** Methods of containers and modules; undefined for those that say nothing about layers. */
export function moduleMethod(machine: Machine, instance: Instance, name: string, args: Arguments): PyValue | undefined {
  const [first, second] = args.positional;
  const self: PyValue = { kind: 'instance', instance };
  switch (name) {
    case 'append':
    case 'add':
      append(machine, instance, args.named.get('module') ?? args.named.get('layer') ?? first ?? unknown);
      return self;
    case 'extend':
      if (first !== undefined) extendContainer(machine, instance, first);
      return self;
    case 'insert':
      insert(machine, instance, first, second ?? unknown);
      return none;
    case 'update':
      if (first !== undefined) setAll(machine, instance, first);
      return none;
    case 'add_module':
    case 'register_module':
    case '__setattr__': {
      const key = args.named.get('name') ?? first;
      const value = args.named.get('module') ?? second;
      if (key?.kind === 'string' && value !== undefined) setAttribute(machine, instance, key.value, value);
      return none;
    }
    case 'items':
      return {
        kind: 'list',
        items: [...instance.attributes].map(([key, value]) => ({
          kind: 'list',
          items: [{ kind: 'string', value: key }, value],
          isComplete: true,
        })),
        isComplete: true,
      };
    case 'values':
    case 'children':
      return { kind: 'list', items: [...instance.attributes.values()], isComplete: true };
    case 'keys':
      return { kind: 'list', items: [...instance.attributes.keys()].map((value) => ({ kind: 'string', value })), isComplete: true };
    case 'build': {
      const shape = args.named.get('input_shape') ?? first;
      if (shape?.kind === 'list') instance.inputShape ??= shape.items.slice(1).map((each) => asNumber(each) ?? null);
      return none;
    }
    case 'to':
    case 'cuda':
    case 'cpu':
    case 'eval':
    case 'train':
    case 'double':
    case 'float':
    case 'half':
    case 'bfloat16':
    case 'requires_grad_':
    case 'apply':
      return self;
    default:
      return undefined;
  }
}

/** Puts a module before others; those behind it move on. */
function insert(machine: Machine, instance: Instance, place: PyValue | undefined, value: PyValue): void {
  const at = asNumber(place);
  if (at === undefined) return;
  const values = [...instance.attributes.values()];
  values.splice(at, 0, value);
  instance.attributes.clear();
  values.forEach((each, i) => setAttribute(machine, instance, String(i), each));
}
