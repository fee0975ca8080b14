import type { SyntaxNode } from '@lezer/common';
import type { Machine } from './machine.ts';
import { knownName } from './known-paths.ts';
import { constructorNames } from './constructors.ts';
import { childrenOf, textOf } from './syntax.ts';
import type { Scope } from './values.ts';

/** Gives names to what an import statement brings. Nothing is opened: what is not one of the known libraries stays a path. */
export function importNames(machine: Machine, node: SyntaxNode, scope: Scope): void {
  const children = childrenOf(node).filter((child) => child.name !== '(' && child.name !== ')');
  const set = (name: string, path: string): void => {
    // A library that cannot be imported is tried under another name; both mean the same here.
    const before = scope.names.get(name);
    if (machine.uncertain > 0 && before?.kind === 'path' && knownName(`${before.path}.X`) !== undefined) return;
    scope.names.set(name, { kind: 'path', path });
  };
  const split = children.findIndex((child) => child.name === 'import');
  const parts = groups(children.slice(split + 1));
  if (children[0]?.name === 'from') {
    const module = children
      .slice(1, split)
      .map((child) => textOf(machine.source, child))
      .join('');
    if (parts.length === 1 && parts[0]?.[0]?.name === '*') everything(scope, module);
    for (const part of parts) {
      const [name] = part;
      if (name === undefined || name.name === '*') continue;
      const alias = part.at(-1) ?? name;
      set(textOf(machine.source, alias), `${module}.${textOf(machine.source, name)}`);
    }
    return;
  }
  for (const part of parts) {
    const as = part.findIndex((child) => child.name === 'as');
    const path = part
      .slice(0, as < 0 ? undefined : as)
      .map((child) => textOf(machine.source, child))
      .join('');
    const alias = as < 0 ? undefined : part[as + 1];
    if (alias !== undefined) set(textOf(machine.source, alias), path);
    else set(path.split('.')[0] ?? path, path.split('.')[0] ?? path);
  }
}

/** Names without weights of their own that models are built with, or that change the shape of what a Keras layer reads. */
const otherNames = [
  ...['Module', 'Model', 'Layer', 'Sequential', 'ModuleList', 'ModuleDict', 'Input', 'InputLayer', 'Flatten', 'Dropout', 'ReLU', 'Reshape'],
  ...['MaxPooling1D', 'MaxPooling2D', 'AveragePooling2D', 'GlobalAveragePooling2D', 'BatchNormalization', 'Embedding', 'Activation'],
  ...['Bidirectional', 'TimeDistributed', 'Concatenate'],
];

/** `from torch.nn import *` brings every class with weights under its own name. */
function everything(scope: Scope, module: string): void {
  const known = knownName(`${module}.X`);
  if (known === undefined) return;
  for (const name of [...constructorNames(known.framework), ...otherNames])
    scope.names.set(name, { kind: 'path', path: `${module}.${name}` });
  if (module === 'torch') scope.names.set('nn', { kind: 'path', path: 'torch.nn' });
}

function groups(children: readonly SyntaxNode[]): SyntaxNode[][] {
  const parts: SyntaxNode[][] = [[]];
  for (const child of children) {
    if (child.name === ',') parts.push([]);
    else parts.at(-1)?.push(child);
  }
  return parts.filter((part) => part.length > 0);
}
