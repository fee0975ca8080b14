import type { RowArray } from './array.ts';
import { readAll } from './array.ts';
import { DataFault } from './fault.ts';

/** What the rows are labelled with. */
export type Labels =
  | {
      readonly kind: 'class';
      /** [rows] class index, 0 .. classes-1. */
      readonly values: Int32Array;
      readonly classes: number;
      /** The label of each class as it stands in the file, where classes were numbered by us (sorted order); null when the file numbers them. */
      readonly names: readonly string[] | null;
    }
  | {
      readonly kind: 'regression';
      /** [rows, outputs] row-major. */
      readonly values: Float32Array;
      readonly outputs: number;
    }
  /** No labels were asked for. */
  | { readonly kind: 'none' };

/** More classes than this are taken for numbers to regress on, or are a fault. */
const maxClasses = 100_000;

/**
 * Labels from numbers [rows, outputs]. With one output they are classes when the file stores integers (`integers`), or whole
 * numbers that run from 0 or 1 without a gap, or few of them (at most a fifth of the rows and 1000 distinct). With several
 * outputs they are classes when every row is one-hot. Anything else is regression.
 */
export function numericLabels(values: Float64Array | Int32Array, rows: number, outputs: number, integers: boolean): Labels {
  if (outputs > 1) return oneHot(values, rows, outputs) ?? { kind: 'regression', values: new Float32Array(values), outputs };
  const distinct = distinctIntegers(values);
  if (distinct === undefined || !(integers || looksLikeClasses(distinct, rows)))
    return { kind: 'regression', values: new Float32Array(values), outputs: 1 };
  const low = distinct[0] ?? 0;
  const high = distinct.at(-1) ?? 0;
  if (low >= 0 && high < Math.max(1000, 10 * distinct.length))
    return { kind: 'class', values: values instanceof Int32Array ? values : new Int32Array(values), classes: high + 1, names: null };
  const index = new Map(distinct.map((value, i) => [value, i]));
  return {
    kind: 'class',
    values: numbered(values, index),
    classes: distinct.length,
    names: distinct.map(String),
  };
}

/** The number of each value's class. Typed arrays are filled in place: `from` would build a list of a million values first. */
function numbered(values: ArrayLike<number>, index: ReadonlyMap<number, number>): Int32Array {
  const classes = new Int32Array(values.length);
  for (let i = 0; i < values.length; i += 1) classes[i] = index.get(values[i] as number) ?? 0;
  return classes;
}

/** Labels from texts: classes in sorted order (by UTF-16 code units, so that every machine agrees). */
export function textLabels(indices: Int32Array, texts: readonly string[]): Labels {
  const names = [...texts].sort();
  const position = new Map(names.map((name, i) => [name, i]));
  const remap = texts.map((text) => position.get(text) ?? 0);
  return { kind: 'class', values: indices.map((i) => remap[i] ?? 0), classes: names.length, names };
}

/** The distinct values in rising order, or undefined when one is not whole or there are too many. */
function distinctIntegers(values: Float64Array | Int32Array): readonly number[] | undefined {
  const seen = new Set<number>();
  for (const value of values) {
    if (!Number.isSafeInteger(value)) return undefined;
    seen.add(value);
    if (seen.size > maxClasses) return undefined;
  }
  return [...seen].sort((a, b) => a - b);
}

function looksLikeClasses(distinct: readonly number[], rows: number): boolean {
  const low = distinct[0] ?? 0;
  const gapless = (distinct.at(-1) ?? 0) - low + 1 === distinct.length;
  return (gapless && (low === 0 || low === 1)) || distinct.length <= Math.min(1000, rows / 5);
}

function oneHot(values: Float64Array | Int32Array, rows: number, outputs: number): Labels | undefined {
  const indices = new Int32Array(rows);
  for (let row = 0; row < rows; row += 1) {
    let ones = 0;
    for (let i = 0; i < outputs; i += 1) {
      const value = values[row * outputs + i];
      if (value === 1) {
        indices[row] = i;
        ones += 1;
      } else if (value !== 0) return undefined;
    }
    if (ones !== 1) return undefined;
  }
  return { kind: 'class', values: indices, classes: outputs, names: null };
}

/** Labels from an array of an .npz or .idx file. */
export async function arrayLabels(array: RowArray, rows: number, inputs: string, labels: string, maxBytes: number): Promise<Labels> {
  const outputs = labelOutputs(array.layout.dims, rows, { inputs, labels });
  const values = await readAll(array, labels, maxBytes);
  return numericLabels(values, rows, outputs, !array.layout.kind.startsWith('f'));
}

/** Faults unless labels of shape `dims` fit `rows` rows; returns the numbers per row. */
function labelOutputs(dims: readonly number[], rows: number, names: { readonly inputs: string; readonly labels: string }): number {
  const labelRows = dims[0] ?? 1;
  const outputs = dims.slice(1).reduce((product, dim) => product * dim, 1);
  if (labelRows !== rows) {
    throw new DataFault(
      'shape-mismatch',
      `"${names.inputs}" has ${rows} rows, but "${names.labels}" has ${labelRows}. Both need one entry per sample, in the same order.`,
      { tensor: names.labels },
    );
  }
  if (outputs < 1)
    throw new DataFault('shape-mismatch', `"${names.labels}" has the shape [${dims.join(', ')}]; at least one number per row is needed.`, {
      tensor: names.labels,
    });
  return outputs;
}
