import type { Band } from '../energy/quantity.ts';
import type { ConstantGroup } from './calibrated-target.ts';
import { studentQuantile } from './statistics.ts';

/** The parts of an estimate that a calibration may scale on their own. */
export type PartName = 'compute' | 'memory' | 'static';

/** One measurement beside what the target's own constants say, in joules. */
export interface FitRow {
  readonly measuredJ: number;
  /** Half of the measurement's interval over its value. */
  readonly relativeError: number;
  readonly parts: Readonly<Record<PartName, number>>;
}

/** Factors that were fitted, and how well they do. */
export interface FittedConstants {
  readonly constants: readonly { readonly name: ConstantGroup; readonly factor: Band }[];
  /** Estimates with the factors, by row, in joules. */
  readonly predictedJ: readonly number[];
  /** Mean relative error of rows that were left out of the fit that predicts them; null with fewer than three rows. */
  readonly leaveOneOut: number | null;
}

/** A way to group the parts: as many factors as groups. `rows`: fewest measurements that may be asked for them. */
interface Grouping {
  readonly groups: readonly { readonly name: ConstantGroup; readonly parts: readonly PartName[] }[];
  readonly rows: number;
}

/** Simplest first. Three rows more than factors, so that residuals and left-out rows still mean something. */
const groupings: readonly Grouping[] = [
  { groups: [{ name: 'all', parts: ['compute', 'memory', 'static'] }], rows: 1 },
  {
    groups: [
      { name: 'compute', parts: ['compute'] },
      { name: 'rest', parts: ['memory', 'static'] },
    ],
    rows: 5,
  },
  {
    groups: [
      { name: 'compute', parts: ['compute'] },
      { name: 'memory', parts: ['memory'] },
      { name: 'static', parts: ['static'] },
    ],
    rows: 6,
  },
];

/** More factors are taken only when they cut the error of what was left out to a third: by chance, noise alone often halves it. */
const neededGain = 1 / 3;
/** Columns whose angle is smaller than this (sine squared) cannot be told apart by the measurements. */
const leastAngle = 1e-4;

/**
 * Positive factors for a target's constants. Models differ in energy by orders of magnitude and the error of an estimate is a factor, so
 * errors count relative to the measurement: one factor is fitted on a logarithmic scale (its geometric mean has a closed form and cannot
 * turn negative), several by non-negative least squares on rows divided by their measurement, because a sum of parts is linear in its
 * factors and not in their logarithms. Null when no row has energy to scale.
 */
export function fitConstants(rows: readonly FitRow[]): FittedConstants | null {
  const sound = rows.every(({ measuredJ, parts }) => measuredJ > 0 && sumOf(parts) > 0);
  if (rows.length === 0 || !sound) return null;
  let best: { readonly grouping: Grouping; readonly leaveOneOut: number | null } | undefined;
  for (const grouping of groupings) {
    if (rows.length < grouping.rows || factorsOf(grouping, rows) === null) continue;
    const error = leftOut(grouping, rows);
    if (best === undefined || (error !== null && best.leaveOneOut !== null && error < neededGain * best.leaveOneOut))
      best = { grouping, leaveOneOut: error };
  }
  const factors = best === undefined ? null : factorsOf(best.grouping, rows);
  if (best === undefined || factors === null) return null;
  const predictedJ = rows.map((row) => predict(best.grouping, factors, row));
  const half = spreadOf(rows, predictedJ, factors.length);
  const ref = `fitted to ${rows.length} measurement${rows.length === 1 ? '' : 's'}`;
  const constants = best.grouping.groups.map(({ name }, at) => ({ name, factor: bandOf(factors[at] ?? 1, half, ref) }));
  return { constants, predictedJ, leaveOneOut: best.leaveOneOut };
}

function bandOf(value: number, half: number, ref: string): Band {
  return { value, low: value * Math.exp(-half), high: value * Math.exp(half), source: 'modelled', ref };
}

/**
 * Half width of the 95 % prediction interval on the logarithmic scale, from the residuals; not below the uncertainty of the measurements
 * themselves. 0 with fewer than two rows more than factors: then nothing, or next to nothing, tells how far off another model may be.
 */
function spreadOf(rows: readonly FitRow[], predictedJ: readonly number[], factors: number): number {
  const degrees = rows.length - factors;
  if (degrees < leastDegrees) return 0;
  const squares = rows.reduce((total, { measuredJ }, at) => total + Math.log((predictedJ[at] ?? 0) / measuredJ) ** 2, 0);
  const fromResiduals = studentQuantile(degrees) * Math.sqrt((squares / degrees) * (1 + 1 / rows.length));
  const fromMeter = rows.reduce((total, { relativeError }) => total + relativeError, 0) / rows.length;
  return Math.min(Math.max(fromResiduals, fromMeter), maxSpread);
}

/** One degree of freedom gives intervals wider than what the literature says. */
const leastDegrees = 2;
/** A factor of a million either way: beyond it a band says nothing more. */
const maxSpread = Math.log(1e6);

/** Mean relative error over rows predicted by the others; null with fewer than three, or when the others cannot be fitted. */
function leftOut(grouping: Grouping, rows: readonly FitRow[]): number | null {
  if (rows.length < 3) return null;
  let total = 0;
  for (const [at, row] of rows.entries()) {
    const factors = factorsOf(
      grouping,
      rows.filter((_, other) => other !== at),
    );
    if (factors === null) return null;
    total += Math.abs(predict(grouping, factors, row) - row.measuredJ) / row.measuredJ;
  }
  return total / rows.length;
}

function predict({ groups }: Grouping, factors: readonly number[], row: FitRow): number {
  return groups.reduce((total, { parts }, at) => total + (factors[at] ?? 0) * parts.reduce((part, name) => part + row.parts[name], 0), 0);
}

/** Positive factors of a grouping; null when the rows do not tell them apart or want one of them to be 0. */
function factorsOf(grouping: Grouping, rows: readonly FitRow[]): readonly number[] | null {
  if (grouping.groups.length === 1) {
    const logs = rows.map((row) => Math.log(row.measuredJ / sumOf(row.parts)));
    return [Math.exp(logs.reduce((total, value) => total + value, 0) / logs.length)];
  }
  const columns = grouping.groups.map(({ parts }) =>
    rows.map((row) => parts.reduce((total, name) => total + row.parts[name], 0) / row.measuredJ),
  );
  const solved = leastSquares(columns);
  return solved !== null && solved.every((factor) => factor > 0) ? solved : null;
}

function sumOf(parts: FitRow['parts']): number {
  return parts.compute + parts.memory + parts.static;
}

/**
 * The least-squares solution of columns · f = 1 by Gram-Schmidt; null when a column is 0 or nearly a combination of those before it.
 * Where it is positive it is the non-negative solution, too; else that one lies on the border, with a factor of 0, and is not wanted.
 */
function leastSquares(columns: readonly (readonly number[])[]): readonly number[] | null {
  const basis: { readonly q: readonly number[]; readonly r: readonly number[]; readonly length: number }[] = [];
  for (const column of columns) {
    let rest = [...column];
    const r: number[] = [];
    for (const { q } of basis) {
      const along = dot(q, rest);
      r.push(along);
      rest = rest.map((value, row) => value - along * (q[row] ?? 0));
    }
    const [square, before] = [dot(rest, rest), dot(column, column)];
    if (!(before > 0) || square < leastAngle * before) return null;
    const length = Math.sqrt(square);
    basis.push({ q: rest.map((value) => value / length), r, length });
  }
  const goal = basis.map(({ q }) => q.reduce((total, value) => total + value, 0));
  const factors = goal.map(() => 0);
  for (let at = basis.length - 1; at >= 0; at--) {
    let value = goal[at] ?? 0;
    for (let later = at + 1; later < basis.length; later++) value -= (basis[later]?.r[at] ?? 0) * (factors[later] ?? 0);
    factors[at] = value / (basis[at]?.length ?? 1);
  }
  return factors;
}

function dot(a: readonly number[], b: readonly number[]): number {
  return a.reduce((total, value, at) => total + value * (b[at] ?? 0), 0);
}
