import type { Panel, Products } from './cholesky-blocked.ts';

/** Columns of the inverse that are solved together. */
const inverseColumns = 256;

/** X of L·Lᵀ·X = B by panels with their inverted diagonal blocks; b: [d, k], not changed. */
export async function blockedSolve(
  products: Products,
  panels: readonly Panel[],
  d: number,
  b: Float64Array,
  k: number,
): Promise<Float64Array> {
  const x = b.slice(0, d * k);
  if (k === 0) return x;
  await forwardInPlace(products, panels, x, k, 0);
  await backwardInPlace(products, panels, x, k, 0);
  return x;
}

/** A⁻¹, both triangles: column blocks of the lower triangle, each solved only from its own diagonal down. */
export async function blockedInverse(products: Products, panels: readonly Panel[], d: number): Promise<Float64Array> {
  const inverse = await byColumnBlocks(panels, d, async (rest, x, columns, start) => {
    await forwardInPlace(products, rest, x, columns, start);
    await backwardInPlace(products, rest, x, columns, start);
  });
  for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) inverse[j * d + i] = inverse[i * d + j]!;
  return inverse;
}

/** L⁻¹, zeros above the diagonal. */
export function blockedInverseLower(products: Products, panels: readonly Panel[], d: number): Promise<Float64Array> {
  return byColumnBlocks(panels, d, (rest, x, columns, start) => forwardInPlace(products, rest, x, columns, start));
}

/** Lower triangle of a solve with the unit matrix; `solve` gets the panels from the block's first column on. */
async function byColumnBlocks(
  panels: readonly Panel[],
  d: number,
  solve: (rest: readonly Panel[], x: Float64Array, columns: number, start: number) => Promise<void>,
): Promise<Float64Array> {
  const inverse = new Float64Array(d * d);
  const perBlock = Math.max(1, Math.floor(inverseColumns / panels[0]!.width));
  for (let first = 0; first < panels.length; first += perBlock) {
    const block = panels.slice(first, first + perBlock);
    const start = block[0]!.start;
    const columns = block.reduce((sum, panel) => sum + panel.width, 0);
    const x = new Float64Array((d - start) * columns);
    for (let c = 0; c < columns; c++) x[c * columns + c] = 1;
    await solve(panels.slice(first), x, columns, start);
    for (let i = start; i < d; i++) {
      const from = (i - start) * columns;
      inverse.set(x.subarray(from, from + Math.min(columns, i - start + 1)), i * d + start);
    }
  }
  return inverse;
}

/** L Z = B for the trailing system from the first given panel on; x: rows `origin`.. of the right-hand side, [d - origin, k]. */
async function forwardInPlace(products: Products, panels: readonly Panel[], x: Float64Array, k: number, origin: number): Promise<void> {
  for (const panel of panels) {
    const { top, rest } = parts(panel, x, k, origin);
    top.set(await products.multiply64(panel.inverse, top, shape(panel.width, panel.width, k, true)));
    if (rest.length > 0) await products.subtractProduct64(rest, panel.below, top, shape(rest.length / k, panel.width, k, false));
  }
}

/** Lᵀ X = Z, likewise. */
async function backwardInPlace(products: Products, panels: readonly Panel[], x: Float64Array, k: number, origin: number): Promise<void> {
  for (const panel of panels.toReversed()) {
    const { top, rest } = parts(panel, x, k, origin);
    if (rest.length > 0) await products.subtractProduct64(top, panel.below, rest, shape(panel.width, rest.length / k, k, true));
    top.set(await products.multiply64(panel.inverse, top, shape(panel.width, panel.width, k, false)));
  }
}

const shape = (m: number, k: number, n: number, transposeA: boolean) => ({ m, k, n, transposeA, transposeB: false });

/** The rows of the panel's own block, and those below it. */
function parts(
  { start, width }: Panel,
  x: Float64Array,
  k: number,
  origin: number,
): { readonly top: Float64Array; readonly rest: Float64Array } {
  const from = (start - origin) * k;
  return { top: x.subarray(from, from + width * k), rest: x.subarray(from + width * k) };
}
