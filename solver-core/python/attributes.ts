import type { Machine } from './machine.ts';
import type { ClassInfo, Method, PyValue } from './values.ts';
import { unknown } from './values.ts';
import { callFunction } from './functions.ts';
import { shapeOf } from './keras-tensors.ts';

const dictMethods: ReadonlySet<string> = new Set([
  'items',
  'keys',
  'values',
  'get',
  'update',
  'pop',
  'popitem',
  'setdefault',
  'copy',
  'clear',
]);

/** An attribute of a value. */
export function attributeOf(machine: Machine, value: PyValue, name: string): PyValue {
  switch (value.kind) {
    case 'path':
      return value.path.length > 200 ? unknown : { kind: 'path', path: `${value.path}.${name}` };
    case 'instance': {
      const { instance } = value;
      const own = instance.attributes.get(name);
      if (own !== undefined) return own;
      const found = instance.definition && memberOf(instance.definition, name);
      if (found?.kind === 'function' && found.owner !== null) {
        const decorator = methodOf(found.owner, name)?.decorator ?? null;
        if (decorator === 'staticmethod') return found;
        const bound = { ...found, self: decorator === 'classmethod' ? classValue(instance.definition) : value };
        return decorator === 'property' ? callFunction(machine, bound, noArguments) : bound;
      }
      if (found !== null && found !== undefined) return found;
      const argument = instance.role === 'layer' ? instance.args.named.get(name) : undefined;
      return argument ?? { kind: 'method', of: value, name };
    }
    case 'class': {
      const found = memberOf(value.definition, name);
      if (found?.kind === 'function' && methodOf(value.definition, name)?.decorator === 'classmethod') return { ...found, self: value };
      return found ?? unknown;
    }
    case 'super': {
      for (const base of value.owner.bases) {
        if (base.kind !== 'class') continue;
        const found = memberOf(base.definition, name);
        if (found?.kind === 'function') return { ...found, self: { kind: 'instance', instance: value.self } };
      }
      return { kind: 'method', of: { kind: 'instance', instance: value.self }, name };
    }
    case 'dict':
      // Configurations let their entries be read as attributes, and no dictionary of Python has others than its methods.
      return (dictMethods.has(name) ? undefined : value.entries.get(name)) ?? { kind: 'method', of: value, name };
    case 'list':
    case 'string':
      return { kind: 'method', of: value, name };
    case 'tensor':
      if (name === 'shape') return shapeOf(value.tensor);
      return { kind: 'method', of: value, name };
    default:
      return unknown;
  }
}

export const noArguments = { positional: [], named: new Map<string, PyValue>(), complete: true } as const;

function classValue(definition: ClassInfo | null): PyValue {
  return definition === null ? unknown : { kind: 'class', definition };
}

/** A class attribute or method, of the class or the first base that has it. Bounded for classes that derive from each other. */
export function memberOf(definition: ClassInfo, name: string, depth = 0): PyValue | undefined {
  const method = definition.methods.get(name);
  if (method !== undefined) return { kind: 'function', node: method.node, scope: definition.scope, self: null, owner: definition };
  const own = definition.attributes.get(name);
  if (own !== undefined || depth > 20) return own;
  for (const base of definition.bases) {
    const found = base.kind === 'class' ? memberOf(base.definition, name, depth + 1) : undefined;
    if (found !== undefined) return found;
  }
  return undefined;
}

function methodOf(definition: ClassInfo, name: string): Method | undefined {
  return definition.methods.get(name);
}
