import type { ChangeView, FigureView } from '../messages/index.ts';
import { ratioText } from './draw/joules.ts';
import type { Translate } from './strings.ts';

/** How two energies relate: the ratio a/b of the values and the widest range their bands allow. Null when either is not positive. */
export interface Ratio {
  readonly value: number;
  readonly low: number;
  readonly high: number;
}

/** Ratio of `a` to `b` with `low = a.low / b.high` and `high = a.high / b.low`; the bands are taken as independent, so the range is never too narrow. */
export function ratioOf(a: FigureView | null, b: FigureView | null): Ratio | null {
  if (a === null || b === null || !(a.value > 0) || !(b.value > 0)) return null;
  return { value: a.value / b.value, low: b.high > 0 ? a.low / b.high : 0, high: b.low > 0 ? a.high / b.low : Number.POSITIVE_INFINITY };
}

/** A sentence on what `other` costs against gradient descent, e.g. "41× less than gradient descent (12× to 150×)". Empty when it cannot be said. */
export function compareWithDescent(t: Translate, sgd: FigureView | null, other: FigureView | null): string {
  const ratio = ratioOf(sgd, other);
  if (ratio === null) return '';
  const overlaps = ratio.low <= 1 && ratio.high >= 1;
  if (ratio.value >= 0.95 && ratio.value <= 1.05) return t('About as much as gradient descent');
  const less = ratio.value > 1;
  const factor = ratioText(less ? ratio.value : 1 / ratio.value);
  if (overlaps)
    return less
      ? t('{0}× less than gradient descent, but the bands overlap', factor)
      : t('{0}× more than gradient descent, but the bands overlap', factor);
  const [from, to] = less ? [ratio.low, ratio.high] : [1 / ratio.high, 1 / ratio.low];
  const range = Number.isFinite(to) ? t('{0}× to {1}×', ratioText(from), ratioText(to)) : t('at least {0}×', ratioText(from));
  return less ? t('{0}× less than gradient descent ({1})', factor, range) : t('{0}× more than gradient descent ({1})', factor, range);
}

/** The factor between both energies; where the bands overlap it says that nothing is certain. */
export function factorSentence(change: Pick<ChangeView, 'energyBefore' | 'energyAfter' | 'kind'>, t: Translate): string {
  const ratio = ratioOf(change.energyBefore, change.energyAfter);
  if (ratio === null) return t('One of both has no figure, so that there is no factor.');
  if (ratio.value > 0.995 && ratio.value < 1.005) return t('The same energy.');
  const isLess = ratio.value > 1;
  const factor = ratioText(isLess ? ratio.value : 1 / ratio.value);
  const overlap = ratio.low <= 1 && ratio.high >= 1;
  if (overlap)
    return isLess
      ? t('{0}× less by the central values. The bands overlap; both rest on the same tables, which the bands cannot tell.', factor)
      : t('{0}× more by the central values. The bands overlap; both rest on the same tables, which the bands cannot tell.', factor);
  const [from, to] = isLess ? [ratio.low, ratio.high] : [1 / ratio.high, 1 / ratio.low];
  const range = Number.isFinite(to) ? t('{0}× to {1}×', ratioText(from), ratioText(to)) : t('at least {0}×', ratioText(from));
  return isLess ? t('{0}× less ({1} by the bands)', factor, range) : t('{0}× more ({1} by the bands)', factor, range);
}
