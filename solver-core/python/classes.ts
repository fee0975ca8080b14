import type { SyntaxNode } from '@lezer/common';
import { evaluate } from './expressions.ts';
import type { Machine } from './machine.ts';
import { isModuleBase, knownName } from './known-paths.ts';
import { runBody } from './statements.ts';
import { childrenOf, textOf } from './syntax.ts';
import type { ClassInfo, Framework, Method, PyValue, Scope } from './values.ts';

/** What a class definition says: its bases, its functions and the literals in its body. */
export function classOf(machine: Machine, node: SyntaxNode, scope: Scope): ClassInfo {
  const nameNode = node.getChild('VariableName');
  const methods = new Map<string, Method>();
  const info: ClassInfo = {
    name: nameNode === null ? '' : textOf(machine.source, nameNode),
    node,
    bases: basesOf(machine, node, scope),
    methods,
    attributes: new Map(),
    isDataclass: decoratorsOf(machine, node).some((text) => /\bdataclass\b/.test(text)),
    scope,
  };
  const body = node.getChild('Body');
  if (body === null) return info;
  for (const child of childrenOf(body)) {
    const inner = child.name === 'DecoratedStatement' ? child.getChild('FunctionDefinition') : child;
    if (inner?.name !== 'FunctionDefinition') continue;
    const name = inner.getChild('VariableName');
    if (name !== null) methods.set(textOf(machine.source, name), { node: inner, decorator: decoratorOf(machine, inner) });
  }
  const inner: Scope = { names: info.attributes, parent: scope };
  machine.at(`k${node.from}`, () => runBody(machine, body, inner));
  for (const name of methods.keys()) info.attributes.delete(name);
  return info;
}

function basesOf(machine: Machine, node: SyntaxNode, scope: Scope): readonly PyValue[] {
  const list = node.getChild('ArgList');
  if (list === null) return [];
  const bases: PyValue[] = [];
  const children = childrenOf(list);
  children.forEach((child, at) => {
    const isKeyword = children[at + 1]?.name === 'AssignOp' || children[at - 1]?.name === 'AssignOp';
    if (!isKeyword && (child.name === 'VariableName' || child.name === 'MemberExpression')) bases.push(evaluate(machine, child, scope));
  });
  return bases;
}

function decoratorsOf(machine: Machine, node: SyntaxNode): readonly string[] {
  const { parent } = node;
  if (parent?.name !== 'DecoratedStatement') return [];
  return parent.getChildren('Decorator').map((each) => textOf(machine.source, each).slice(0, 200));
}

function decoratorOf(machine: Machine, node: SyntaxNode): Method['decorator'] {
  for (const text of decoratorsOf(machine, node)) {
    if (/^@\s*(?:functools\.)?(?:cached_)?property\b/.test(text)) return 'property';
    if (/^@\s*staticmethod\b/.test(text)) return 'staticmethod';
    if (/^@\s*classmethod\b/.test(text)) return 'classmethod';
  }
  return null;
}

/** The framework whose modules a class derives from; null: from none that is known; undefined: from a class that is not in this file. */
export function frameworkOf(definition: ClassInfo, depth = 0): Framework | null | undefined {
  let found: Framework | null | undefined = null;
  for (const base of definition.bases) {
    if (base.kind === 'class' && depth < 20) {
      const inherited = frameworkOf(base.definition, depth + 1);
      if (inherited !== null) found = inherited ?? found;
      if (inherited !== null && inherited !== undefined) return inherited;
      if (inherited === undefined) found = undefined;
    } else if (base.kind === 'path') {
      const known = knownName(base.path);
      if (known !== undefined && isModuleBase(known)) return known.framework;
      if (!base.path.startsWith('builtins.object')) found = undefined;
    }
  }
  return found;
}
