import type { Builder } from './builder.ts';
import { runFailed } from './errors.ts';
import { elementsOf, type Value } from './values.ts';

/** The result of operands of different shapes as rows: `rows` times `n` elements, with byte offsets per row and operand in a table. */
export interface Broadcast {
  readonly dims: readonly number[];
  readonly rows: number;
  readonly n: number;
  /** Address of the offsets [rows, operands]; 0: one row that begins at the operands' beginnings. */
  readonly table: number;
  /** 16: the operand has a row of its own, 0: one element for the whole row. */
  readonly strides: readonly number[];
}

/** Most rows of one step: their offsets are kept in memory. */
export const maxRows = 2 ** 22;

/** ONNX broadcasting (numpy rules). Rejects with `model-run-failed` when shapes do not fit. */
export function broadcast(builder: Builder, operands: readonly Value[]): Broadcast {
  const dims = broadcastDims(operands.map((value) => value.dims));
  const strides = operands.map((value) => stridesIn(value.dims, dims));
  const merged = merge(dims, strides);
  const n = merged.dims.at(-1) ?? 1;
  const rows = elementsOf(merged.dims.slice(0, -1));
  if (rows > maxRows) throw runFailed(`shape [${dims.join(', ')}] has more than ${maxRows} rows to broadcast`);
  const inner = merged.strides.map((list) => (list.at(-1) === 0 && n > 1 ? 0 : 16));
  if (rows <= 1) return { dims, rows, n, table: 0, strides: inner };
  return { dims, rows, n, table: builder.table(rowOffsets(merged.dims, merged.strides)), strides: inner };
}

/** The shape of operands of these shapes together. */
export function broadcastDims(shapes: readonly (readonly number[])[]): number[] {
  const rank = Math.max(0, ...shapes.map((dims) => dims.length));
  return Array.from({ length: rank }, (_, i) => {
    let size = 1;
    for (const dims of shapes) {
      const own = dims[i - rank + dims.length] ?? 1;
      if (own === 1 || own === size) continue;
      if (size !== 1) throw runFailed(`shapes ${shapes.map((s) => `[${s.join(', ')}]`).join(' and ')} do not fit together`);
      size = own;
    }
    return size;
  });
}

/** Elements to go on by in a tensor of shape `own` for one step along each dimension of `dims`; 0 where it is repeated. */
export function stridesIn(own: readonly number[], dims: readonly number[]): number[] {
  const strides = new Array<number>(dims.length).fill(0);
  let step = 1;
  for (let i = own.length - 1; i >= 0; i--) {
    const size = own[i] ?? 1;
    strides[dims.length - own.length + i] = size === 1 ? 0 : step;
    step *= size;
  }
  return strides;
}

/** Drops dimensions of size 1 and joins neighbours that all operands walk through evenly. */
export function merge(
  dims: readonly number[],
  strides: readonly (readonly number[])[],
): { readonly dims: readonly number[]; readonly strides: readonly (readonly number[])[] } {
  const outDims: number[] = [];
  const out = strides.map((): number[] => []);
  dims.forEach((size, i) => {
    if (size === 1) return;
    const last = outDims.length - 1;
    const joins = last >= 0 && strides.every((list, s) => out[s]?.[last] === (list[i] ?? 0) * size);
    if (joins) outDims[last] = (outDims[last] ?? 1) * size;
    else outDims.push(size);
    strides.forEach((list, s) => {
      const target = out[s] ?? [];
      if (joins) target[last] = list[i] ?? 0;
      else target.push(list[i] ?? 0);
    });
  });
  return { dims: outDims, strides: out };
}

/** Byte offsets of every row (all dimensions but the last) in every operand. */
function rowOffsets(dims: readonly number[], strides: readonly (readonly number[])[]): number[] {
  const outer = dims.slice(0, -1);
  const offsets: number[] = [];
  const place = outer.map(() => 0);
  const rows = elementsOf(outer);
  for (let r = 0; r < rows; r++) {
    for (const list of strides) offsets.push(4 * place.reduce((sum, p, d) => sum + p * (list[d] ?? 0), 0));
    for (let d = outer.length - 1; d >= 0; d--) {
      place[d] = (place[d] ?? 0) + 1;
      if ((place[d] ?? 0) < (outer[d] ?? 1)) break;
      place[d] = 0;
    }
  }
  return offsets;
}
