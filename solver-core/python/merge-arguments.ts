import type { Arguments, PyValue } from './values.ts';
import { equals, unknown } from './values.ts';

/** What several calls of one class agree in; undefined when all say the same, so that any of them will do. */
export function mergedArguments(calls: readonly Arguments[]): Arguments | undefined {
  const [first, ...rest] = calls;
  if (first === undefined || rest.every((each) => isSame(first, each))) return undefined;
  const length = Math.max(...calls.map((each) => each.positional.length));
  const names = new Set(calls.flatMap((each) => [...each.named.keys()]));
  const agreed = (values: readonly (PyValue | undefined)[]): PyValue => {
    const [one, ...others] = values;
    return one !== undefined && others.every((each) => each !== undefined && equals(one, each) === true) ? one : unknown;
  };
  return {
    positional: Array.from({ length }, (_, at) => agreed(calls.map((each) => each.positional[at]))),
    named: new Map([...names].map((name) => [name, agreed(calls.map((each) => each.named.get(name)))])),
    complete: calls.every((each) => each.complete),
  };
}

function isSame(a: Arguments, b: Arguments): boolean {
  if (a.positional.length !== b.positional.length || a.named.size !== b.named.size || !a.complete || !b.complete) return false;
  const same = (x: PyValue | undefined, y: PyValue | undefined): boolean =>
    x !== undefined && y !== undefined && (equals(x, y) === true || (x.kind === 'unknown' && y.kind === 'unknown'));
  return (
    a.positional.every((value, at) => same(value, b.positional[at])) &&
    [...a.named].every(([name, value]) => same(value, b.named.get(name)))
  );
}
