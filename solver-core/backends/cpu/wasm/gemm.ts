// Products of any shape through packed slivers: the fall-back where ONNX Runtime has no native library.
import { tileTransposed, tileTransposed32 } from './tiles';

/** Depth of a packed sliver and rows of a packed block of A: the block stays in the second-level cache. */
const depthBlock: i32 = 256;
const rowBlock: i32 = 64;

/** Bytes of scratch that gemm64 and gemm32 need. */
export function gemmScratchBytes(): i32 {
  return (rowBlock + 8) * depthBlock * 8 + 256;
}

/**
 * C -= scale · op(A) · op(B) in fp64; c: [m, n] without gaps. A and B are addressed by byte strides between rows and between columns,
 * which is how they are transposed. The products of 256 terms are added up first, in order, then subtracted from C.
 */
export function gemm64(
  c: usize,
  m: i32,
  n: i32,
  k: i32,
  a: usize,
  rowA: usize,
  columnA: usize,
  b: usize,
  rowB: usize,
  columnB: usize,
  scale: f64,
  scratch: usize,
): void {
  const ldc = (<usize>n) << 3;
  const corner = scratch;
  const sliver = scratch + 256;
  const block = sliver + <usize>depthBlock * 64;
  for (let l = 0; l < k; l += depthBlock) {
    const depth = min(depthBlock, k - l);
    for (let i0 = 0; i0 < m; i0 += rowBlock) {
      const rows = min(rowBlock, m - i0);
      for (let i = 0; i < rows; i += 4)
        pack64(block + <usize>i * <usize>depth * 8, a + <usize>(i0 + i) * rowA + <usize>l * columnA, columnA, rowA, depth, min(4, rows - i), scale);
      for (let j = 0; j < n; j += 4) {
        const columns = min(4, n - j);
        pack64(sliver, b + <usize>l * rowB + <usize>j * columnB, rowB, columnB, depth, columns, 1.0);
        for (let i = 0; i < rows; i += 4) {
          const packed = block + <usize>i * <usize>depth * 8;
          const target = c + <usize>(i0 + i) * ldc + ((<usize>j) << 3);
          const nRows = min(4, rows - i);
          if (nRows == 4 && columns == 4) tileTransposed(target, ldc, packed, 32, sliver, 32, depth);
          else {
            memory.fill(corner, 0, 128);
            tileTransposed(corner, 32, packed, 32, sliver, 32, depth);
            for (let r = 0; r < nRows; r++) {
              for (let s = 0; s < columns; s++) {
                const at = target + <usize>r * ldc + ((<usize>s) << 3);
                store<f64>(at, load<f64>(at) + load<f64>(corner + ((<usize>(r * 4 + s)) << 3)));
              }
            }
          }
        }
      }
    }
  }
}

/** target[depth][4] <- scale · source, `width` of the four filled, zeros in the rest. */
function pack64(target: usize, source: usize, alongDepth: usize, acrossDepth: usize, depth: i32, width: i32, scale: f64): void {
  for (let l = 0; l < depth; l++) {
    for (let s = 0; s < 4; s++) {
      store<f64>(target + ((<usize>s) << 3), s < width ? scale * load<f64>(source + <usize>s * acrossDepth) : 0.0);
    }
    target += 32;
    source += alongDepth;
  }
}

/** C -= scale · A · Bᵀ in fp32; c: [m, n], a: [m, k], b: [n, k], without gaps. */
export function gemm32(c: usize, m: i32, n: i32, k: i32, a: usize, b: usize, scale: f32, scratch: usize): void {
  const ldc = (<usize>n) << 2;
  const ld = (<usize>k) << 2;
  const corner = scratch;
  const sliver = scratch + 256;
  const block = sliver + <usize>depthBlock * 64;
  for (let l = 0; l < k; l += depthBlock) {
    const depth = min(depthBlock, k - l);
    for (let i0 = 0; i0 < m; i0 += rowBlock) {
      const rows = min(rowBlock, m - i0);
      for (let i = 0; i < rows; i += 4)
        pack32(block + <usize>i * <usize>depth * 4, a + <usize>(i0 + i) * ld + ((<usize>l) << 2), ld, depth, 4, min(4, rows - i), scale);
      for (let j = 0; j < n; j += 8) {
        const columns = min(8, n - j);
        pack32(sliver, b + <usize>j * ld + ((<usize>l) << 2), ld, depth, 8, columns, 1.0);
        for (let i = 0; i < rows; i += 4) {
          const packed = block + <usize>i * <usize>depth * 4;
          const target = c + <usize>(i0 + i) * ldc + ((<usize>j) << 2);
          const nRows = min(4, rows - i);
          if (nRows == 4 && columns == 8) tileTransposed32(target, ldc, packed, sliver, depth);
          else {
            memory.fill(corner, 0, 128);
            tileTransposed32(corner, 32, packed, sliver, depth);
            for (let r = 0; r < nRows; r++) {
              for (let s = 0; s < columns; s++) {
                const at = target + <usize>r * ldc + ((<usize>s) << 2);
                store<f32>(at, load<f32>(at) + load<f32>(corner + ((<usize>(r * 8 + s)) << 2)));
              }
            }
          }
        }
      }
    }
  }
}

/** target[depth][wide] <- scale · rows of source, `width` of them, zeros in the rest. */
function pack32(target: usize, source: usize, ld: usize, depth: i32, wide: i32, width: i32, scale: f32): void {
  for (let s = 0; s < wide; s++) {
    const from = source + <usize>s * ld;
    const step = (<usize>wide) << 2;
    let to = target + ((<usize>s) << 2);
    if (s < width) {
      for (let l = 0; l < depth; l++) {
        store<f32>(to, scale * load<f32>(from + ((<usize>l) << 2)));
        to += step;
      }
    } else {
      for (let l = 0; l < depth; l++) {
        store<f32>(to, 0.0);
        to += step;
      }
    }
  }
}
