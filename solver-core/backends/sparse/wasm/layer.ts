// Layers with stored weights: y = x W + b, with and without the rows of W that meet a zero, and what makes the lists of nonzeros.
// Every column of y is one sum that begins with the bias and takes the inputs in their order, whichever kernel runs: adding 0 · w to it
// changes no bit while w is finite (but the sign of a zero), so that skipping gives the bits of not skipping.

/** Weights of more bytes than this come from far caches: other orders of reading are quicker there. */
const farBytes: usize = 1 << 21;
/** Weights of more bytes than this come from memory. */
const memoryBytes: usize = 1 << 23;

/** y <- x W + b for one row. w: [k, ld/4]; ld in bytes, x: [k]. Writes up to 12 bytes behind the row. */
export function denseRow(y: usize, x: usize, k: i32, w: usize, ld: usize, width: usize, bias: usize): void {
  start(y, width, bias);
  let i = 0;
  if (<usize>k * ld <= farBytes) {
    for (; i + 3 < k; i += 4) {
      const v0 = v128.load_splat<f32>(x),
        v1 = v128.load_splat<f32>(x, 4),
        v2 = v128.load_splat<f32>(x, 8),
        v3 = v128.load_splat<f32>(x, 12);
      addFour(y, width, v0, w, v1, w + ld, v2, w + 2 * ld, v3, w + 3 * ld);
      x += 16;
      w += ld << 2;
    }
  }
  for (; i < k; i++) {
    addOne(y, width, v128.load_splat<f32>(x), w);
    x += 4;
    w += ld;
  }
}

/** The same over the listed inputs only: entries are (index: u32, value: f32). */
function listedRow(y: usize, entries: usize, count: i32, w: usize, ld: usize, width: usize, bias: usize, far: bool): void {
  start(y, width, bias);
  let i = 0;
  if (far) {
    for (; i + 7 < count; i += 8) {
      addEight(y, width, w, ld, entries);
      entries += 64;
    }
  }
  for (; i + 3 < count; i += 4) {
    const v0 = v128.load_splat<f32>(entries, 4),
      v1 = v128.load_splat<f32>(entries, 12),
      v2 = v128.load_splat<f32>(entries, 20),
      v3 = v128.load_splat<f32>(entries, 28);
    const r0 = w + <usize>load<u32>(entries) * ld,
      r1 = w + <usize>load<u32>(entries, 8) * ld,
      r2 = w + <usize>load<u32>(entries, 16) * ld,
      r3 = w + <usize>load<u32>(entries, 24) * ld;
    addFour(y, width, v0, r0, v1, r1, v2, r2, v3, r3);
    entries += 32;
  }
  for (; i < count; i++) {
    addOne(y, width, v128.load_splat<f32>(entries, 4), w + <usize>load<u32>(entries) * ld);
    entries += 8;
  }
}

function start(y: usize, width: usize, bias: usize): void {
  if (bias == 0) {
    const zero = f32x4.splat(0);
    for (let j: usize = 0; j < width; j += 16) v128.store(y + j, zero);
  } else {
    for (let j: usize = 0; j < width; j += 16) v128.store(y + j, v128.load(bias + j));
  }
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function plus(sum: v128, v: v128, at: usize): v128 {
  return f32x4.add(sum, f32x4.mul(v, v128.load(at)));
}

function addOne(y: usize, width: usize, v: v128, r: usize): void {
  const wide = width & ~63;
  let j: usize = 0;
  for (; j < wide; j += 64) {
    const t = y + j,
      s = r + j;
    v128.store(t, plus(v128.load(t), v, s));
    v128.store(t, plus(v128.load(t, 16), v, s + 16), 16);
    v128.store(t, plus(v128.load(t, 32), v, s + 32), 32);
    v128.store(t, plus(v128.load(t, 48), v, s + 48), 48);
  }
  for (; j < width; j += 16) v128.store(y + j, plus(v128.load(y + j), v, r + j));
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function addFour(y: usize, width: usize, v0: v128, r0: usize, v1: v128, r1: usize, v2: v128, r2: usize, v3: v128, r3: usize): void {
  const even = width & ~31;
  let j: usize = 0;
  for (; j < even; j += 32) {
    let a = v128.load(y + j),
      b = v128.load(y + j, 16);
    a = f32x4.add(a, f32x4.mul(v0, v128.load(r0 + j)));
    b = f32x4.add(b, f32x4.mul(v0, v128.load(r0 + j, 16)));
    a = f32x4.add(a, f32x4.mul(v1, v128.load(r1 + j)));
    b = f32x4.add(b, f32x4.mul(v1, v128.load(r1 + j, 16)));
    a = f32x4.add(a, f32x4.mul(v2, v128.load(r2 + j)));
    b = f32x4.add(b, f32x4.mul(v2, v128.load(r2 + j, 16)));
    a = f32x4.add(a, f32x4.mul(v3, v128.load(r3 + j)));
    b = f32x4.add(b, f32x4.mul(v3, v128.load(r3 + j, 16)));
    v128.store(y + j, a);
    v128.store(y + j, b, 16);
  }
  for (; j < width; j += 16) {
    let a = plus(v128.load(y + j), v0, r0 + j);
    a = plus(a, v1, r1 + j);
    a = plus(a, v2, r2 + j);
    v128.store(y + j, plus(a, v3, r3 + j));
  }
}

/** Eight rows at a time: enough of them in flight to hide the way to far memory. */
function addEight(y: usize, width: usize, w: usize, ld: usize, entries: usize): void {
  const v0 = v128.load_splat<f32>(entries, 4),
    v1 = v128.load_splat<f32>(entries, 12),
    v2 = v128.load_splat<f32>(entries, 20),
    v3 = v128.load_splat<f32>(entries, 28),
    v4 = v128.load_splat<f32>(entries, 36),
    v5 = v128.load_splat<f32>(entries, 44),
    v6 = v128.load_splat<f32>(entries, 52),
    v7 = v128.load_splat<f32>(entries, 60);
  const r0 = w + <usize>load<u32>(entries) * ld,
    r1 = w + <usize>load<u32>(entries, 8) * ld,
    r2 = w + <usize>load<u32>(entries, 16) * ld,
    r3 = w + <usize>load<u32>(entries, 24) * ld,
    r4 = w + <usize>load<u32>(entries, 32) * ld,
    r5 = w + <usize>load<u32>(entries, 40) * ld,
    r6 = w + <usize>load<u32>(entries, 48) * ld,
    r7 = w + <usize>load<u32>(entries, 56) * ld;
  for (let j: usize = 0; j < width; j += 16) {
    let a = v128.load(y + j);
    a = f32x4.add(a, f32x4.mul(v0, v128.load(r0 + j)));
    a = f32x4.add(a, f32x4.mul(v1, v128.load(r1 + j)));
    a = f32x4.add(a, f32x4.mul(v2, v128.load(r2 + j)));
    a = f32x4.add(a, f32x4.mul(v3, v128.load(r3 + j)));
    a = f32x4.add(a, f32x4.mul(v4, v128.load(r4 + j)));
    a = f32x4.add(a, f32x4.mul(v5, v128.load(r5 + j)));
    a = f32x4.add(a, f32x4.mul(v6, v128.load(r6 + j)));
    a = f32x4.add(a, f32x4.mul(v7, v128.load(r7 + j)));
    v128.store(y + j, a);
  }
}

/**
 * Weights in memory are read in one stream at well over the speed of picked rows: below this many zeros in eight inputs, reading all is
 * quicker (measured with 16 MiB of weights: as quick at 3 of 8).
 */
const fewZerosInEight: i32 = 3;

/** A row with its zeros, from its list. */
function spreadOut(row: usize, k: i32, entries: usize, count: i32): void {
  memory.fill(row, 0, (<usize>k) << 2);
  for (let i = 0; i < count; i++) {
    store<f32>(row + ((<usize>load<u32>(entries)) << 2), load<f32>(entries, 4));
    entries += 8;
  }
}

/**
 * Step: y, counts, entries, x (0: only listed), rows, k, w, ld, width, outputs, bias, counter, scratch [k]. Both widths in bytes.
 * What is multiplied by zero all the same counts as made.
 */
export function layerSkipping(step: usize): void {
  let y = <usize>load<u32>(step, 4),
    counts = <usize>load<u32>(step, 8),
    entries = <usize>load<u32>(step, 12),
    x = <usize>load<u32>(step, 16);
  const rows = load<i32>(step, 20),
    k = load<i32>(step, 24),
    w = <usize>load<u32>(step, 28),
    ld = <usize>load<u32>(step, 32),
    width = <usize>load<u32>(step, 36),
    outputs = load<i32>(step, 40),
    bias = <usize>load<u32>(step, 44),
    counter = <usize>load<u32>(step, 48),
    scratch = <usize>load<u32>(step, 52);
  const far = <usize>k * ld > farBytes,
    fromMemory = <usize>k * ld > memoryBytes;
  let made = 0.0;
  for (let r = 0; r < rows; r++) {
    const count = load<i32>(counts);
    if (count == k && x != 0) {
      // Nothing to skip: the list is only a detour.
      denseRow(y, x, k, w, ld, width, bias);
      made += <f64>count;
    } else if (fromMemory && (k - count) * 8 < k * fewZerosInEight) {
      spreadOut(scratch, k, entries, count);
      denseRow(y, scratch, k, w, ld, width, bias);
      made += <f64>k;
    } else {
      listedRow(y, entries, count, w, ld, width, bias, far);
      made += <f64>count;
    }
    y += (<usize>outputs) << 2;
    counts += 4;
    entries += (<usize>k) << 3;
    if (x != 0) x += (<usize>k) << 2;
  }
  store<f64>(counter, load<f64>(counter) + <f64>rows);
  store<f64>(counter, load<f64>(counter, 8) + made, 8);
}

/** Step: y, -, -, x, rows, k, w, ld, width, outputs, bias, counter. */
export function layerDense(step: usize): void {
  let y = <usize>load<u32>(step, 4),
    x = <usize>load<u32>(step, 16);
  const rows = load<i32>(step, 20),
    k = load<i32>(step, 24),
    w = <usize>load<u32>(step, 28),
    ld = <usize>load<u32>(step, 32),
    width = <usize>load<u32>(step, 36),
    outputs = load<i32>(step, 40),
    bias = <usize>load<u32>(step, 44),
    counter = <usize>load<u32>(step, 48);
  for (let r = 0; r < rows; r++) {
    denseRow(y, x, k, w, ld, width, bias);
    y += (<usize>outputs) << 2;
    x += (<usize>k) << 2;
  }
  store<f64>(counter, load<f64>(counter) + <f64>rows);
  store<f64>(counter, load<f64>(counter, 8) + <f64>rows * <f64>k, 8);
}

/**
 * Step: counts, entries, x, rows, k, centre (0: none), limits (0: list what is not zero), limit stride (0 or 4), whether NaN is kept.
 * Lists the inputs that count: x ≠ 0, or x - c as `threshold` gives it. A NaN is not zero.
 */
export function list(step: usize): void {
  let counts = <usize>load<u32>(step, 4),
    entries = <usize>load<u32>(step, 8),
    x = <usize>load<u32>(step, 12);
  const rows = load<i32>(step, 16),
    k = load<i32>(step, 20),
    centre = <usize>load<u32>(step, 24),
    limits = <usize>load<u32>(step, 28),
    stride = <usize>load<u32>(step, 32),
    keepsNaN = load<i32>(step, 36) != 0;
  for (let r = 0; r < rows; r++) {
    store<i32>(
      counts,
      limits == 0
        ? listNonZeros(entries, x, k)
        : listAbove(entries, x, k, centre, limits, stride, keepsNaN),
    );
    counts += 4;
    entries += (<usize>k) << 3;
    x += (<usize>k) << 2;
  }
}

/**
 * Four entries at a time: every place is written, and the next one written over unless it counts, so that there is no branch to predict.
 * `mask`: which of them count. Returns the next place.
 */
// @ts-ignore: a decorator of AssemblyScript
@inline
function put(at: usize, indices: v128, v: v128, mask: i32): usize {
  const low = v128.shuffle<i32>(indices, v, 0, 4, 1, 5),
    high = v128.shuffle<i32>(indices, v, 2, 6, 3, 7);
  v128.store_lane<i64>(at, low, 0);
  at += <usize>((mask & 1) << 3);
  v128.store_lane<i64>(at, low, 1);
  at += <usize>((mask & 2) << 2);
  v128.store_lane<i64>(at, high, 0);
  at += <usize>((mask & 4) << 1);
  v128.store_lane<i64>(at, high, 1);
  return at + <usize>(mask & 8);
}

// @ts-ignore: a decorator of AssemblyScript
@inline
function firstIndices(): v128 {
  return i32x4(0, 1, 2, 3);
}

/** Which of the four lanes from place i on are within the row. */
// @ts-ignore: a decorator of AssemblyScript
@inline
function within(i: i32, k: i32): i32 {
  return i + 4 <= k ? 15 : (1 << (k - i)) - 1;
}

function listNonZeros(entries: usize, x: usize, k: i32): i32 {
  let at = entries,
    indices = firstIndices();
  for (let i = 0; i < k; i += 4) {
    const v = v128.load(x + ((<usize>i) << 2));
    at = put(at, indices, v, i32x4.bitmask(f32x4.ne(v, f32x4.splat(0))) & within(i, k));
    indices = i32x4.add(indices, i32x4.splat(4));
  }
  return <i32>((at - entries) >> 3);
}

function listAbove(entries: usize, x: usize, k: i32, centre: usize, t: usize, stride: usize, keepsNaN: bool): i32 {
  let at = entries,
    indices = firstIndices();
  for (let i = 0; i < k; i += 4) {
    const byte = (<usize>i) << 2;
    let v = v128.load(x + byte);
    if (centre != 0) v = f32x4.sub(v, v128.load(centre + byte));
    const limit = stride == 0 ? v128.load_splat<f32>(t) : v128.load(t + byte);
    const size = f32x4.abs(v);
    const counts = keepsNaN ? v128.not(f32x4.lt(size, limit)) : f32x4.gt(size, limit);
    at = put(at, indices, v, i32x4.bitmask(v128.and(counts, f32x4.ne(v, f32x4.splat(0)))) & within(i, k));
    indices = i32x4.add(indices, i32x4.splat(4));
  }
  return <i32>((at - entries) >> 3);
}

/**
 * Step: y, x, rows, k, centre (0: none), limits, limit stride, whether NaN is kept.
 * With v = x - c: y <- |v| > limit ? v : 0, or where NaN is kept |v| < limit ? 0 : v.
 */
export function threshold(step: usize): void {
  let y = <usize>load<u32>(step, 4),
    x = <usize>load<u32>(step, 8);
  const rows = load<i32>(step, 12),
    k = load<i32>(step, 16),
    centre = <usize>load<u32>(step, 20),
    limits = <usize>load<u32>(step, 24),
    stride = <usize>load<u32>(step, 28),
    keepsNaN = load<i32>(step, 32) != 0;
  const bytes = (<usize>k) << 2;
  for (let r = 0; r < rows; r++) {
    for (let j: usize = 0; j < bytes; j += 16) {
      let v = v128.load(x + j);
      if (centre != 0) v = f32x4.sub(v, v128.load(centre + j));
      const t = stride == 0 ? v128.load_splat<f32>(limits) : v128.load(limits + j);
      const size = f32x4.abs(v);
      v128.store(y + j, keepsNaN ? v128.andnot(v, f32x4.lt(size, t)) : v128.and(v, f32x4.gt(size, t)));
    }
    x += bytes;
    y += bytes;
  }
}

/** Step: y, a, b, table (0: one product), products, m, k, n. Products of activations; the table holds byte offsets of a and b. */
export function product(step: usize): void {
  let y = <usize>load<u32>(step, 4);
  const a = <usize>load<u32>(step, 8),
    b = <usize>load<u32>(step, 12),
    table = <usize>load<u32>(step, 16),
    products = load<i32>(step, 20),
    m = load<i32>(step, 24),
    k = load<i32>(step, 28),
    ld = (<usize>load<u32>(step, 32)) << 2;
  for (let p = 0; p < products; p++) {
    const entry = table + ((<usize>p) << 3);
    let row = a + (table == 0 ? 0 : <usize>load<u32>(entry));
    const right = b + (table == 0 ? 0 : <usize>load<u32>(entry, 4));
    for (let i = 0; i < m; i++) {
      denseRow(y, row, k, right, ld, ld, 0);
      y += ld;
      row += (<usize>k) << 2;
    }
  }
}
