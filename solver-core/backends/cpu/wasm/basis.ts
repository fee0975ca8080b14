// A basis kept as rows: coefficients of a vector in it, and what is left of the vector.

/** h <- Q w; q: [m, d] without gaps, w: [d], h: [m]. */
export function timesRows(q: usize, m: i32, d: i32, w: usize, h: usize): void {
  const ld = (<usize>d) << 3;
  const even = ld & ~15;
  let i = 0;
  for (; i + 3 < m; i += 4) {
    const r0 = q + <usize>i * ld,
      r1 = r0 + ld,
      r2 = r1 + ld,
      r3 = r2 + ld;
    let s0 = f64x2.splat(0),
      s1 = f64x2.splat(0),
      s2 = f64x2.splat(0),
      s3 = f64x2.splat(0);
    for (let j: usize = 0; j < even; j += 16) {
      const v = v128.load(w + j);
      s0 = f64x2.add(s0, f64x2.mul(v, v128.load(r0 + j)));
      s1 = f64x2.add(s1, f64x2.mul(v, v128.load(r1 + j)));
      s2 = f64x2.add(s2, f64x2.mul(v, v128.load(r2 + j)));
      s3 = f64x2.add(s3, f64x2.mul(v, v128.load(r3 + j)));
    }
    const last = even < ld ? load<f64>(w + even) : 0.0;
    const to = h + ((<usize>i) << 3);
    store<f64>(to, f64x2.extract_lane(s0, 0) + f64x2.extract_lane(s0, 1) + (even < ld ? last * load<f64>(r0 + even) : 0.0));
    store<f64>(to, f64x2.extract_lane(s1, 0) + f64x2.extract_lane(s1, 1) + (even < ld ? last * load<f64>(r1 + even) : 0.0), 8);
    store<f64>(to, f64x2.extract_lane(s2, 0) + f64x2.extract_lane(s2, 1) + (even < ld ? last * load<f64>(r2 + even) : 0.0), 16);
    store<f64>(to, f64x2.extract_lane(s3, 0) + f64x2.extract_lane(s3, 1) + (even < ld ? last * load<f64>(r3 + even) : 0.0), 24);
  }
  for (; i < m; i++) {
    const row = q + <usize>i * ld;
    let s = 0.0;
    for (let j: usize = 0; j < ld; j += 8) s += load<f64>(w + j) * load<f64>(row + j);
    store<f64>(h + ((<usize>i) << 3), s);
  }
}

/** w -= Qᵀ h. */
export function subtractRows(q: usize, m: i32, d: i32, h: usize, w: usize): void {
  const ld = (<usize>d) << 3;
  const even = ld & ~15;
  let i = 0;
  for (; i + 3 < m; i += 4) {
    const r0 = q + <usize>i * ld,
      r1 = r0 + ld,
      r2 = r1 + ld,
      r3 = r2 + ld;
    const from = h + ((<usize>i) << 3);
    const h0 = v128.load_splat<f64>(from),
      h1 = v128.load_splat<f64>(from, 8),
      h2 = v128.load_splat<f64>(from, 16),
      h3 = v128.load_splat<f64>(from, 24);
    for (let j: usize = 0; j < even; j += 16) {
      const t = f64x2.add(f64x2.mul(h0, v128.load(r0 + j)), f64x2.mul(h1, v128.load(r1 + j)));
      const u = f64x2.add(f64x2.mul(h2, v128.load(r2 + j)), f64x2.mul(h3, v128.load(r3 + j)));
      v128.store(w + j, f64x2.sub(v128.load(w + j), f64x2.add(t, u)));
    }
    if (even < ld) {
      const t = load<f64>(from) * load<f64>(r0 + even) + load<f64>(from, 8) * load<f64>(r1 + even);
      const u = load<f64>(from, 16) * load<f64>(r2 + even) + load<f64>(from, 24) * load<f64>(r3 + even);
      store<f64>(w + even, load<f64>(w + even) - (t + u));
    }
  }
  for (; i < m; i++) {
    const row = q + <usize>i * ld;
    const v = load<f64>(h + ((<usize>i) << 3));
    for (let j: usize = 0; j < ld; j += 8) store<f64>(w + j, load<f64>(w + j) - v * load<f64>(row + j));
  }
}
