import type { OptimisePoint, OptimiseView } from '../../messages/index.ts';
import { dropPoints, isDoubtful } from '../choose.ts';
import type { PageContext } from '../context.ts';
import { shortName } from '../text.ts';
import { doubtText } from './optimise-points.ts';
import type { CurveWords } from './search-curve.ts';

/** What the picture of energy against quality says. */
export function optimiseWords(view: OptimiseView, context: PageContext): CurveWords<OptimisePoint> {
  const { t } = context;
  return {
    loss: view.metric === 'accuracy' ? t('points of {0} lost \u2192', view.metricText) : t('% more error \u2192'),
    saving: (isNarrow) =>
      isNarrow ? t('\u2191 multiply-add energy saved') : t('\u2191 multiply-add energy saved, against int8 by rounding'),
    allowed: (maxDrop) =>
      view.metric === 'accuracy' ? t('allowed: up to {0} points', dropPoints(maxDrop)) : t('allowed: up to {0} %', dropPoints(maxDrop)),
    describe: (point, maxDrop) => describe(point, maxDrop, context),
    aria: (chosen) => ariaText(view, chosen, context),
    none:
      view.running === null
        ? t('The picture of energy against {0} begins with a search.', view.metricText)
        : t('Waiting for the first point'),
    hint: t('Point at a mark, or move over them with the arrow keys; press one to allow its loss.'),
  };
}

/** "energy term, step 3: 61.0 % saved, 97.8 % accuracy, 0.4 points lost, 1.2 nJ per inference". */
function describe(point: OptimisePoint, maxDrop: number, { t }: PageContext): string {
  const text = t(
    '{0}: {1} saved, quality {2}, {3}, {4} per inference',
    shortName(point.label, 80),
    point.savingText,
    point.qualityText,
    point.dropText,
    point.energy.text,
  );
  return isDoubtful(point, maxDrop) ? `${text}. ${doubtText(t)}` : text;
}

function ariaText(view: OptimiseView, chosen: OptimisePoint | null, { t }: PageContext): string {
  const count = t('{0} configurations', view.points.length);
  if (chosen === null)
    return t(
      'Energy saved against {0} lost, {1}; none is within the allowed loss. The table below has the same figures.',
      view.metricText,
      count,
    );
  return t(
    'Energy saved against {0} lost, {1}. Chosen: {2}, {3} saved, {4}. The table below has the same figures.',
    view.metricText,
    count,
    shortName(chosen.label, 80),
    chosen.savingText,
    chosen.dropText,
  );
}
