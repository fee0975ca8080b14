import type { SyntaxNode } from '@lezer/common';
import { setName } from './assign.ts';
import { evaluate } from './expressions.ts';
import type { Machine } from './machine.ts';
import { runBody } from './statements.ts';
import { childrenOf, textOf } from './syntax.ts';
import type { Arguments, PyValue, Scope } from './values.ts';
import { none, unknown } from './values.ts';

/** A parameter of a function. */
interface Parameter {
  readonly name: string;
  readonly kind: 'plain' | 'rest' | 'named rest' | 'named';
  readonly fallback: SyntaxNode | null;
}

type FunctionValue = PyValue & { readonly kind: 'function' };

/** What a call of a function of the file gives. Arguments that are not given and have no default are not known. */
export function callFunction(machine: Machine, value: FunctionValue, args: Arguments): PyValue {
  const { node } = value;
  machine.called.add(node.from);
  return machine.inCall(node.from, () => run(machine, value, args), unknown);
}

function run(machine: Machine, value: FunctionValue, args: Arguments): PyValue {
  const { node, self } = value;
  const scope: Scope = { names: new Map(), parent: value.scope };
  const given = self === null ? args : { ...args, positional: [self, ...args.positional] };
  bind(machine, parametersOf(machine, node), given, scope, value.scope);
  if (value.owner !== null && self?.kind === 'instance')
    scope.names.set('__class__', { kind: 'super', self: self.instance, owner: value.owner });
  const children = childrenOf(node);
  const body = children.at(-1);
  if (body === undefined) return unknown;
  return machine.at(`k${node.from}`, () => {
    if (node.name === 'LambdaExpression') return evaluate(machine, body, scope);
    return runBody(machine, body, scope) ?? none;
  });
}

function bind(machine: Machine, parameters: readonly Parameter[], args: Arguments, scope: Scope, defining: Scope): void {
  let at = 0;
  const taken = new Set<string>();
  for (const { name, kind, fallback } of parameters) {
    if (kind === 'rest') {
      scope.names.set(name, { kind: 'list', items: args.positional.slice(at), isComplete: args.complete });
      at = args.positional.length;
      continue;
    }
    if (kind === 'named rest') {
      const entries = new Map([...args.named].filter(([key]) => !taken.has(key)));
      scope.names.set(name, { kind: 'dict', entries, isComplete: args.complete });
      continue;
    }
    taken.add(name);
    const positional = kind === 'plain' ? args.positional[at++] : undefined;
    const given = args.named.get(name) ?? positional;
    // With arguments that are not known, a default may have been replaced.
    const missing = fallback === null || !args.complete ? unknown : evaluate(machine, fallback, defining);
    scope.names.set(name, given ?? missing);
  }
}

/** The parameters of a function, in their order. */
export function parametersOf(machine: Machine, node: SyntaxNode): readonly Parameter[] {
  const list = node.getChild('ParamList');
  if (list === null) return [];
  const parameters: Parameter[] = [];
  const children = childrenOf(list);
  let stars = 0;
  let onlyNamed = false;
  for (let i = 0; i < children.length; i++) {
    const child = children[i];
    if (child?.name === '*' || child?.name === '**') {
      stars = child.name.length;
      if (children[i + 1]?.name === ',') {
        onlyNamed = true;
        stars = 0;
      }
    } else if (child?.name === 'VariableName') {
      let next = i + 1;
      if (children[next]?.name === 'TypeDef') next++;
      const fallback = children[next]?.name === 'AssignOp' ? (children[next + 1] ?? null) : null;
      const kind = stars === 1 ? 'rest' : stars === 2 ? 'named rest' : onlyNamed ? 'named' : 'plain';
      parameters.push({ name: textOf(machine.source, child), kind, fallback });
      if (stars === 1) onlyNamed = true;
      stars = 0;
      if (fallback !== null) i = next + 1;
    }
  }
  return parameters;
}

/** Names that a module starts with. */
export function setGlobal(machine: Machine, scope: Scope, name: string, value: PyValue): void {
  setName(machine, scope, name, value);
}
