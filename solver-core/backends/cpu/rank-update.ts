import type { Numerics, RankUpdate, RankUpdated, RefusedUpdate } from '../../fit/numerics.ts';
import { backSubstitute, forwardSubstitute } from '../../fit/kernels/substitute.ts';
import type { Products } from './cholesky-blocked.ts';
import { factorPivots, smallGram, transposed } from './rank-update-plain.ts';
import type { LazyKernels } from './factorisations.ts';
import type { WasmKernels } from './wasm-instance.ts';

/** From so many rows on, products of ONNX Runtime beat passes of the WebAssembly kernels over R (bench/results/factor.md). */
const productsFrom = 12;
/** Rows of R that one product rewrites: the library's copy of them then stays in the second-level cache. */
const bandDoubles = 2 ** 16;

/** R in the memory of an instance of its own: row after row is absorbed without copying it. */
interface Resident {
  readonly wasm: WasmKernels;
  readonly d: number;
  readonly r: number;
  readonly rows: number;
  readonly v: number;
  /** Whether the upper triangle holds what the lower one holds: passes write the lower one alone. */
  mirrored: boolean;
}

/**
 * Rank updates of an inverse. Few rows: passes over the lower triangle by the WebAssembly kernels; many: products. An R that may be
 * overwritten stays in the kernels' memory between calls.
 */
export function rankUpdater(
  kernels: LazyKernels,
  products: (wasm: WasmKernels) => Promise<Products>,
  plain: Numerics,
): Numerics['rankUpdate'] {
  const residents = new WeakMap<ArrayBufferLike, Resident>();
  return async (update) => {
    const { r, d, q, overwrite = false } = update;
    const shared = kernels.shared();
    if (q === 0 || d === 0 || shared === undefined) return plain.rankUpdate(update);
    const known = residents.get(r.buffer);
    const own = overwrite ? (known ?? placed(kernels.own() ?? shared, r, d)) : known;
    let answer: RankUpdated | RefusedUpdate;
    if (q >= productsFrom) {
      // Products in the shared instance, for its memory may grow: that of a resident R must not.
      answer = await byProducts(await products(shared), update, own);
    } else {
      const place = overwrite && own !== undefined ? own : placed(shared, r, d);
      answer = byPasses(place, update);
      if ('r' in answer && !overwrite) {
        shared.run.mirrorLower(place.r, d, 8 * d);
        return { ...answer, r: answer.r.slice() };
      }
    }
    if ('r' in answer && overwrite && own !== undefined) residents.set(answer.r.buffer, own);
    return answer;
  };
}

function placed(wasm: WasmKernels, r: Float64Array, d: number): Resident {
  wasm.layout(8 * (d * d + 2 * productsFrom * d), 3);
  const place = { wasm, d, r: wasm.take(8 * d * d), rows: wasm.take(8 * productsFrom * d), v: wasm.take(8 * productsFrom * d) };
  wasm.doubles(place.r, d * d).set(r);
  return { ...place, mirrored: true };
}

/** q passes for V = U R, one for R -= ±ZᵀZ with Z = L⁻¹V. */
function byPasses(place: Resident, { rows, q, sign }: RankUpdate): RankUpdated | RefusedUpdate {
  const { wasm, d, r, rows: at, v } = place;
  wasm.doubles(at, q * d).set(rows.subarray(0, q * d));
  for (let p = 0; p < q; p++) wasm.run.symmetricTimes(r, d, 8 * d, at + 8 * p * d, v + 8 * p * d);
  const z = wasm.doubles(v, q * d);
  const l = smallGram(z, rows, d, q, sign);
  const smallestPivot = factorPivots(l, q);
  if (smallestPivot !== null) return { smallestPivot };
  forwardSubstitute(l, q, z, d);
  wasm.run.subtractOuter(r, d, 8 * d, v, q, sign);
  place.mirrored = false;
  const gain = z.slice();
  backSubstitute(l, q, gain, d);
  return { r: wasm.doubles(r, d * d), gain: transposed(gain, q, d) };
}

/** The same by products over the whole square of R, in bands of rows; the answer is in the memory of `own` when there is one. */
async function byProducts(products: Products, update: RankUpdate, own: Resident | undefined): Promise<RankUpdated | RefusedUpdate> {
  const { d, q, sign, overwrite = false } = update;
  const rows = update.rows.subarray(0, q * d);
  if (own?.mirrored === false) {
    own.wasm.run.mirrorLower(own.r, d, 8 * d);
    own.mirrored = true;
  }
  const r = overwrite && own !== undefined ? own.wasm.doubles(own.r, d * d) : update.r;
  const vt = await products.multiply64(r, rows, { m: d, k: d, n: q, transposeA: false, transposeB: true });
  const s = await products.multiply64(rows, vt, { m: q, k: d, n: q, transposeA: false, transposeB: false });
  for (let i = 0; i < q * q; i++) s[i] = (i % (q + 1) === 0 ? 1 : 0) + sign * s[i]!;
  const smallestPivot = factorPivots(s, q);
  if (smallestPivot !== null) return { smallestPivot };
  const inverse = new Float64Array(q * q);
  for (let i = 0; i < q; i++) inverse[i * q + i] = 1;
  forwardSubstitute(s, q, inverse, q);
  // Zᵀ = Vᵀ L⁻ᵀ; the gain is Vᵀ S⁻¹ = Zᵀ L⁻¹.
  const zt = await products.multiply64(vt, inverse, { m: d, k: q, n: q, transposeA: false, transposeB: true });
  const signed = sign === 1 ? zt : zt.map((value) => -value);
  const next = overwrite ? r : r.slice();
  const band = Math.max(16, Math.floor(bandDoubles / d));
  for (let row = 0; row < d; row += band) {
    const m = Math.min(band, d - row);
    const left = signed.subarray(row * q, (row + m) * q);
    await products.subtractProduct64(next.subarray(row * d, (row + m) * d), left, zt, {
      m,
      k: q,
      n: d,
      transposeA: false,
      transposeB: true,
    });
  }
  // A resident R keeps its two triangles apart by rounding alone, which is as good for the next product; its mirror costs a sixth.
  if (!overwrite || own === undefined) mirror(next, d);
  const gain = await products.multiply64(zt, inverse, { m: d, k: q, n: q, transposeA: false, transposeB: false });
  return { r: next, gain };
}

/** The upper triangle becomes the lower one's mirror, in tiles that stay in the cache. */
function mirror(r: Float64Array, d: number): void {
  const tile = 32;
  for (let i0 = 0; i0 < d; i0 += tile) {
    for (let j0 = 0; j0 <= i0; j0 += tile) {
      const endI = Math.min(d, i0 + tile);
      for (let i = i0; i < endI; i++) {
        const endJ = Math.min(i, j0 + tile);
        for (let j = j0; j < endJ; j++) r[j * d + i] = r[i * d + j]!;
      }
    }
  }
}
