import { createRandom, normals } from '../../fit/prng.ts';

const epsilon = 2 ** -52;

/** A symmetric tridiagonal matrix. */
interface Band {
  /** [d] */
  readonly diagonal: Float64Array;
  /** [d - 1] */
  readonly offDiagonal: Float64Array;
}

/** max |T|: an upper bound of every |eigenvalue| by Gershgorin's circles. */
function boundOf({ diagonal, offDiagonal }: Band): number {
  let bound = 0;
  for (let i = 0; i < diagonal.length; i++) {
    bound = Math.max(bound, Math.abs(diagonal[i]!) + Math.abs(offDiagonal[i - 1] ?? 0) + Math.abs(offDiagonal[i] ?? 0));
  }
  return bound;
}

/** The `count` largest eigenvalues of T, largest first, by bisection on Sturm counts: each to about 2⁻⁵² of the largest. O(50·d·count). */
export function largestEigenvalues(band: Band, count: number): Float64Array {
  const { diagonal, offDiagonal } = band;
  const d = diagonal.length;
  const bound = boundOf(band) * (1 + 4 * epsilon) + Number.MIN_VALUE;
  const squares = offDiagonal.map((v) => v * v);
  const least = epsilon * epsilon * bound + Number.MIN_VALUE;
  // Number of eigenvalues above x: positive pivots of T - xI.
  const above = (x: number): number => {
    let pivot = diagonal[0]! - x;
    let n = pivot > 0 ? 1 : 0;
    for (let i = 1; i < d; i++) {
      if (Math.abs(pivot) < least) pivot = pivot < 0 ? -least : least;
      pivot = diagonal[i]! - x - squares[i - 1]! / pivot;
      if (pivot > 0) n++;
    }
    return n;
  };
  const values = new Float64Array(count);
  let high = bound;
  for (let e = 0; e < count; e++) {
    let low = -bound;
    while (high - low > epsilon * (Math.abs(high) + Math.abs(low)) + epsilon * epsilon * bound) {
      const middle = low + (high - low) / 2;
      if (middle <= low || middle >= high) break;
      if (above(middle) > e) low = middle;
      else high = middle;
    }
    values[e] = high;
    // The next one is not larger, so `high` stays; rounding of the count near equal values is covered by the same tolerance.
  }
  return values;
}

/**
 * Eigenvectors of T for given eigenvalues, largest first: [d, count], columns of length 1, by inverse iteration; vectors of close
 * eigenvalues are kept orthogonal to each other (LAPACK dstein). Start vectors are seeded: same T, same bits.
 */
export function eigenvectors(band: Band, values: Float64Array): Float64Array {
  const d = band.diagonal.length;
  const count = values.length;
  const bound = boundOf(band) + Number.MIN_VALUE;
  const random = createRandom(1, 'inverse iteration');
  const found: Float64Array[] = [];
  let cluster = 0;
  for (let e = 0; e < count; e++) {
    if (e > 0 && values[e - 1]! - values[e]! > 1e-3 * bound) cluster = e;
    const solve = shiftedSolver(band, values[e]!, epsilon * bound);
    // A start of its own for every vector: equal eigenvalues then give different vectors of their space.
    let vector: Float64Array = normals(random, d);
    for (let step = 0; step < 3; step++) {
      normalise(vector);
      vector = solve(vector);
      normalise(vector);
      for (let pass = 0; pass < 2; pass++) for (let f = cluster; f < e; f++) removeFrom(vector, found[f]!);
      normalise(vector);
    }
    found.push(vector);
  }
  const vectors = new Float64Array(d * count);
  found.forEach((vector, e) => vector.forEach((v, i) => (vectors[i * count + e] = v)));
  return vectors;
}

function normalise(v: Float64Array): void {
  let largest = 0;
  for (const x of v) largest = Math.max(largest, Math.abs(x));
  if (!(largest > 0)) return;
  let square = 0;
  for (const x of v) square += (x / largest) ** 2;
  const scale = 1 / (largest * Math.sqrt(square));
  for (let i = 0; i < v.length; i++) v[i] = v[i]! * scale;
}

function removeFrom(v: Float64Array, direction: Float64Array): void {
  let dot = 0;
  for (let i = 0; i < v.length; i++) dot += v[i]! * direction[i]!;
  for (let i = 0; i < v.length; i++) v[i] = v[i]! - dot * direction[i]!;
}

/** Solves (T − shift·I) x = b by elimination with row exchanges; pivots below `least` become `least` (inverse iteration wants that). */
function shiftedSolver({ diagonal, offDiagonal }: Band, shift: number, least: number): (b: Float64Array) => Float64Array {
  const d = diagonal.length;
  // Rows of U: u0 on the diagonal, u1 and u2 right of it; per step whether rows were exchanged, and the multiplier.
  const u0 = new Float64Array(d);
  const u1 = new Float64Array(d);
  const u2 = new Float64Array(d);
  const multiplier = new Float64Array(d);
  const exchanged = new Uint8Array(d);
  let pivot = diagonal[0]! - shift;
  let right = offDiagonal[0] ?? 0;
  for (let i = 0; i < d - 1; i++) {
    const below = offDiagonal[i]!;
    const next = diagonal[i + 1]! - shift;
    const nextRight = offDiagonal[i + 1] ?? 0;
    if (Math.abs(below) > Math.abs(pivot)) {
      exchanged[i] = 1;
      multiplier[i] = pivot / below;
      u0[i] = below;
      u1[i] = next;
      u2[i] = nextRight;
      pivot = right - multiplier[i]! * next;
      right = -multiplier[i]! * nextRight;
    } else {
      const safe = Math.abs(pivot) < least ? (pivot < 0 ? -least : least) : pivot;
      multiplier[i] = below / safe;
      u0[i] = safe;
      u1[i] = right;
      pivot = next - multiplier[i]! * right;
      right = nextRight;
    }
  }
  u0[d - 1] = Math.abs(pivot) < least ? (pivot < 0 ? -least : least) : pivot;
  return (b) => {
    const x = Float64Array.from(b);
    for (let i = 0; i < d - 1; i++) {
      if (exchanged[i] === 1) [x[i], x[i + 1]] = [x[i + 1]!, x[i]!];
      x[i + 1] = x[i + 1]! - multiplier[i]! * x[i]!;
    }
    for (let i = d - 1; i >= 0; i--) {
      const known = (i + 1 < d ? u1[i]! * x[i + 1]! : 0) + (i + 2 < d ? u2[i]! * x[i + 2]! : 0);
      x[i] = (x[i]! - known) / u0[i]!;
    }
    return x;
  };
}
