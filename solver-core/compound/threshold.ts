import { assert } from '../model/error.ts';

/** A threshold that no confidence reaches: every decision is escalated. */
export const alwaysEscalate = 2;

/** Results of both exits on the same rows. */
export interface ExitResults {
  /** [rows] calibrated confidence of the lower exit, 0 to 1. */
  readonly confidence: ArrayLike<number>;
  /** [rows] 1 right, 0 wrong; or the share expected. */
  readonly lower: ArrayLike<number>;
  readonly upper: ArrayLike<number>;
  /** What a row costs; absent: not asked. */
  readonly costs?: ExitCosts;
}

/**
 * Costs in joules, one figure of the band. The upper module catches up on the tokens of a context when it is asked: what a context costs there
 * is its furthest escalated position.
 */
export interface ExitCosts {
  /** Of a decision that stays; every decision pays it. */
  readonly lowerJ: number;
  /** Of one token (or row) in the upper module, and of its head per escalation. */
  readonly upperTokenJ: number;
  readonly upperHeadJ: number;
  /** [rows] number of the row's context and its position there, 1 or more. */
  readonly context: ArrayLike<number>;
  readonly position: ArrayLike<number>;
}

/** One threshold. */
export interface ExitPoint {
  /** A decision with less confidence goes to the upper module. */
  readonly threshold: number;
  readonly accuracy: number;
  /** Share of rows. */
  readonly escalated: number;
  /** Mean tokens (or rows) per decision that the upper module reads, and mean joules per decision; 0 without costs. */
  readonly upperTokens: number;
  readonly energyJ: number;
}

/**
 * The whole curve: every threshold that makes a difference, increasing, from 0 (no row escalates) to `alwaysEscalate`. Between two confidences
 * the threshold is their middle. O(n log n). Empty without rows.
 */
export function exitCurve(results: ExitResults): readonly ExitPoint[] {
  const { confidence, lower, upper, costs } = results;
  const n = confidence.length;
  assert(lower.length === n && upper.length === n, `results of ${lower.length} and ${upper.length} rows for ${n} confidences`);
  if (n === 0) return [];
  const order = Array.from({ length: n }, (_, r) => r).sort((a, b) => confidence[a]! - confidence[b]! || a - b);
  const furthest = new Map<number, number>();
  let right = 0;
  for (let r = 0; r < n; r++) right += lower[r]!;
  let tokens = 0;
  const point = (threshold: number, count: number): ExitPoint => ({
    threshold,
    accuracy: right / n,
    escalated: count / n,
    upperTokens: tokens / n,
    energyJ: costs === undefined ? 0 : costs.lowerJ + (tokens * costs.upperTokenJ + count * costs.upperHeadJ) / n,
  });
  const points = [point(0, 0)];
  order.forEach((r, at) => {
    right += upper[r]! - lower[r]!;
    if (costs !== undefined) {
      const context = costs.context[r]!;
      const known = furthest.get(context) ?? 0;
      const reached = Math.max(known, costs.position[r]!);
      furthest.set(context, reached);
      tokens += reached - known;
    }
    const next = order[at + 1];
    if (next === undefined) points.push(point(alwaysEscalate, at + 1));
    else if (confidence[next]! > confidence[r]!) points.push(point(between(confidence[r]!, confidence[next]!), at + 1));
  });
  return points;
}

/** Sums of shares in another order differ by roundings: less than a millionth of a row for a million of them. */
const rounding = 1e-12;

/**
 * The cheapest point whose accuracy is at least that of the last one (always the upper exit) less `within`; of equally cheap ones the smaller
 * threshold. There always is one. `curve`: as `exitCurve` gives it, not empty.
 */
export function cheapestPoint(curve: readonly ExitPoint[], within: number): ExitPoint {
  const last = curve.at(-1);
  assert(last !== undefined, 'there is no cheapest point on an empty curve');
  const enough = curve.filter(({ accuracy }) => accuracy >= last.accuracy - within - rounding);
  return enough.reduce((best, p) => (p.energyJ < best.energyJ ? p : best), enough[0] ?? last);
}

/** Share of decisions that a stream which learns sends up at least: without any, nothing would tell when the upper exit has become the better one. */
const askedShare = 0.02;

/** The point that `escalate below auto` means: the cheapest one, and where heads learn one that still asks the upper exit now and then. */
export function automaticPoint(curve: readonly ExitPoint[], within: number, learns: boolean): ExitPoint {
  const chosen = cheapestPoint(curve, within);
  if (!learns || chosen.escalated >= askedShare) return chosen;
  return curve.find(({ escalated }) => escalated >= askedShare) ?? chosen;
}

/** At most `count` points of the curve for people: ends and chosen point kept, the others evenly by share of escalations. */
export function thinned(curve: readonly ExitPoint[], count: number, chosen: ExitPoint): readonly ExitPoint[] {
  if (curve.length <= count) return curve;
  const kept = new Set<ExitPoint>([curve[0]!, chosen, curve.at(-1)!]);
  for (let i = 1; kept.size < count && i < count; i++) kept.add(curve[Math.round((i * (curve.length - 1)) / count)]!);
  return curve.filter((p) => kept.has(p));
}

/** A number above `low` and at most `high`: their middle, unless no number lies between. */
function between(low: number, high: number): number {
  const middle = (low + high) / 2;
  return middle > low ? middle : high;
}
