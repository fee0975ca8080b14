import type { LayerView } from '../../messages/index.ts';
import { parseAmount } from '../amount.ts';
import type { PageContext } from '../context.ts';
import { h, hiddenText, icon } from '../dom.ts';
import { layerLink } from './actions.ts';
import type { Column, DataTable } from './data-table.ts';
import { createTable } from './data-table.ts';
import { figureCell } from './figure.ts';
import { layerDetails, tierTag } from './layer-details.ts';
import { figureValue } from './report-layers.ts';

/** Which columns a model has anything to say in. */
export interface ModelColumns {
  readonly energy: boolean;
  readonly fitted: boolean;
}

/** The layer table of the model editor. */
export function createModelTable(context: PageContext, shown: ModelColumns): DataTable<LayerView> {
  const { t } = context;
  const columns: Column<LayerView>[] = [
    {
      key: 'layer',
      label: t('Layer'),
      numeric: false,
      rank: 1,
      sortBy: (layer) => layer.id,
      cell: (layer) => [layerLink(context, layer.id)],
    },
    { key: 'op', label: t('Operator'), numeric: false, rank: 3, sortBy: (layer) => layer.op, cell: (layer) => [layer.op] },
    { key: 'shape', label: t('Shape'), numeric: false, rank: 5, sortBy: (layer) => layer.shape, cell: (layer) => [layer.shape] },
    amount(
      'macs',
      t('MACs'),
      t('Multiply-adds of one inference'),
      shown.energy ? 2 : 1,
      (layer) => layer.macs,
      (layer) => layer.macsCount,
    ),
    amount(
      'parameters',
      t('Parameters'),
      t('Weights and biases'),
      3,
      (layer) => layer.parameters,
      (layer) => layer.parameterCount,
    ),
    amount(
      'bytes',
      t('Weight size'),
      t('Bytes of the stored weights'),
      5,
      (layer) => layer.weightBytes,
      (layer) => layer.weightByteCount,
    ),
  ];
  if (shown.energy) {
    columns.push({
      key: 'inference',
      label: t('Energy'),
      hint: t('Energy of one inference'),
      numeric: true,
      rank: 1,
      sortBy: (layer) => figureValue(layer.inference),
      cell: (layer) => figureCell(t, layer.inference),
    });
  }
  columns.push({
    key: 'tier',
    label: t('Tier'),
    numeric: false,
    rank: 3,
    sortBy: (layer) => layer.tier,
    cell: (layer) => [tierTag(t, layer.tier)],
  });
  if (shown.fitted) {
    columns.push({
      key: 'fitted',
      label: t('Fitted'),
      numeric: false,
      rank: 4,
      sortBy: (layer) => layer.fitted,
      cell: (layer) =>
        layer.fitted === null
          ? [h('span', { class: 'muted' }, '–', hiddenText(` ${t('not fitted')}`))]
          : [h('span', { class: 'fitted', title: layer.fitted }, icon('check'), t('fitted'))],
    });
  }
  return createTable<LayerView>({
    context,
    caption: t('Layers of the model'),
    rowId: (layer) => layer.id,
    details: (layer) => layerDetails(layer, context),
    columns,
  });
}

function amount(
  key: string,
  label: string,
  hint: string,
  rank: Column<LayerView>['rank'],
  text: (layer: LayerView) => string,
  count: (layer: LayerView) => number | null | undefined,
): Column<LayerView> {
  const sortBy = (layer: LayerView): number | null => {
    const value = count(layer);
    return value === undefined ? parseAmount(text(layer)) : value;
  };
  return { key, label, hint, numeric: true, rank, sortBy, cell: (layer) => [text(layer)] };
}
