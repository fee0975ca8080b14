import { knownItemsOf } from './iterate.ts';
import type { Machine } from './machine.ts';
import type { Arguments, PyValue } from './values.ts';
import { asNumber, none, unknown } from './values.ts';

/** Methods of lists, dictionaries, texts and tensors, as far as models are built with them. */
export function valueMethod(machine: Machine, of: PyValue, name: string, args: Arguments): PyValue {
  const [first, second] = args.positional;
  switch (of.kind) {
    case 'list':
      return listMethod(machine, of, name, first, second);
    case 'dict':
      return dictMethod(of, name, first, second);
    case 'string':
      if (name === 'lower') return { kind: 'string', value: of.value.toLowerCase() };
      return name === 'upper' ? { kind: 'string', value: of.value.toUpperCase() } : unknown;
    case 'tensor':
      return { kind: 'tensor', tensor: { shape: null, layer: null, inputs: [of.tensor] } };
    default:
      return unknown;
  }
}

function listMethod(
  machine: Machine,
  list: PyValue & { readonly kind: 'list' },
  name: string,
  first: PyValue | undefined,
  second: PyValue | undefined,
): PyValue {
  if (machine.uncertain > 0 && ['append', 'extend', 'insert', 'pop', 'remove', 'clear'].includes(name)) list.isComplete = false;
  switch (name) {
    case 'append':
      if (list.items.length < 100_000) list.items.push(first ?? unknown);
      return none;
    case 'extend': {
      const more = knownItemsOf(first ?? unknown);
      if (list.items.length + more.items.length < 100_000) list.items.push(...more.items);
      list.isComplete &&= more.isComplete;
      return none;
    }
    case 'insert': {
      const at = asNumber(first);
      if (at === undefined) list.isComplete = false;
      else list.items.splice(at, 0, second ?? unknown);
      return none;
    }
    case 'pop':
      if (!list.isComplete || (first !== undefined && asNumber(first) === undefined)) return unknown;
      return list.items.splice(asNumber(first) ?? -1, 1)[0] ?? unknown;
    case 'reverse':
      list.items.reverse();
      return none;
    case 'copy':
      return { kind: 'list', items: [...list.items], isComplete: list.isComplete };
    default:
      if (['remove', 'clear', 'sort'].includes(name)) list.isComplete = false;
      return unknown;
  }
}

function dictMethod(
  dict: PyValue & { readonly kind: 'dict' },
  name: string,
  first: PyValue | undefined,
  second: PyValue | undefined,
): PyValue {
  const list = (items: PyValue[]): PyValue => ({ kind: 'list', items, isComplete: dict.isComplete });
  switch (name) {
    case 'items':
      return list(
        [...dict.entries].map(([key, value]) => ({ kind: 'list', items: [{ kind: 'string', value: key }, value], isComplete: true })),
      );
    case 'keys':
      return list([...dict.entries.keys()].map((value) => ({ kind: 'string', value })));
    case 'values':
      return list([...dict.entries.values()]);
    case 'get': {
      const found = first?.kind === 'string' ? dict.entries.get(first.value) : undefined;
      if (found !== undefined) return found;
      return dict.isComplete && first?.kind === 'string' ? (second ?? none) : unknown;
    }
    case 'update':
      if (first?.kind === 'dict') for (const [key, value] of first.entries) dict.entries.set(key, value);
      else dict.isComplete = false;
      return none;
    default:
      return unknown;
  }
}
