import type { SyntaxNode } from '@lezer/common';
import { assignTo, setName } from './assign.ts';
import { classOf } from './classes.ts';
import { evaluate, sequence } from './expressions.ts';
import { importNames } from './imports.ts';
import { itemsOf } from './iterate.ts';
import { binary } from './literals.ts';
import { extendContainer } from './containers.ts';
import type { Machine } from './machine.ts';
import { childrenOf, textOf } from './syntax.ts';
import type { PyValue, Scope } from './values.ts';
import { truthOf, unknown } from './values.ts';

/** How a run of statements ended. */
type Ending = { readonly kind: 'return'; readonly value: PyValue } | { readonly kind: 'break' } | { readonly kind: 'continue' } | undefined;

/** Runs the body of a function, class or module; the value that it returns, undefined without one. */
export function runBody(machine: Machine, body: SyntaxNode, scope: Scope): PyValue | undefined {
  const ending = statements(machine, body, scope);
  return ending?.kind === 'return' ? ending.value : undefined;
}

function statements(machine: Machine, body: SyntaxNode, scope: Scope): Ending {
  for (let node = body.firstChild; node !== null; node = node.nextSibling) {
    if (node.name === 'Comment' || node.name === ':') continue;
    if (!machine.step()) return undefined;
    const statement = node;
    const ending = machine.nested(() => machine.at(`s${statement.from}`, () => execute(machine, statement, scope)), undefined);
    if (ending !== undefined) return ending;
  }
  return undefined;
}

function execute(machine: Machine, node: SyntaxNode, scope: Scope): Ending {
  switch (node.name) {
    case 'ImportStatement':
      importNames(machine, node, scope);
      return undefined;
    case 'AssignStatement':
      assignment(machine, node, scope);
      return undefined;
    case 'UpdateStatement':
      update(machine, node, scope);
      return undefined;
    case 'ClassDefinition':
    case 'FunctionDefinition':
    case 'DecoratedStatement':
      define(machine, node, scope);
      return undefined;
    case 'ReturnStatement': {
      const children = childrenOf(node).slice(1);
      const [only] = children;
      const value =
        only === undefined
          ? { kind: 'none' as const }
          : children.length === 1
            ? evaluate(machine, only, scope)
            : sequence(machine, children, scope);
      return { kind: 'return', value };
    }
    case 'StatementGroup':
      return statements(machine, node, scope);
    case 'BreakStatement':
      return { kind: 'break' };
    case 'ContinueStatement':
      return { kind: 'continue' };
    case 'IfStatement':
      return conditional(machine, node, scope);
    case 'ForStatement':
      return loop(machine, node, scope);
    case 'WhileStatement':
      return whileLoop(machine, node, scope);
    case 'WithStatement':
    case 'TryStatement':
    case 'MatchStatement':
      return blocks(machine, node, scope);
    default:
      for (const child of childrenOf(node)) if (/Expression$/.test(child.name)) evaluate(machine, child, scope);
      return undefined;
  }
}

function assignment(machine: Machine, node: SyntaxNode, scope: Scope): void {
  const groups: SyntaxNode[][] = [[]];
  for (const child of childrenOf(node)) {
    if (child.name === 'AssignOp') groups.push([]);
    else if (child.name !== 'TypeDef' && child.name !== ',') groups.at(-1)?.push(child);
  }
  const right = groups.at(-1) ?? [];
  const [only] = right;
  if (groups.length < 2 || only === undefined) return;
  const value = right.length === 1 && only.name !== '*' ? evaluate(machine, only, scope) : sequence(machine, right, scope);
  for (const targets of groups.slice(0, -1)) assignTo(machine, targets, value, scope);
}

function update(machine: Machine, node: SyntaxNode, scope: Scope): void {
  const [target, operator, right] = childrenOf(node);
  if (target === undefined || operator === undefined || right === undefined) return;
  const before = evaluate(machine, target, scope);
  const value = evaluate(machine, right, scope);
  if (before.kind === 'list' && textOf(machine.source, operator) === '+=') {
    const { items, isComplete } = itemsOf(value);
    before.items.push(...items);
    before.isComplete &&= isComplete && machine.uncertain === 0;
  } else if (before.kind === 'instance') extendContainer(machine, before.instance, value);
  else assignTo(machine, target, binary(textOf(machine.source, operator).replace(/=$/, ''), before, value), scope);
}

function define(machine: Machine, node: SyntaxNode, scope: Scope): void {
  const inner = node.name === 'DecoratedStatement' ? (node.getChild('ClassDefinition') ?? node.getChild('FunctionDefinition')) : node;
  const nameNode = inner?.getChild('VariableName');
  if (inner === null || nameNode === null || nameNode === undefined) return;
  const name = textOf(machine.source, nameNode);
  if (inner.name === 'ClassDefinition') setName(machine, scope, name, { kind: 'class', definition: classOf(machine, inner, scope) });
  else setName(machine, scope, name, { kind: 'function', node: inner, scope, self: null, owner: null });
}

function conditional(machine: Machine, node: SyntaxNode, scope: Scope): Ending {
  let condition: SyntaxNode | null = null;
  let isUncertain = false;
  let isDecided = false;
  let ending: Ending;
  for (const child of childrenOf(node)) {
    if (child.name === 'if' || child.name === 'elif') continue;
    if (child.name === 'else') condition = null;
    else if (child.name !== 'Body') condition = child;
    else {
      const truth: boolean | undefined = condition === null || isDecided ? true : truthOf(evaluate(machine, condition, scope));
      if (isDecided || truth === false) {
        machine.leftOut.add(child.from);
        continue;
      }
      if (truth === true && !isUncertain) {
        isDecided = true;
        ending = statements(machine, child, scope);
        continue;
      }
      isUncertain = true;
      machine.uncertainly(() => statements(machine, child, scope));
      isDecided = truth === true;
    }
  }
  return ending;
}

function loop(machine: Machine, node: SyntaxNode, scope: Scope): Ending {
  const children = childrenOf(node);
  const middle = children.findIndex((child) => child.name === 'in');
  const body = node.getChild('Body');
  const source = children[middle + 1];
  if (middle < 0 || body === null || source === undefined) return undefined;
  const targets = children.slice(0, middle).filter((child) => !['for', 'async', ','].includes(child.name));
  const { items, isComplete } = itemsOf(evaluate(machine, source, scope));
  if (!isComplete) {
    forget(machine, body, scope);
    machine.uncertainly(() => {
      assignTo(machine, targets, unknown, scope);
      statements(machine, body, scope);
    });
    return undefined;
  }
  for (const item of items) {
    if (!machine.step()) return undefined;
    assignTo(machine, targets, item, scope);
    const ending = statements(machine, body, scope);
    if (ending?.kind === 'return') return ending;
    if (ending?.kind === 'break') break;
  }
  return undefined;
}

function whileLoop(machine: Machine, node: SyntaxNode, scope: Scope): Ending {
  const children = childrenOf(node);
  const condition = children[1];
  const body = node.getChild('Body');
  if (condition === undefined || body === null || truthOf(evaluate(machine, condition, scope)) === false) return undefined;
  forget(machine, body, scope);
  machine.uncertainly(() => statements(machine, body, scope));
  return undefined;
}

/** In a loop whose turns are not known, what it sets may have any of its values from the beginning. */
function forget(machine: Machine, body: SyntaxNode, scope: Scope): void {
  const cursor = body.cursor();
  const end = body.to;
  do {
    if (cursor.from >= end) break;
    if (!machine.step()) return;
    if (cursor.name !== 'AssignStatement' && cursor.name !== 'UpdateStatement') continue;
    for (
      let child = cursor.node.firstChild;
      child !== null && child.name !== 'AssignOp' && child.name !== 'UpdateOp';
      child = child.nextSibling
    ) {
      if (child.name !== 'VariableName') continue;
      const name = textOf(machine.source, child);
      const value = scope.names.get(name);
      if (value?.kind === 'number' || value?.kind === 'string' || value?.kind === 'bool' || value?.kind === 'none')
        scope.names.set(name, unknown);
    }
  } while (cursor.next());
}

/** The bodies of `with`, `try` and `match`; those of handlers and cases may not happen. */
function blocks(machine: Machine, node: SyntaxNode, scope: Scope): Ending {
  const children = childrenOf(node);
  let word = '';
  let previous: SyntaxNode | null = null;
  for (const child of children) {
    if (child.name === 'Body') {
      if (word === 'except') machine.uncertainly(() => statements(machine, child, scope));
      else {
        const ending = statements(machine, child, scope);
        if (ending !== undefined) return ending;
      }
    } else if (/^(?:with|as|try|except|else|finally)$/.test(child.name)) word = child.name;
    else if (word === 'with' && /Expression$/.test(child.name)) evaluate(machine, child, scope);
    else if (word === 'as' && previous?.name === 'as' && child.name === 'VariableName')
      setName(machine, scope, textOf(machine.source, child), unknown);
    else if (child.name === 'MatchBody') machine.uncertainly(() => matchBody(machine, child, scope));
    previous = child;
  }
  return undefined;
}

function matchBody(machine: Machine, node: SyntaxNode, scope: Scope): void {
  for (const clause of node.getChildren('MatchClause')) {
    const body = clause.getChild('Body');
    if (body !== null) statements(machine, body, scope);
  }
}
