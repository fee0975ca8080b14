// Steps that move elements without changing them.

/** Places of the odometer: at most 16 dimensions. */
const places: usize = memory.data(64, 16);

/**
 * Step: y, x, geometry (rank, then per dimension: size, step in x, step in y; steps in bytes, may be negative). Rank 1 to 16.
 */
export function copy(step: usize): void {
  let y = <usize>load<u32>(step, 4),
    x = <usize>load<u32>(step, 8);
  const geometry = <usize>load<u32>(step, 12);
  const rank = load<i32>(geometry);
  const inner = geometry + 4 + <usize>(rank - 1) * 12;
  const n = load<i32>(inner),
    sx = <usize>load<i32>(inner, 4),
    sy = <usize>load<i32>(inner, 8);
  memory.fill(places, 0, 64);
  while (true) {
    if (sx == 4 && sy == 4) memory.copy(y, x, (<usize>n) << 2);
    else {
      let from = x,
        to = y;
      for (let i = 0; i < n; i++) {
        store<f32>(to, load<f32>(from));
        from += sx;
        to += sy;
      }
    }
    let d = rank - 2;
    for (; d >= 0; d--) {
      const at = geometry + 4 + <usize>d * 12;
      const place = places + ((<usize>d) << 2);
      const size = load<i32>(at);
      const next = load<i32>(place) + 1;
      x += <usize>load<i32>(at, 4);
      y += <usize>load<i32>(at, 8);
      if (next < size) {
        store<i32>(place, next);
        break;
      }
      store<i32>(place, 0);
      x -= <usize>(load<i32>(at, 4) * size);
      y -= <usize>(load<i32>(at, 8) * size);
    }
    if (d < 0) return;
  }
}

/**
 * Step: y, table, indices, outer, size of the axis, number of indices, bytes behind the axis. Negative indices count from the end.
 * An index outside of the table takes its first entry and counts: returns how many did.
 */
export function pick(step: usize): i32 {
  let y = <usize>load<u32>(step, 4),
    table = <usize>load<u32>(step, 8);
  const indices = <usize>load<u32>(step, 12),
    outer = load<i32>(step, 16),
    size = load<i32>(step, 20),
    n = load<i32>(step, 24),
    bytes = <usize>load<u32>(step, 28);
  let faults = 0;
  for (let o = 0; o < outer; o++) {
    for (let i = 0; i < n; i++) {
      const raw = load<f32>(indices + ((<usize>i) << 2));
      let at = raw < 0 ? raw + <f32>size : raw;
      // Also false for NaN.
      if (!(at >= 0 && at < <f32>size)) {
        at = 0;
        faults++;
      }
      memory.copy(y, table + <usize>(<i32>at) * bytes, bytes);
      y += bytes;
    }
    table += <usize>size * bytes;
  }
  return faults;
}
