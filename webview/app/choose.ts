/** What choosing needs to know of a configuration that was tried: what it brings, what it loses, and the limit it needs. All are shares. */
export interface Choosable {
  readonly kind: 'baseline' | 'candidate';
  readonly saving: number;
  readonly drop: number | null;
  readonly needed: number | null;
}

/** Losses are told with one decimal of a point; what rounds to the limit counts as within it. */
const tolerance = 1e-9;

/** The largest loss that can be allowed, as a share, and the step of the slider. */
export const largestDrop = 0.05;
export const dropStep = 0.001;

/**
 * The point that a limit chooses among those that were tried: the largest saving of the candidates within `maxDrop` (a share), of equal
 * ones the smaller loss. Null when no candidate is within it.
 */
export function choosePoint<P extends Choosable>(points: readonly P[], maxDrop: number): P | null {
  const within = points.filter((point) => point.kind === 'candidate' && isAllowed(point, maxDrop));
  const better = (a: P, b: P): boolean => (a.saving !== b.saving ? a.saving > b.saving : (a.drop ?? Infinity) < (b.drop ?? Infinity));
  return within.reduce<P | null>((best, point) => (best === null || better(point, best) ? point : best), null);
}

/** Whether what a point needs is known and within a limit. */
export function isAllowed(point: Choosable, maxDrop: number): boolean {
  return point.needed !== null && point.needed <= maxDrop + tolerance;
}

/** Whether a point's loss is within a limit that it is not allowed by: luck had a part in so small a loss. */
export function isDoubtful(point: Choosable, maxDrop: number): boolean {
  return point.kind === 'candidate' && point.drop !== null && point.drop <= maxDrop + tolerance && !isAllowed(point, maxDrop);
}

/** The limit that just allows a point, on the steps of the slider; the largest one for what lies beyond. */
export function dropFor(point: Choosable): number {
  const steps = Math.ceil((Math.max(0, point.needed ?? 0) - tolerance) / dropStep);
  return roundDrop(Math.max(0, steps) * dropStep);
}

/** A number typed for the limit in points, as a share on the steps of the slider within its ends; null when it is none. */
export function parseDrop(text: string): number | null {
  const points = Number(text.trim().replace(',', '.'));
  if (text.trim() === '' || !Number.isFinite(points)) return null;
  return roundDrop(points / 100);
}

/** A share on the steps of the slider, within its ends. */
export function roundDrop(share: number): number {
  return Math.min(largestDrop, Math.max(0, Math.round(share / dropStep) / Math.round(1 / dropStep)));
}

/** A limit for people, in points without trailing digits of arithmetic: "1.0". */
export function dropPoints(share: number): string {
  return (share * 100).toFixed(1);
}
