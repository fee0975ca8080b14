import type { SparsityPointView, SparsityView } from '../../messages/index.ts';
import { dropPoints, isDoubtful } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { shortName } from '../text.ts';
import type { CurveWords, TriedPoint } from './search-curve.ts';

/** A configuration as the picture shows it: what it saves are zeros, what it loses is relative loss. */
export interface SparsityTried extends TriedPoint {
  readonly point: SparsityPointView;
}

/** The points for the picture and for choosing among them. */
export function triedPoints(points: readonly SparsityPointView[]): readonly SparsityTried[] {
  return points.map((point) => ({
    id: point.id,
    label: point.label,
    kind: point.kind,
    saving: point.sparsity,
    drop: point.increase,
    needed: point.needed,
    point,
  }));
}

/** What is meant by doubtful; the report of the command says it in the same words. */
export function unsureText(t: PageContext['t']): string {
  return t('Not sure: within the bound on these rows, but by so little that others may not keep it.');
}

/** What the picture of zeros against loss says. */
export function sparsityWords(view: SparsityView, { t }: PageContext): CurveWords<SparsityTried> {
  const count = t('{0} configurations', view.points.length);
  return {
    loss: t('% more loss \u2192'),
    saving: (isNarrow) =>
      isNarrow ? t('\u2191 multiply-adds that meet a zero') : t('\u2191 share of the multiply-adds that meet a zero input'),
    allowed: (maxLoss) => t('allowed: up to {0} %', dropPoints(maxLoss)),
    describe: (tried, maxLoss) => {
      const { label, sparsityText, lossText, increaseText } = tried.point;
      const text = t('{0}: {1} zeros, loss {2}, {3}', shortName(label, 80), sparsityText, lossText, increaseText);
      return isDoubtful(tried, maxLoss) ? `${text}. ${unsureText(t)}` : text;
    },
    aria: (chosen) =>
      chosen === null
        ? t(
            'Share of zeros against the increase of the loss, {0}; none is within the allowed loss. The table below has the same figures.',
            count,
          )
        : t(
            'Share of zeros against the increase of the loss, {0}. Chosen: {1}, {2} zeros, {3}. The table below has the same figures.',
            count,
            shortName(chosen.label, 80),
            chosen.point.sparsityText,
            chosen.point.increaseText,
          ),
    none: view.running === null ? t('The picture of zeros against loss begins with a search.') : t('Waiting for the first point'),
    hint: t('Point at a mark, or move over them with the arrow keys; press one to allow its loss.'),
  };
}
