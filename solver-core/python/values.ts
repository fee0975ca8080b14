import type { SyntaxNode } from '@lezer/common';

/** Where something is built: its own call, then what surrounds it, outwards through the places that instantiate its class. */
export interface Site {
  /** `c` call, `s` statement, `k` class or function, with the offset of its beginning. */
  readonly key: string;
  readonly outer: Site | null;
}

/** Arguments of a call as far as they are literal. */
export interface Arguments {
  readonly positional: readonly PyValue[];
  readonly named: ReadonlyMap<string, PyValue>;
  /** False when `*args` or `**kwargs` brought something that is not known. */
  readonly complete: boolean;
}

export type Framework = 'torch' | 'keras';

/** An object that the source builds: a layer, a container, an instance of a class of the file, or another module without weights that count. */
export interface Instance {
  /** Class name without its path. */
  readonly type: string;
  readonly framework: Framework | null;
  readonly role: 'layer' | 'container' | 'user' | 'other';
  readonly call: SyntaxNode | null;
  readonly site: Site | null;
  readonly args: Arguments;
  /** Attributes and children in the order in which they were set. */
  readonly attributes: Map<string, PyValue>;
  /** Children that lost their place to another branch of a condition that is not literal. */
  readonly alternatives: { readonly name: string; readonly value: PyValue }[];
  /** The class of an instance of a class of the file. */
  readonly definition: ClassInfo | null;
  /** Number in the order of creation. */
  readonly order: number;
  /** The instance whose constructor built it; null outside of classes. */
  readonly creator: Instance | null;
  /** The variable that it was first assigned to, outside of classes. */
  variable: string | null;
  /** Keras: shape of what it reads, batch left out; null where it is not known. */
  inputShape: readonly (number | null)[] | null;
  /** True where a loop or condition around it is not literal. */
  readonly isUncertain: boolean;
}

/** A symbolic Keras tensor. */
export interface Tensor {
  /** Batch left out; null: not known. */
  readonly shape: readonly (number | null)[] | null;
  readonly layer: Instance | null;
  readonly inputs: readonly Tensor[];
}

/** A function of a class. */
export interface Method {
  readonly node: SyntaxNode;
  readonly decorator: 'property' | 'staticmethod' | 'classmethod' | null;
}

/** A class of the file. */
export interface ClassInfo {
  readonly name: string;
  readonly node: SyntaxNode;
  readonly bases: readonly PyValue[];
  readonly methods: ReadonlyMap<string, Method>;
  readonly isDataclass: boolean;
  readonly attributes: Map<string, PyValue>;
  /** Names that the class was defined among. */
  readonly scope: Scope;
}

/** Names and what they stand for. */
export interface Scope {
  readonly names: Map<string, PyValue>;
  readonly parent: Scope | null;
}

/** What an expression stands for, as far as the source says it literally. */
export type PyValue =
  | { readonly kind: 'unknown' }
  | { readonly kind: 'number'; readonly value: number }
  | { readonly kind: 'string'; readonly value: string }
  | { readonly kind: 'bool'; readonly value: boolean }
  | { readonly kind: 'none' }
  | { readonly kind: 'list'; readonly items: PyValue[]; isComplete: boolean }
  | { readonly kind: 'dict'; readonly entries: Map<string, PyValue>; isComplete: boolean }
  /** Something imported, by its full path: torch.nn.Linear. */
  | { readonly kind: 'path'; readonly path: string }
  | { readonly kind: 'class'; readonly definition: ClassInfo }
  | {
      readonly kind: 'function';
      readonly node: SyntaxNode;
      readonly scope: Scope;
      readonly self: PyValue | null;
      readonly owner: ClassInfo | null;
    }
  | { readonly kind: 'method'; readonly of: PyValue; readonly name: string }
  | { readonly kind: 'super'; readonly self: Instance; readonly owner: ClassInfo }
  | { readonly kind: 'instance'; readonly instance: Instance }
  | { readonly kind: 'tensor'; readonly tensor: Tensor };

export const unknown: PyValue = { kind: 'unknown' };
export const none: PyValue = { kind: 'none' };

export function numberValue(value: number): PyValue {
  return Number.isFinite(value) && Math.abs(value) <= Number.MAX_SAFE_INTEGER ? { kind: 'number', value } : unknown;
}

export function boolValue(value: boolean): PyValue {
  return { kind: 'bool', value };
}

/** A number as Python counts with it: booleans are 0 and 1; undefined for anything else. */
export function asNumber(value: PyValue | undefined): number | undefined {
  if (value?.kind === 'number') return value.value;
  return value?.kind === 'bool' ? Number(value.value) : undefined;
}

/** What a condition says; undefined where it is not known. */
export function truthOf(value: PyValue): boolean | undefined {
  switch (value.kind) {
    case 'number':
      return value.value !== 0;
    case 'string':
      return value.value !== '';
    case 'bool':
      return value.value;
    case 'none':
      return false;
    case 'list':
      return value.items.length > 0 ? true : value.isComplete ? false : undefined;
    case 'dict':
      return value.entries.size > 0 ? true : value.isComplete ? false : undefined;
    case 'class':
    case 'function':
      return true;
    default:
      return undefined;
  }
}

/** Equality of literals; undefined where it is not known. */
export function equals(a: PyValue, b: PyValue): boolean | undefined {
  const [x, y] = [asNumber(a), asNumber(b)];
  if (x !== undefined && y !== undefined) return x === y;
  if (a.kind === 'string' && b.kind === 'string') return a.value === b.value;
  if (a.kind === 'none' && b.kind === 'none') return true;
  const plain = ['number', 'string', 'bool', 'none'];
  if (plain.includes(a.kind) && plain.includes(b.kind)) return false;
  if (a.kind === 'list' && b.kind === 'list' && a.isComplete && b.isComplete) {
    if (a.items.length !== b.items.length) return false;
    let all: boolean | undefined = true;
    for (let i = 0; i < a.items.length; i++) {
      const one = equals(a.items[i] ?? unknown, b.items[i] ?? unknown);
      if (one === false) return false;
      if (one === undefined) all = undefined;
    }
    return all;
  }
  return undefined;
}

/** Looks a name up in a scope and those around it. */
export function lookUp(scope: Scope, name: string): PyValue | undefined {
  for (let at: Scope | null = scope; at !== null; at = at.parent) {
    const value = at.names.get(name);
    if (value !== undefined) return value;
  }
  return undefined;
}
