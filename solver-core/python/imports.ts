import type { SyntaxNode } from '@lezer/common';
import type { Machine } from './machine.ts';
import { knownName } from './known-paths.ts';
import { constructorOf } from './constructors.ts';
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

/** `from torch.nn import *` brings every class with weights under its own name. */
function everything(scope: Scope, module: string): void {
  const known = knownName(`${module}.X`);
  if (known === undefined) return;
  const names = ['Module', 'Model', 'Layer', 'Sequential', 'ModuleList', 'ModuleDict', 'Input', 'Flatten', 'Dropout', 'ReLU'];
  const dense = [
    'Linear',
    'LazyLinear',
    'Bilinear',
    'Dense',
    'RNN',
    'LSTM',
    'GRU',
    'SimpleRNN',
    'MultiheadAttention',
    'MultiHeadAttention',
  ];
  const convolutions = ['Conv1d', 'Conv2d', 'Conv3d', 'ConvTranspose1d', 'ConvTranspose2d', 'ConvTranspose3d'];
  const keras = [
    'Conv1D',
    'Conv2D',
    'Conv3D',
    'Conv2DTranspose',
    'DepthwiseConv2D',
    'SeparableConv2D',
    'MaxPooling2D',
    'GlobalAveragePooling2D',
  ];
  for (const name of [...names, ...dense, ...convolutions, ...keras]) {
    if (constructorOf(known.framework, name) !== undefined || names.includes(name) || known.framework === 'keras')
      scope.names.set(name, { kind: 'path', path: `${module}.${name}` });
  }
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
