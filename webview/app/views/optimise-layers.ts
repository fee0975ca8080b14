import type { OptimiseLayer, OptimiseTable } from '../../messages/index.ts';
import type { PageContext } from '../context.ts';
import { h } from '../dom.ts';
import type { Column, DataTable } from './data-table.ts';
import { createTable } from './data-table.ts';
import { layerLink } from './actions.ts';
import { figureCell } from './figure.ts';
import { cellWord, tablesView } from './optimise-result.ts';

/** The shape of a table of layers: the table and cell of its columns, of those that the layers were scored by. */
export interface LayerColumns {
  readonly first: { readonly table: string; readonly cell: string } | null;
  readonly others: readonly { readonly table: string; readonly cell: string }[];
}

/** The first table and cell tell before and after; each further pair has a column with the share saved. At most three of those. */
export function columnsOf(layers: readonly OptimiseLayer[]): LayerColumns {
  const seen = new Map<string, { readonly table: string; readonly cell: string }>();
  for (const { table, cell } of layers.find((layer) => layer.tables.length > 0)?.tables ?? [])
    seen.set(`${table}\n${cell}`, { table, cell });
  const [first = null, ...others] = seen.values();
  return { first, others: others.slice(0, 3) };
}

/** Every layer before and after: its energy under two tables and two cells, what became of its weights, and what the change costs at its output. */
export function createOptimisedLayers(context: PageContext, columns: LayerColumns): DataTable<OptimiseLayer> {
  const { t } = context;
  const { first, others } = columns;
  const pairName = (pair: { readonly table: string; readonly cell: string }): string => t('{0}, {1}', pair.table, cellWord(t, pair.cell));
  const energy = (side: 'before' | 'after'): Column<OptimiseLayer> => ({
    key: side,
    label: side === 'before' ? t('Before') : t('After'),
    ...(first === null ? {} : { hint: t('Multiply-adds of one inference, {0}', pairName(first)) }),
    numeric: true,
    rank: side === 'before' ? 3 : 2,
    sortBy: (layer) => entryOf(layer, first)?.[side].value ?? null,
    cell: (layer) => figureCell(t, entryOf(layer, first)?.[side] ?? null),
  });
  const saved = (
    pair: { readonly table: string; readonly cell: string },
    rank: Column<OptimiseLayer>['rank'],
    index: number,
  ): Column<OptimiseLayer> => ({
    key: `saved-${index}`,
    label: t('Saved: {0}', pairName(pair)),
    hint: t('Share of the multiply-add energy saved under the table {0} on the {1} cell', pair.table, cellWord(t, pair.cell)),
    numeric: true,
    rank,
    sortBy: (layer) => entryOf(layer, pair)?.saving ?? null,
    cell: (layer) => [entryOf(layer, pair)?.savingText ?? '–'],
  });
  return createTable<OptimiseLayer>({
    context,
    caption: t('Each layer before and after'),
    rowId: (layer) => layer.id,
    details: (layer) => detailsOf(layer, context),
    columns: [
      {
        key: 'layer',
        label: t('Layer'),
        numeric: false,
        rank: 1,
        sortBy: (layer) => layer.id,
        cell: (layer) => [layerLink(context, layer.id)],
      },
      {
        key: 'values',
        label: t('Values'),
        hint: t('Distinct values that the weights of the layer take'),
        numeric: true,
        rank: 5,
        sortBy: (layer) => Number(layer.values.replaceAll(',', '')),
        cell: (layer) => [layer.left === null ? layer.values : t('left as it was')],
      },
      energy('before'),
      energy('after'),
      ...(first === null ? [] : [saved(first, 1, 0)]),
      ...others.map((pair, i) => saved(pair, i === 0 ? 3 : 5, i + 1)),
      {
        key: 'error',
        label: t('Output error'),
        hint: t('Relative error of the output of the layer on rows it was not chosen by'),
        numeric: true,
        rank: 5,
        sortBy: (layer) => Number.parseFloat(layer.error),
        cell: (layer) => [layer.error],
      },
    ],
  });
}

function entryOf(layer: OptimiseLayer, pair: { readonly table: string; readonly cell: string } | null): OptimiseTable | undefined {
  return layer.tables.find(({ table, cell }) => table === pair?.table && cell === pair.cell);
}

function detailsOf(layer: OptimiseLayer, context: PageContext): HTMLElement[] {
  const { t } = context;
  const facts: readonly (readonly [string, string])[] = [
    [t('Operator'), layer.op],
    [t('Bits of a weight'), layer.bits],
    [t('Distinct values'), layer.values],
    [t('Zero weights'), layer.zeros],
    [t('Input levels'), layer.inputLevels],
    [t('Weight of the energy term'), layer.mu],
    [t('Compensated'), layer.compensated ? t('yes') : t('no: rounding was as good on rows it had not seen')],
    [t('Output error'), layer.error],
  ];
  return [
    h(
      'div',
      { class: 'layer-details' },
      layer.left !== null && h('p', {}, t('Left as it was: {0}', layer.left)),
      h('dl', { class: 'fact-grid' }, ...facts.map(([name, value]) => h('div', {}, h('dt', {}, name), h('dd', {}, value)))),
      layer.tables.length > 0 && tablesView(layer.tables, context),
    ),
  ];
}
