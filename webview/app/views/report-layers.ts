import type { FigureView, LayerView } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { figureKeys } from '../report-figures.ts';
import { figureButton } from './figure-button.ts';
import type { Column, DataTable } from './data-table.ts';
import { createTable } from './data-table.ts';
import { layerLink } from './actions.ts';
import { layerDetails, tierTag } from './layer-details.ts';
import { parseAmount } from '../amount.ts';

/** The report's table beside the chart: every layer with its energy for inference and the three ways of retraining. */
export function createReportTable(context: PageContext): DataTable<LayerView> {
  const { t } = context;
  const energy = (
    key: 'inference' | 'sgd' | 'solve' | 'incremental',
    label: string,
    hint: string,
    rank: Column<LayerView>['rank'],
  ): Column<LayerView> => ({
    key,
    label,
    hint,
    numeric: true,
    rank,
    sortBy: (layer) => figureValue(layer[key]),
    cell: (layer) => figureButton(t, layer[key], figureKeys.layer(key, layer.id), 'row'),
  });
  return createTable<LayerView>({
    context,
    caption: t('Energy of each layer'),
    rowId: (layer) => layer.id,
    details: (layer) => layerDetails(layer, context),
    columns: [
      {
        key: 'layer',
        label: t('Layer'),
        numeric: false,
        rank: 1,
        sortBy: (layer) => layer.id,
        cell: (layer) => [layerLink(context, layer.id)],
      },
      { key: 'tier', label: t('Tier'), numeric: false, rank: 3, sortBy: (layer) => layer.tier, cell: (layer) => [tierTag(t, layer.tier)] },
      energy('inference', t('Inference'), t('Energy of one inference'), 1),
      energy('sgd', t('Gradient'), t('Energy to retrain this layer once by gradient descent'), 3),
      energy('solve', t('Solve'), t('Energy to retrain this layer once by the direct solve'), 3),
      energy('incremental', t('Update'), t('Energy of one incremental update of this layer'), 4),
      {
        key: 'break-even',
        label: t('Break-even'),
        hint: t('Retrainings from which the direct solve has used less energy in total than gradient descent'),
        numeric: true,
        rank: 5,
        sortBy: (layer) => layer.breakEvenRetrainings ?? parseAmount(layer.breakEven),
        cell: (layer) => [layer.breakEven],
      },
    ],
  });
}

/** The value to sort a figure by. */
export function figureValue(figure: FigureView | null): number | null {
  return figure === null || !Number.isFinite(figure.value) ? null : figure.value;
}
