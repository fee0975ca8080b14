import { setAttribute } from './assign.ts';
import { attributeOf } from './attributes.ts';
import { pairsOf } from './containers.ts';
import { itemsOf, knownItemsOf } from './iterate.ts';
import { listOf } from './literals.ts';
import type { Machine } from './machine.ts';
import type { Arguments, PyValue } from './values.ts';
import { asNumber, boolValue, none, numberValue, truthOf, unknown } from './values.ts';

/** Longest range that is counted out. */
const maxRange = 10_000;

/** Functions of Python itself and of `math` and `collections` that models are built with; undefined for all others. */
export function builtin(machine: Machine, path: string, args: Arguments): PyValue | undefined {
  const name = path.slice(path.lastIndexOf('.') + 1);
  const module = path.slice(0, Math.max(0, path.lastIndexOf('.')));
  if (module === 'math' || module === 'numpy' || module === 'np') return mathematics(name, args);
  if (module === 'collections' || (module === 'builtins' && name === 'OrderedDict'))
    return name === 'OrderedDict' ? dictOf(args) : undefined;
  if (module !== 'builtins') return undefined;
  if (!args.complete) return name === 'zip' || name === 'range' || name === 'enumerate' ? unknown : undefined;
  return ofPython(machine, name, args);
}

function ofPython(machine: Machine, name: string, args: Arguments): PyValue | undefined {
  const [first = unknown, second = unknown, third] = args.positional;
  switch (name) {
    case 'range':
      return range(args.positional);
    case 'len': {
      const items = itemsOf(first);
      return items.isComplete ? numberValue(items.items.length) : unknown;
    }
    case 'enumerate': {
      const { items, isComplete } = itemsOf(first);
      const start = asNumber(args.named.get('start') ?? (args.positional.length > 1 ? second : numberValue(0)));
      if (start === undefined) return unknown;
      return listOf(
        items.map((item, at) => listOf([numberValue(start + at), item])),
        isComplete,
      );
    }
    case 'zip':
      return zip(args.positional);
    case 'list':
    case 'tuple': {
      if (args.positional.length === 0) return listOf([]);
      const { items, isComplete } = knownItemsOf(first);
      return listOf([...items], isComplete);
    }
    case 'reversed': {
      const { items, isComplete } = itemsOf(first);
      return listOf([...items].reverse(), isComplete);
    }
    case 'dict':
      return dictOf(args);
    case 'setattr':
      if (first.kind === 'instance' && second.kind === 'string' && third !== undefined)
        setAttribute(machine, first.instance, second.value, third);
      return none;
    case 'getattr': {
      if (second.kind !== 'string') return unknown;
      const found = attributeOf(machine, first, second.value);
      return found.kind === 'method' ? (third ?? found) : found;
    }
    case 'bool': {
      const truth = truthOf(first);
      return truth === undefined ? unknown : boolValue(truth);
    }
    case 'str':
      return first.kind === 'string' || first.kind === 'number' ? { kind: 'string', value: String(first.value) } : unknown;
    case 'isinstance': {
      const truth = isInstanceOf(first, second);
      return truth === undefined ? unknown : boolValue(truth);
    }
    case 'print':
      return unknown;
    default:
      return numeric(name, args);
  }
}

/** Types of literals that `isinstance` is asked about. Numbers are of one of two types here, and so are lists, sets apart. */
const typesOf: Readonly<Partial<Record<PyValue['kind'], { readonly sure: readonly string[]; readonly either: readonly string[] }>>> = {
  number: { sure: [], either: ['int', 'float'] },
  string: { sure: ['str', 'Iterable', 'Sequence'], either: [] },
  bool: { sure: ['bool', 'int'], either: [] },
  none: { sure: [], either: [] },
  list: { sure: ['Iterable', 'Sequence'], either: ['list', 'tuple'] },
  dict: { sure: ['dict', 'Mapping', 'Iterable'], either: [] },
};
const literalTypes: ReadonlySet<string> = new Set(Object.values(typesOf).flatMap(({ sure, either }) => [...sure, ...either]));

/** Whether a literal is of a type or one of several; undefined where that is not known. */
function isInstanceOf(value: PyValue, type: PyValue): boolean | undefined {
  const types = typesOf[value.kind];
  if (types === undefined) return undefined;
  const asked = type.kind === 'list' ? type.items : [type];
  const names = asked.map((each) => (each.kind === 'path' ? each.path.slice(each.path.lastIndexOf('.') + 1) : ''));
  if (names.some((name) => types.sure.includes(name))) return true;
  const { either } = types;
  if (either.length > 0 && either.every((name) => names.includes(name))) return true;
  const isKnown = (type.kind !== 'list' || type.isComplete) && names.every((name) => literalTypes.has(name) && !either.includes(name));
  return isKnown ? false : undefined;
}

function numeric(name: string, args: Arguments): PyValue | undefined {
  if (!['int', 'float', 'abs', 'round', 'max', 'min', 'sum', 'pow'].includes(name)) return undefined;
  const [first] = args.positional;
  const values = args.positional.length === 1 && first?.kind === 'list' ? itemsOf(first) : { items: args.positional, isComplete: true };
  const numbers = values.items.map(asNumber);
  if (!values.isComplete || args.named.size > 0 || numbers.some((each) => each === undefined)) return unknown;
  const all = numbers as readonly number[];
  const one = all[0];
  if (name === 'sum') return numberValue(all.reduce((a, b) => a + b, 0));
  if (one === undefined) return unknown;
  switch (name) {
    case 'int':
      return numberValue(Math.trunc(one));
    case 'abs':
      return numberValue(Math.abs(one));
    case 'round':
      // Python rounds halves to even; nothing here rests on them.
      return all.length > 1 || Math.abs(one % 1) === 0.5 ? unknown : numberValue(Math.round(one));
    case 'max':
      return numberValue(Math.max(...all));
    case 'min':
      return numberValue(Math.min(...all));
    case 'pow':
      return all[1] === undefined ? unknown : numberValue(one ** all[1]);
    default:
      return numberValue(one);
  }
}

function mathematics(name: string, args: Arguments): PyValue | undefined {
  const [a, b] = args.positional.map(asNumber);
  if (name === 'prod') {
    const items = itemsOf(args.positional[0] ?? unknown);
    const numbers = items.items.map(asNumber);
    if (!items.isComplete || numbers.some((each) => each === undefined)) return unknown;
    return numberValue((numbers as readonly number[]).reduce((x, y) => x * y, 1));
  }
  if (a === undefined) return unknown;
  switch (name) {
    case 'ceil':
      return numberValue(Math.ceil(a));
    case 'floor':
      return numberValue(Math.floor(a));
    case 'sqrt':
      return a < 0 ? unknown : numberValue(Math.sqrt(a));
    case 'log2':
      return a <= 0 ? unknown : numberValue(Math.log2(a));
    case 'pow':
      return b === undefined ? unknown : numberValue(a ** b);
    default:
      return unknown;
  }
}

function range(positional: readonly PyValue[]): PyValue {
  const numbers = positional.map(asNumber);
  if (numbers.some((each) => each === undefined || !Number.isInteger(each))) return unknown;
  const [a = 0, b, step = 1] = numbers as readonly number[];
  const [from, to] = b === undefined ? [0, a] : [a, b];
  const count = step === 0 ? 0 : Math.max(0, Math.ceil((to - from) / step));
  if (count > maxRange) return unknown;
  return listOf(Array.from({ length: count }, (_, i) => numberValue(from + i * step)));
}

function zip(lists: readonly PyValue[]): PyValue {
  const all = lists.map(itemsOf);
  if (all.some((each) => !each.isComplete)) return listOf([], false);
  const length = Math.min(...all.map((each) => each.items.length), maxRange);
  return listOf(Array.from({ length: lists.length === 0 ? 0 : length }, (_, i) => listOf(all.map((each) => each.items[i] ?? unknown))));
}

function dictOf(args: Arguments): PyValue {
  const [first] = args.positional;
  const entries = new Map(first?.kind === 'dict' ? first.entries : first === undefined ? [] : pairsOf(first));
  for (const [key, value] of args.named) entries.set(key, value);
  const isComplete = args.complete && (first === undefined || first.kind === 'list' || (first.kind === 'dict' && first.isComplete));
  return { kind: 'dict', entries, isComplete };
}
