import type { SyntaxNode } from '@lezer/common';
import { evaluate } from './expressions.ts';
import { itemsOf } from './iterate.ts';
import type { Machine } from './machine.ts';
import { childrenOf, textOf } from './syntax.ts';
import type { Instance, PyValue, Scope } from './values.ts';
import { equals, unknown } from './values.ts';

/** Gives a value to a name, an attribute, an item, or several of them. */
export function assignTo(machine: Machine, target: SyntaxNode | readonly SyntaxNode[], value: PyValue, scope: Scope): void {
  if (Array.isArray(target)) {
    const targets = target as readonly SyntaxNode[];
    if (targets.length === 1 && targets[0] !== undefined) assignTo(machine, targets[0], value, scope);
    else unpack(machine, targets, value, scope);
    return;
  }
  const node = target as SyntaxNode;
  switch (node.name) {
    case 'VariableName':
      setName(machine, scope, textOf(machine.source, node), value);
      return;
    case 'TupleExpression':
    case 'ArrayExpression':
      unpack(
        machine,
        childrenOf(node).filter((child) => !/^[[\](),]$/.test(child.name)),
        value,
        scope,
      );
      return;
    case 'MemberExpression':
      assignMember(machine, node, value, scope);
      return;
    default:
  }
}

function unpack(machine: Machine, targets: readonly SyntaxNode[], value: PyValue, scope: Scope): void {
  const { items, isComplete } = itemsOf(value);
  const fits = isComplete && items.length === targets.length && targets.every((node) => node.name !== '*');
  targets.forEach((node, at) => {
    if (node.name !== '*') assignTo(machine, node, fits ? (items[at] ?? unknown) : unknown, scope);
  });
}

/** Sets a name; inside of what is not literal, a literal that replaces another is not known afterwards. */
export function setName(machine: Machine, scope: Scope, name: string, value: PyValue): void {
  if (value.kind === 'instance') value.instance.variable ??= name;
  scope.names.set(name, merged(machine, scope.names.get(name), value));
}

/** Sets an attribute of an object. A module that loses its place to another branch is kept beside it. */
export function setAttribute(machine: Machine, instance: Instance, name: string, value: PyValue): void {
  const before = instance.attributes.get(name);
  if (machine.uncertain > 0 && before?.kind === 'instance' && value.kind === 'instance' && before.instance !== value.instance)
    instance.alternatives.push({ name, value: before });
  instance.attributes.set(name, merged(machine, before, value));
}

function merged(machine: Machine, before: PyValue | undefined, value: PyValue): PyValue {
  if (machine.uncertain === 0 || before === undefined) return value;
  if (value.kind === 'instance' || value.kind === 'path' || value.kind === 'class' || value.kind === 'function') return value;
  if (value.kind === 'none' && before.kind === 'instance') return before;
  return equals(before, value) === true ? value : unknown;
}

function assignMember(machine: Machine, node: SyntaxNode, value: PyValue, scope: Scope): void {
  const [object, sign, property] = childrenOf(node);
  if (object === undefined || sign === undefined || property === undefined) return;
  const holder = evaluate(machine, object, scope);
  if (sign.name === '.') {
    const name = textOf(machine.source, property);
    if (holder.kind === 'instance') setAttribute(machine, holder.instance, name, value);
    else if (holder.kind === 'class') holder.definition.attributes.set(name, value);
    return;
  }
  const index = evaluate(machine, property, scope);
  if (index.kind !== 'string' && index.kind !== 'number') return;
  const key = String(index.value);
  if (holder.kind === 'dict') holder.entries.set(key, value);
  else if (holder.kind === 'instance' && holder.instance.role === 'container') setAttribute(machine, holder.instance, key, value);
  else if (holder.kind === 'list' && typeof index.value === 'number' && index.value < holder.items.length)
    holder.items[index.value] = value;
}
