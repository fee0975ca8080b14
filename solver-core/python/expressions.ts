import type { SyntaxNode } from '@lezer/common';
import { callOf } from './calls.ts';
import { assignTo } from './assign.ts';
import { attributeOf } from './attributes.ts';
import { binary, itemOf, listOf, readNumber, readString, sliceOf, unary } from './literals.ts';
import type { Machine } from './machine.ts';
import { childrenOf, textOf } from './syntax.ts';
import { habitualNames } from './known-paths.ts';
import type { PyValue, Scope } from './values.ts';
import { asNumber, boolValue, lookUp, none, truthOf, unknown } from './values.ts';
import { itemsOf, knownItemsOf } from './iterate.ts';

/** What an expression stands for; unknown where the source does not say it literally. */
export function evaluate(machine: Machine, node: SyntaxNode, scope: Scope): PyValue {
  if (!machine.step()) return unknown;
  return machine.nested(() => expression(machine, node, scope), unknown);
}

function expression(machine: Machine, node: SyntaxNode, scope: Scope): PyValue {
  switch (node.name) {
    case 'Number':
      return readNumber(textOf(machine.source, node));
    case 'String':
      return readString(textOf(machine.source, node));
    case 'Boolean':
      return boolValue(textOf(machine.source, node) === 'True');
    case 'None':
      return none;
    case 'VariableName':
      return variable(machine, node, scope);
    case 'CallExpression':
      return callOf(machine, node, scope);
    case 'MemberExpression':
      return member(machine, node, scope);
    case 'ContinuedString':
    case 'FormatString':
      return joined(machine, node, scope);
    case 'BinaryExpression':
      return binaryExpression(machine, node, scope);
    case 'ConditionalExpression':
      return conditional(machine, node, scope);
    case 'LambdaExpression':
      return { kind: 'function', node, scope, self: null, owner: null };
    default:
      return compound(machine, node, scope);
  }
}

function compound(machine: Machine, node: SyntaxNode, scope: Scope): PyValue {
  const children = childrenOf(node);
  switch (node.name) {
    case 'ParenthesizedExpression':
      return children[1] === undefined ? unknown : evaluate(machine, children[1], scope);
    case 'UnaryExpression': {
      const [operator, operand] = children;
      if (operator === undefined || operand === undefined) return unknown;
      return unary(textOf(machine.source, operator), evaluate(machine, operand, scope));
    }
    case 'TupleExpression':
    case 'ArrayExpression':
    case 'SetExpression':
      return sequence(machine, children, scope);
    case 'DictionaryExpression':
      return dictionary(machine, children, scope);
    case 'ArrayComprehensionExpression':
    case 'ComprehensionExpression':
    case 'SetComprehensionExpression':
      return comprehension(machine, children.slice(1, -1), scope);
    case 'DictionaryComprehensionExpression':
      return dictComprehension(machine, children.slice(1, -1), scope);
    case 'NamedExpression': {
      const [target, , value] = children;
      if (target === undefined || value === undefined) return unknown;
      const result = evaluate(machine, value, scope);
      assignTo(machine, target, result, scope);
      return result;
    }
    default:
      // What is not understood may still build layers.
      for (const child of children) if (/Expression|^VariableName$/.test(child.name)) evaluate(machine, child, scope);
      return unknown;
  }
}

function variable(machine: Machine, node: SyntaxNode, scope: Scope): PyValue {
  const name = textOf(machine.source, node);
  const value = lookUp(scope, name);
  if (value !== undefined) return value;
  return { kind: 'path', path: habitualNames.get(name) ?? `builtins.${name}` };
}

function member(machine: Machine, node: SyntaxNode, scope: Scope): PyValue {
  const children = childrenOf(node);
  const [object, sign] = children;
  if (object === undefined || sign === undefined) return unknown;
  // The grammar takes the point of `4.` for one in front of an attribute.
  if (object.name === 'Number' && sign.name === '.') return readNumber(textOf(machine.source, node));
  const value = evaluate(machine, object, scope);
  if (sign.name === '.') {
    const property = children[2];
    return property === undefined ? unknown : attributeOf(machine, value, textOf(machine.source, property));
  }
  const inside = children.slice(2, -1);
  if (!inside.some((child) => child.name === ':')) {
    const [index] = inside;
    const place = index === undefined || inside.length > 1 ? unknown : evaluate(machine, index, scope);
    if (value.kind === 'instance') return itemOfContainer(value, place);
    return itemOf(value, place);
  }
  const ends: (number | null | undefined)[] = [null, null, null];
  let at = 0;
  for (const child of inside) {
    if (child.name === ':') at++;
    else if (at < 3) ends[at] = asNumber(evaluate(machine, child, scope));
  }
  const list = value.kind === 'instance' ? listOf([...value.instance.attributes.values()]) : value;
  return sliceOf(list, ends[0], ends[1], ends[2]);
}

function itemOfContainer(value: PyValue & { readonly kind: 'instance' }, index: PyValue): PyValue {
  const { attributes, role } = value.instance;
  if (role !== 'container') return unknown;
  if (index.kind === 'string') return attributes.get(index.value) ?? unknown;
  const place = asNumber(index);
  return place === undefined ? unknown : ([...attributes.values()].at(place) ?? unknown);
}

/** Adjacent strings, and f-strings whose replacements are known. */
function joined(machine: Machine, node: SyntaxNode, scope: Scope): PyValue {
  let text = '';
  if (node.name === 'ContinuedString') {
    for (const child of childrenOf(node)) {
      const part = evaluate(machine, child, scope);
      if (part.kind !== 'string') return unknown;
      text += part.value;
    }
    return { kind: 'string', value: text };
  }
  const written = textOf(machine.source, node);
  const opening = /^[a-zA-Z]+(?:"""|'''|"|')/.exec(written)?.[0] ?? '';
  const mark = opening.replace(/^[a-zA-Z]+/, '');
  let from = node.from + opening.length;
  for (const child of childrenOf(node)) {
    if (child.name !== 'FormatReplacement') continue;
    text += machine.source.text.slice(from, child.from);
    const parts = childrenOf(child);
    if (parts.length !== 3 || parts[1] === undefined) return unknown;
    const value = evaluate(machine, parts[1], scope);
    if (value.kind !== 'string' && value.kind !== 'number') return unknown;
    text += String(value.value);
    from = child.to;
  }
  text += machine.source.text.slice(from, written.endsWith(mark) ? node.to - mark.length : node.to);
  return text.includes('\\') || text.includes('{{') || text.length > 1000 ? unknown : { kind: 'string', value: text };
}

function binaryExpression(machine: Machine, node: SyntaxNode, scope: Scope): PyValue {
  const children = childrenOf(node);
  const [left, right] = [children[0], children.at(-1)];
  if (left === undefined || right === undefined || children.length < 3) return unknown;
  const operator = children
    .slice(1, -1)
    .map((child) => textOf(machine.source, child))
    .join(' ');
  const a = evaluate(machine, left, scope);
  if (operator === 'and' || operator === 'or') {
    const truth = truthOf(a);
    if (truth === (operator === 'or')) return a;
    const b = evaluate(machine, right, scope);
    return truth === undefined ? unknown : b;
  }
  const b = evaluate(machine, right, scope);
  if (a.kind === 'tensor' || b.kind === 'tensor') return sumOfTensors(a, b);
  return binary(operator, a, b);
}

/** What comes of two Keras tensors joined by an operator; its shape is known where both agree. */
function sumOfTensors(a: PyValue, b: PyValue): PyValue {
  const tensors = [a, b].flatMap((side) => (side.kind === 'tensor' ? [side.tensor] : []));
  const shapes = tensors.map(({ shape }) => shape);
  const agree = shapes.length === 2 && JSON.stringify(shapes[0]) === JSON.stringify(shapes[1]);
  return { kind: 'tensor', tensor: { shape: agree || shapes.length === 1 ? (shapes[0] ?? null) : null, layer: null, inputs: tensors } };
}

function conditional(machine: Machine, node: SyntaxNode, scope: Scope): PyValue {
  const [yes, , condition, , no] = childrenOf(node);
  if (yes === undefined || condition === undefined || no === undefined) return unknown;
  const truth = truthOf(evaluate(machine, condition, scope));
  if (truth !== undefined) {
    machine.leftOut.add((truth ? no : yes).from);
    return evaluate(machine, truth ? yes : no, scope);
  }
  return machine.uncertainly(() => {
    const [a, b] = [evaluate(machine, yes, scope), evaluate(machine, no, scope)];
    // One of both is a module, the other is none: where there is a layer, it is this one.
    if (a.kind === 'instance' && b.kind !== 'instance') return a;
    if (b.kind === 'instance' && a.kind !== 'instance') return b;
    return unknown;
  });
}

/** Items between brackets; `*items` is spread. */
export function sequence(machine: Machine, children: readonly SyntaxNode[], scope: Scope): PyValue {
  const items: PyValue[] = [];
  let isComplete = true;
  let spread = false;
  for (const child of children) {
    if (child.name === '*') spread = true;
    else if (!/^[[\](){},]$/.test(child.name)) {
      const value = evaluate(machine, child, scope);
      if (spread) {
        const inner = knownItemsOf(value);
        items.push(...inner.items);
        isComplete &&= inner.isComplete;
      } else items.push(value);
      spread = false;
    }
  }
  return listOf(items, isComplete);
}

function dictionary(machine: Machine, children: readonly SyntaxNode[], scope: Scope): PyValue {
  const entries = new Map<string, PyValue>();
  let isComplete = true;
  for (let i = 0; i < children.length; i++) {
    const child = children[i];
    if (child === undefined || /^[{},:]$/.test(child.name)) continue;
    if (child.name === '**') {
      const next = children[++i];
      const value = next === undefined ? unknown : evaluate(machine, next, scope);
      if (value.kind === 'dict') for (const [key, each] of value.entries) entries.set(key, each);
      else isComplete = false;
      continue;
    }
    const key = evaluate(machine, child, scope);
    const valueNode = children[i + 1]?.name === ':' ? children[i + 2] : undefined;
    if (valueNode === undefined) continue;
    i += 2;
    const value = evaluate(machine, valueNode, scope);
    if (key.kind === 'string' || key.kind === 'number') entries.set(String(key.value), value);
    else isComplete = false;
  }
  return { kind: 'dict', entries, isComplete };
}

/** Items of a comprehension, by the nodes between its brackets. */
export function comprehension(machine: Machine, parts: readonly SyntaxNode[], scope: Scope): PyValue {
  const [element, ...clauses] = parts;
  if (element === undefined) return unknown;
  const items: PyValue[] = [];
  const inner: Scope = { names: new Map(), parent: scope };
  const isComplete = turns(machine, clauses, inner, () => items.push(evaluate(machine, element, inner)));
  return listOf(items, isComplete);
}

function dictComprehension(machine: Machine, parts: readonly SyntaxNode[], scope: Scope): PyValue {
  const [key, , value, ...clauses] = parts;
  if (key === undefined || value === undefined) return unknown;
  const entries = new Map<string, PyValue>();
  const inner: Scope = { names: new Map(), parent: scope };
  let named = true;
  const isComplete = turns(machine, clauses, inner, () => {
    const name = evaluate(machine, key, inner);
    const each = evaluate(machine, value, inner);
    if (name.kind === 'string' || name.kind === 'number') entries.set(String(name.value), each);
    else named = false;
  });
  return { kind: 'dict', entries, isComplete: isComplete && named };
}

/** Runs the clauses `for … in … if …` of a comprehension; true when all turns are literal. */
function turns(machine: Machine, clauses: readonly SyntaxNode[], scope: Scope, body: () => void): boolean {
  const [first] = clauses;
  if (first === undefined) {
    body();
    return true;
  }
  const next = clauses.findIndex((node, i) => i > 0 && (node.name === 'for' || node.name === 'if'));
  const end = next < 0 ? clauses.length : next;
  const own = clauses.slice(1, end);
  const rest = clauses.slice(end);
  if (first.name === 'if') {
    const condition = own[0];
    const truth = condition === undefined ? undefined : truthOf(evaluate(machine, condition, scope));
    if (truth === false) return true;
    if (truth === true) return turns(machine, rest, scope, body);
    machine.uncertainly(() => turns(machine, rest, scope, body));
    return false;
  }
  const middle = own.findIndex((node) => node.name === 'in');
  const source = own[middle + 1];
  if (first.name !== 'for' || middle < 0 || source === undefined) return false;
  const targets = own.slice(0, middle).filter((node) => node.name !== ',');
  const { items, isComplete } = itemsOf(evaluate(machine, source, scope));
  let all = isComplete;
  for (const item of items) {
    if (!machine.step()) return false;
    assignTo(machine, targets, item, scope);
    all = turns(machine, rest, scope, body) && all;
  }
  if (!isComplete && items.length === 0) {
    assignTo(machine, targets, unknown, scope);
    machine.uncertainly(() => turns(machine, rest, scope, body));
  }
  return all;
}
