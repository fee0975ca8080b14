import type { PyValue } from './values.ts';
import { asNumber, boolValue, equals, none, numberValue, truthOf, unknown } from './values.ts';

/** Longest text or list that arithmetic may make. */
const maxMade = 10_000;

/** A Python number literal; complex and huge ones are not known. */
export function readNumber(written: string): PyValue {
  const text = written.replaceAll('_', '');
  if (/^(?:0[xX][0-9a-fA-F]+|0[oO][0-7]+|0[bB][01]+|\d+(?:\.\d*)?(?:[eE][+-]?\d+)?|\.\d+(?:[eE][+-]?\d+)?)$/.test(text))
    return numberValue(Number(text));
  return unknown;
}

/** A Python string literal without formatting; bytes are not known. */
export function readString(written: string): PyValue {
  const match = /^([rRuUbBfF]{0,2})("""|'''|"|')/.exec(written);
  const prefix = match?.[1]?.toLowerCase() ?? '';
  const mark = match?.[2];
  if (mark === undefined || /[bf]/.test(prefix) || written.length > maxMade) return unknown;
  const body = written.slice(prefix.length + mark.length, written.endsWith(mark) ? -mark.length : undefined);
  if (prefix.includes('r') || !body.includes('\\')) return { kind: 'string', value: body };
  return {
    kind: 'string',
    value: body
      .replace(/\\(["'\\])/g, '$1')
      .replaceAll('\\n', '\n')
      .replaceAll('\\t', '\t'),
  };
}

/** The value of a unary operator. */
export function unary(operator: string, value: PyValue): PyValue {
  if (operator === 'not') {
    const truth = truthOf(value);
    return truth === undefined ? unknown : boolValue(!truth);
  }
  const number = asNumber(value);
  if (number === undefined) return unknown;
  if (operator === '-') return numberValue(-number);
  return operator === '+' ? numberValue(number) : unknown;
}

/** The value of a binary operator on literals. `and` and `or` are for the caller, who knows both sides too. */
export function binary(operator: string, a: PyValue, b: PyValue): PyValue {
  const [x, y] = [asNumber(a), asNumber(b)];
  if (x !== undefined && y !== undefined) return arithmetic(operator, x, y);
  switch (operator) {
    case '==':
    case 'is':
      return known(equals(a, b));
    case '!=':
    case 'is not':
      return known(negated(equals(a, b)));
    case 'in':
      return known(contains(b, a));
    case 'not in':
      return known(negated(contains(b, a)));
    case '+':
      return added(a, b);
    case '*':
      return b.kind === 'list' ? repeated(b, x) : repeated(a, y);
    default:
      return unknown;
  }
}

function known(truth: boolean | undefined): PyValue {
  return truth === undefined ? unknown : boolValue(truth);
}

function negated(truth: boolean | undefined): boolean | undefined {
  return truth === undefined ? undefined : !truth;
}

function arithmetic(operator: string, x: number, y: number): PyValue {
  switch (operator) {
    case '+':
      return numberValue(x + y);
    case '-':
      return numberValue(x - y);
    case '*':
      return numberValue(x * y);
    case '/':
      return y === 0 ? unknown : numberValue(x / y);
    case '//':
      return y === 0 ? unknown : numberValue(Math.floor(x / y));
    case '%':
      return y === 0 ? unknown : numberValue(x - y * Math.floor(x / y));
    case '**':
      return numberValue(x ** y);
    case '<<':
      return numberValue(x * 2 ** y);
    case '>>':
      return numberValue(Math.floor(x / 2 ** y));
    case '<':
      return boolValue(x < y);
    case '<=':
      return boolValue(x <= y);
    case '>':
      return boolValue(x > y);
    case '>=':
      return boolValue(x >= y);
    case '==':
    case 'is':
      return boolValue(x === y);
    case '!=':
    case 'is not':
      return boolValue(x !== y);
    default:
      return unknown;
  }
}

function added(a: PyValue, b: PyValue): PyValue {
  if (a.kind === 'string' && b.kind === 'string')
    return a.value.length + b.value.length > maxMade ? unknown : { kind: 'string', value: a.value + b.value };
  if (a.kind !== 'list' && b.kind !== 'list') return unknown;
  const items = [a, b].flatMap((side) => (side.kind === 'list' ? side.items : []));
  const isComplete = [a, b].every((side) => side.kind === 'list' && side.isComplete);
  return items.length > maxMade ? unknown : { kind: 'list', items, isComplete };
}

function repeated(list: PyValue, times: number | undefined): PyValue {
  if (list.kind !== 'list' || times === undefined) return unknown;
  const count = Math.max(0, Math.floor(times));
  if (count * list.items.length > maxMade) return unknown;
  return { kind: 'list', items: Array.from({ length: count }, () => list.items).flat(), isComplete: list.isComplete };
}

function contains(holder: PyValue, item: PyValue): boolean | undefined {
  if (holder.kind === 'dict' && item.kind === 'string' && holder.isComplete) return holder.entries.has(item.value);
  if (holder.kind === 'string' && item.kind === 'string') return holder.value.includes(item.value);
  if (holder.kind !== 'list') return undefined;
  let found: boolean | undefined = holder.isComplete ? false : undefined;
  for (const each of holder.items) {
    const same = equals(each, item);
    if (same === true) return true;
    if (same === undefined) found = undefined;
  }
  return found;
}

/** An item of a list, dictionary or text; negative places count from the end. */
export function itemOf(value: PyValue, index: PyValue): PyValue {
  const place = asNumber(index);
  if (value.kind === 'list' && value.isComplete && place !== undefined) return value.items.at(place) ?? unknown;
  if (value.kind === 'dict' && (index.kind === 'string' || index.kind === 'number'))
    return value.entries.get(String(index.value)) ?? unknown;
  return unknown;
}

/** A slice of a list; ends are null where they are left out, undefined where they are not known. */
export function sliceOf(
  value: PyValue,
  from: number | null | undefined,
  to: number | null | undefined,
  step: number | null | undefined,
): PyValue {
  if (value.kind !== 'list' || !value.isComplete || from === undefined || to === undefined || step === undefined) return unknown;
  const stride = step ?? 1;
  if (stride === -1 && from === null && to === null) return { kind: 'list', items: [...value.items].reverse(), isComplete: true };
  if (stride < 1 || !Number.isInteger(stride)) return unknown;
  const items = value.items.slice(from ?? 0, to ?? undefined).filter((_, at) => at % stride === 0);
  return { kind: 'list', items, isComplete: true };
}

/** A list of values. */
export function listOf(items: PyValue[], isComplete = true): PyValue {
  return { kind: 'list', items, isComplete };
}

/** What a call of a function without a result gives. */
export const nothing = none;
