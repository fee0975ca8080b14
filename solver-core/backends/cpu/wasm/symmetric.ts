// Symmetric matrices by their lower triangle: one pass over half the memory.

/** y <- R x; r: [d, d] lower triangle read, ld in bytes; x, y: [d], not overlapping. */
export function symmetricTimes(r: usize, d: i32, ld: usize, x: usize, y: usize): void {
  memory.fill(y, 0, (<usize>d) << 3);
  let i = 0;
  for (; i + 3 < d; i += 4) {
    const r0 = r + <usize>i * ld,
      r1 = r0 + ld,
      r2 = r1 + ld,
      r3 = r2 + ld;
    const at = x + ((<usize>i) << 3);
    const x0 = v128.load_splat<f64>(at),
      x1 = v128.load_splat<f64>(at, 8),
      x2 = v128.load_splat<f64>(at, 16),
      x3 = v128.load_splat<f64>(at, 24);
    let s0 = f64x2.splat(0),
      s1 = f64x2.splat(0),
      s2 = f64x2.splat(0),
      s3 = f64x2.splat(0);
    const end = (<usize>i) << 3;
    for (let j: usize = 0; j < end; j += 16) {
      const xj = v128.load(x + j);
      const a0 = v128.load(r0 + j),
        a1 = v128.load(r1 + j);
      s0 = f64x2.add(s0, f64x2.mul(a0, xj));
      s1 = f64x2.add(s1, f64x2.mul(a1, xj));
      let t = f64x2.add(f64x2.mul(a0, x0), f64x2.mul(a1, x1));
      const a2 = v128.load(r2 + j),
        a3 = v128.load(r3 + j);
      s2 = f64x2.add(s2, f64x2.mul(a2, xj));
      s3 = f64x2.add(s3, f64x2.mul(a3, xj));
      t = f64x2.add(t, f64x2.add(f64x2.mul(a2, x2), f64x2.mul(a3, x3)));
      v128.store(y + j, f64x2.add(v128.load(y + j), t));
    }
    // y[i..i+3] is still 0 here: rows come in order.
    const yi = y + end;
    store<f64>(yi, f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1));
    store<f64>(yi, f64x2.extract_lane(s1, 0) + f64x2.extract_lane(s1, 1), 8);
    store<f64>(yi, f64x2.extract_lane(s2, 0) + f64x2.extract_lane(s2, 1), 16);
    store<f64>(yi, f64x2.extract_lane(s3, 0) + f64x2.extract_lane(s3, 1), 24);
    for (let p: usize = 0; p < 4; p++) timesRow(r0 + p * ld + end, x + end, yi, p);
  }
  for (; i < d; i++) {
    const row = r + <usize>i * ld;
    store<f64>(y + ((<usize>i) << 3), 0);
    timesRow(row, x, y, i);
  }
}

/** One row of the lower triangle, up to and with its diagonal entry at `last`. */
// @ts-ignore: decorator
@inline
function timesRow(row: usize, x: usize, y: usize, last: usize): void {
  const xi = load<f64>(x + (last << 3));
  let s = load<f64>(row + (last << 3)) * xi;
  for (let j: usize = 0; j < last; j++) {
    const at = j << 3;
    const v = load<f64>(row + at);
    s += v * load<f64>(x + at);
    store<f64>(y + at, load<f64>(y + at) + v * xi);
  }
  const yi = y + (last << 3);
  store<f64>(yi, load<f64>(yi) + s);
}

/** R -= sign · Zᵀ Z in the lower triangle; z: [q, d] without gaps. */
export function subtractOuter(r: usize, d: i32, ld: usize, z: usize, q: i32, sign: f64): void {
  const ldz = (<usize>d) << 3;
  for (let i = 0; i < d; i++) {
    const row = r + <usize>i * ld;
    const zi = z + ((<usize>i) << 3);
    const end = (<usize>(i + 1)) << 3;
    const even = end & ~15;
    let p = 0;
    for (; p + 3 < q; p += 4) {
      const z0 = z + <usize>p * ldz,
        z1 = z0 + ldz,
        z2 = z1 + ldz,
        z3 = z2 + ldz;
      const f0 = sign * load<f64>(zi + <usize>p * ldz),
        f1 = sign * load<f64>(zi + <usize>(p + 1) * ldz),
        f2 = sign * load<f64>(zi + <usize>(p + 2) * ldz),
        f3 = sign * load<f64>(zi + <usize>(p + 3) * ldz);
      const s0 = f64x2.splat(f0),
        s1 = f64x2.splat(f1),
        s2 = f64x2.splat(f2),
        s3 = f64x2.splat(f3);
      for (let j: usize = 0; j < even; j += 16) {
        const t = f64x2.add(f64x2.mul(s0, v128.load(z0 + j)), f64x2.mul(s1, v128.load(z1 + j)));
        const u = f64x2.add(f64x2.mul(s2, v128.load(z2 + j)), f64x2.mul(s3, v128.load(z3 + j)));
        v128.store(row + j, f64x2.sub(v128.load(row + j), f64x2.add(t, u)));
      }
      if (even < end) {
        const t = f0 * load<f64>(z0 + even) + f1 * load<f64>(z1 + even) + (f2 * load<f64>(z2 + even) + f3 * load<f64>(z3 + even));
        store<f64>(row + even, load<f64>(row + even) - t);
      }
    }
    for (; p < q; p++) {
      const z0 = z + <usize>p * ldz;
      const f0 = sign * load<f64>(zi + <usize>p * ldz);
      const s0 = f64x2.splat(f0);
      for (let j: usize = 0; j < even; j += 16) v128.store(row + j, f64x2.sub(v128.load(row + j), f64x2.mul(s0, v128.load(z0 + j))));
      if (even < end) store<f64>(row + even, load<f64>(row + even) - f0 * load<f64>(z0 + even));
    }
  }
}

/** The upper triangle becomes the mirror of the lower one. */
export function mirrorLower(r: usize, d: i32, ld: usize): void {
  for (let i = 0; i < d; i += 8) {
    for (let j = 0; j <= i; j += 8) {
      const rows = min(8, d - i);
      for (let s = 0; s < min(8, d - j); s++) {
        const to = r + <usize>(j + s) * ld;
        for (let t = 0; t < rows; t++) {
          if (j + s < i + t) store<f64>(to + ((<usize>(i + t)) << 3), load<f64>(r + <usize>(i + t) * ld + ((<usize>(j + s)) << 3)));
        }
      }
    }
  }
}

/**
 * One pass of a tridiagonal reduction: R -= v wᵀ + w vᵀ in the lower triangle, and y <- (the new R) x.
 * r: [d, d], v, w, x, y: [d].
 */
export function updateAndTimes(r: usize, d: i32, ld: usize, v: usize, w: usize, x: usize, y: usize): void {
  memory.fill(y, 0, (<usize>d) << 3);
  for (let i = 0; i < d; i++) {
    const row = r + <usize>i * ld;
    const at = (<usize>i) << 3;
    const v0 = load<f64>(v + at),
      w0 = load<f64>(w + at),
      x0 = load<f64>(x + at);
    const vi = f64x2.splat(v0),
      wi = f64x2.splat(w0),
      xi = f64x2.splat(x0);
    let sum = f64x2.splat(0);
    const even = at & ~15;
    for (let j: usize = 0; j < even; j += 16) {
      const a = f64x2.sub(v128.load(row + j), f64x2.add(f64x2.mul(vi, v128.load(w + j)), f64x2.mul(wi, v128.load(v + j))));
      v128.store(row + j, a);
      sum = f64x2.add(sum, f64x2.mul(a, v128.load(x + j)));
      v128.store(y + j, f64x2.add(v128.load(y + j), f64x2.mul(a, xi)));
    }
    let s = f64x2.extract_lane(sum, 0) + f64x2.extract_lane(sum, 1);
    if (even < at) {
      const a = load<f64>(row + even) - (v0 * load<f64>(w + even) + w0 * load<f64>(v + even));
      store<f64>(row + even, a);
      s += a * load<f64>(x + even);
      store<f64>(y + even, load<f64>(y + even) + a * x0);
    }
    const diagonal = load<f64>(row + at) - (v0 * w0 + w0 * v0);
    store<f64>(row + at, diagonal);
    store<f64>(y + at, load<f64>(y + at) + (s + diagonal * x0));
  }
}

/** C -= factor · v (vᵀ C); v: [d], c: [d, k] without gaps, scratch: [k]. Four rows at a time share the loads of the scratch row. */
export function reflect(c: usize, d: i32, k: i32, v: usize, factor: f64, scratch: usize): void {
  const ldc = (<usize>k) << 3;
  const even = ldc & ~15;
  memory.fill(scratch, 0, ldc);
  let i = 0;
  for (; i + 3 < d; i += 4) {
    const vi = v + ((<usize>i) << 3);
    const r0 = c + <usize>i * ldc,
      r1 = r0 + ldc,
      r2 = r1 + ldc,
      r3 = r2 + ldc;
    const v0 = v128.load_splat<f64>(vi),
      v1 = v128.load_splat<f64>(vi, 8),
      v2 = v128.load_splat<f64>(vi, 16),
      v3 = v128.load_splat<f64>(vi, 24);
    for (let j: usize = 0; j < even; j += 16) {
      const t = f64x2.add(f64x2.mul(v0, v128.load(r0 + j)), f64x2.mul(v1, v128.load(r1 + j)));
      const u = f64x2.add(f64x2.mul(v2, v128.load(r2 + j)), f64x2.mul(v3, v128.load(r3 + j)));
      v128.store(scratch + j, f64x2.add(v128.load(scratch + j), f64x2.add(t, u)));
    }
    if (even < ldc) {
      const t = load<f64>(vi) * load<f64>(r0 + even) + load<f64>(vi, 8) * load<f64>(r1 + even);
      const u = load<f64>(vi, 16) * load<f64>(r2 + even) + load<f64>(vi, 24) * load<f64>(r3 + even);
      store<f64>(scratch + even, load<f64>(scratch + even) + (t + u));
    }
  }
  for (; i < d; i++) {
    const vi = load<f64>(v + ((<usize>i) << 3));
    const row = c + <usize>i * ldc;
    for (let j: usize = 0; j < ldc; j += 8) store<f64>(scratch + j, load<f64>(scratch + j) + vi * load<f64>(row + j));
  }
  for (i = 0; i < d; i++) {
    const vi = factor * load<f64>(v + ((<usize>i) << 3));
    const splat = f64x2.splat(vi);
    const row = c + <usize>i * ldc;
    for (let j: usize = 0; j < even; j += 16) v128.store(row + j, f64x2.sub(v128.load(row + j), f64x2.mul(splat, v128.load(scratch + j))));
    if (even < ldc) store<f64>(row + even, load<f64>(row + even) - vi * load<f64>(scratch + even));
  }
}
