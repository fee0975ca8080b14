// Register tiles. Pointers and row strides (ld*) are in bytes; matrices are row-major fp64 unless stated.
// Four rows by four columns are eight accumulators: with two more vectors for the operands they stay in the 15 registers of a V8 build.

// @ts-ignore: decorator
@inline
function minus(c: v128, a: v128, b: v128): v128 {
  return f64x2.sub(c, f64x2.mul(a, b));
}

/** C[4, 4] -= Aᵀ B; a: [depth, 4], b: [depth, 4]. */
export function tileTransposed(c: usize, ldc: usize, a: usize, lda: usize, b: usize, ldb: usize, depth: i32): void {
  const r1 = c + ldc,
    r2 = r1 + ldc,
    r3 = r2 + ldc;
  let c00 = v128.load(c),
    c01 = v128.load(c, 16),
    c10 = v128.load(r1),
    c11 = v128.load(r1, 16),
    c20 = v128.load(r2),
    c21 = v128.load(r2, 16),
    c30 = v128.load(r3),
    c31 = v128.load(r3, 16);
  for (let k = 0; k < depth; k++) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16);
    let s = v128.load_splat<f64>(a);
    c00 = minus(c00, s, b0);
    c01 = minus(c01, s, b1);
    s = v128.load_splat<f64>(a, 8);
    c10 = minus(c10, s, b0);
    c11 = minus(c11, s, b1);
    s = v128.load_splat<f64>(a, 16);
    c20 = minus(c20, s, b0);
    c21 = minus(c21, s, b1);
    s = v128.load_splat<f64>(a, 24);
    c30 = minus(c30, s, b0);
    c31 = minus(c31, s, b1);
    a += lda;
    b += ldb;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(r1, c10);
  v128.store(r1, c11, 16);
  v128.store(r2, c20);
  v128.store(r2, c21, 16);
  v128.store(r3, c30);
  v128.store(r3, c31, 16);
}

/** C[4, 4] -= A B; a: [4, depth], b: [depth, 4]. */
export function tile(c: usize, ldc: usize, a: usize, lda: usize, b: usize, ldb: usize, depth: i32): void {
  const r1 = c + ldc,
    r2 = r1 + ldc,
    r3 = r2 + ldc;
  let c00 = v128.load(c),
    c01 = v128.load(c, 16),
    c10 = v128.load(r1),
    c11 = v128.load(r1, 16),
    c20 = v128.load(r2),
    c21 = v128.load(r2, 16),
    c30 = v128.load(r3),
    c31 = v128.load(r3, 16);
  const a1 = a + lda,
    a2 = a1 + lda,
    a3 = a2 + lda;
  const end = (<usize>depth) << 3;
  for (let k: usize = 0; k < end; k += 8) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16);
    let s = v128.load_splat<f64>(a + k);
    c00 = minus(c00, s, b0);
    c01 = minus(c01, s, b1);
    s = v128.load_splat<f64>(a1 + k);
    c10 = minus(c10, s, b0);
    c11 = minus(c11, s, b1);
    s = v128.load_splat<f64>(a2 + k);
    c20 = minus(c20, s, b0);
    c21 = minus(c21, s, b1);
    s = v128.load_splat<f64>(a3 + k);
    c30 = minus(c30, s, b0);
    c31 = minus(c31, s, b1);
    b += ldb;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(r1, c10);
  v128.store(r1, c11, 16);
  v128.store(r2, c20);
  v128.store(r2, c21, 16);
  v128.store(r3, c30);
  v128.store(r3, c31, 16);
}

/** C[4, 8] -= Aᵀ B in fp32; a: [depth, 4], b: [depth, 8], both packed without gaps. */
export function tileTransposed32(c: usize, ldc: usize, a: usize, b: usize, depth: i32): void {
  const r1 = c + ldc,
    r2 = r1 + ldc,
    r3 = r2 + ldc;
  let c00 = v128.load(c),
    c01 = v128.load(c, 16),
    c10 = v128.load(r1),
    c11 = v128.load(r1, 16),
    c20 = v128.load(r2),
    c21 = v128.load(r2, 16),
    c30 = v128.load(r3),
    c31 = v128.load(r3, 16);
  for (let k = 0; k < depth; k++) {
    const b0 = v128.load(b),
      b1 = v128.load(b, 16);
    let s = v128.load_splat<f32>(a);
    c00 = f32x4.sub(c00, f32x4.mul(s, b0));
    c01 = f32x4.sub(c01, f32x4.mul(s, b1));
    s = v128.load_splat<f32>(a, 4);
    c10 = f32x4.sub(c10, f32x4.mul(s, b0));
    c11 = f32x4.sub(c11, f32x4.mul(s, b1));
    s = v128.load_splat<f32>(a, 8);
    c20 = f32x4.sub(c20, f32x4.mul(s, b0));
    c21 = f32x4.sub(c21, f32x4.mul(s, b1));
    s = v128.load_splat<f32>(a, 12);
    c30 = f32x4.sub(c30, f32x4.mul(s, b0));
    c31 = f32x4.sub(c31, f32x4.mul(s, b1));
    a += 16;
    b += 32;
  }
  v128.store(c, c00);
  v128.store(c, c01, 16);
  v128.store(r1, c10);
  v128.store(r1, c11, 16);
  v128.store(r2, c20);
  v128.store(r2, c21, 16);
  v128.store(r3, c30);
  v128.store(r3, c31, 16);
}

/** out[0..3] <- 1 / the diagonal of the 4 x 4 triangle U: divisions are dear, and a row of tiles shares them. */
export function reciprocalsOf(u: usize, ldu: usize, out: usize): void {
  for (let i: usize = 0; i < 4; i++) store<f64>(out + (i << 3), 1.0 / load<f64>(u + i * (ldu + 8)));
}

/** C[4, 4] <- U⁻ᵀ C with the 4 x 4 upper triangle U and the reciprocals of its diagonal. */
export function solveTileTransposed(c: usize, ldc: usize, u: usize, ldu: usize, reciprocals: usize): void {
  const r1 = c + ldc,
    r2 = r1 + ldc,
    r3 = r2 + ldc;
  const u1 = u + ldu,
    u2 = u1 + ldu;
  const i0 = v128.load_splat<f64>(reciprocals),
    i1 = v128.load_splat<f64>(reciprocals, 8),
    i2 = v128.load_splat<f64>(reciprocals, 16),
    i3 = v128.load_splat<f64>(reciprocals, 24);
  for (let j: usize = 0; j < 32; j += 16) {
    const x0 = f64x2.mul(v128.load(c + j), i0);
    const x1 = f64x2.mul(minus(v128.load(r1 + j), v128.load_splat<f64>(u, 8), x0), i1);
    const x2 = f64x2.mul(minus(minus(v128.load(r2 + j), v128.load_splat<f64>(u, 16), x0), v128.load_splat<f64>(u1, 16), x1), i2);
    let t = minus(v128.load(r3 + j), v128.load_splat<f64>(u, 24), x0);
    t = minus(minus(t, v128.load_splat<f64>(u1, 24), x1), v128.load_splat<f64>(u2, 24), x2);
    v128.store(c + j, x0);
    v128.store(r1 + j, x1);
    v128.store(r2 + j, x2);
    v128.store(r3 + j, f64x2.mul(t, i3));
  }
}

/** C[4, 4] <- U⁻¹ C with the 4 x 4 upper triangle U and the reciprocals of its diagonal. */
export function solveTile(c: usize, ldc: usize, u: usize, ldu: usize, reciprocals: usize): void {
  const r1 = c + ldc,
    r2 = r1 + ldc,
    r3 = r2 + ldc;
  const u1 = u + ldu,
    u2 = u1 + ldu;
  const i0 = v128.load_splat<f64>(reciprocals),
    i1 = v128.load_splat<f64>(reciprocals, 8),
    i2 = v128.load_splat<f64>(reciprocals, 16),
    i3 = v128.load_splat<f64>(reciprocals, 24);
  for (let j: usize = 0; j < 32; j += 16) {
    const x3 = f64x2.mul(v128.load(r3 + j), i3);
    const x2 = f64x2.mul(minus(v128.load(r2 + j), v128.load_splat<f64>(u2, 24), x3), i2);
    const x1 = f64x2.mul(minus(minus(v128.load(r1 + j), v128.load_splat<f64>(u1, 24), x3), v128.load_splat<f64>(u1, 16), x2), i1);
    let t = minus(v128.load(c + j), v128.load_splat<f64>(u, 24), x3);
    t = minus(minus(t, v128.load_splat<f64>(u, 16), x2), v128.load_splat<f64>(u, 8), x1);
    v128.store(c + j, f64x2.mul(t, i0));
    v128.store(r1 + j, x1);
    v128.store(r2 + j, x2);
    v128.store(r3 + j, x3);
  }
}
