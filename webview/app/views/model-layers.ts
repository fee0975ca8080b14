import type { CompareLayerView, CompareView, FigureView, ModelLayerView, ModelView } from '../../messages/index.ts';
import { parseAmount } from '../amount.ts';
import type { PageContext } from '../context.ts';
import type { Child } from '../dom.ts';
import { h, hiddenText, icon } from '../dom.ts';
import { layerLink } from './actions.ts';
import type { ColumnChoice } from './column-menu.ts';
import { isColumnShown } from './column-menu.ts';
import type { Column, DataTable } from './data-table.ts';
import { createTable } from './data-table.ts';
import { figureCell } from './figure.ts';
import { tierTag } from './layer-details.ts';
import { figureValue } from './report-layers.ts';
import type { Finding, Found } from './table-find.ts';

/** What a model has anything to say about, and what its rows need. */
export interface ModelTableOptions {
  readonly context: PageContext;
  readonly has: { readonly energy: boolean; readonly fitted: boolean; readonly blocks: boolean };
  readonly totals: () => ModelView['totals'] | null;
  /** The comparison shown, if any, and its row for a layer of this model. */
  readonly compare: CompareView | null;
  readonly compareRow: (layer: ModelLayerView) => CompareLayerView | undefined;
  readonly details: (layer: ModelLayerView) => readonly Child[];
  readonly onOpen: (layer: ModelLayerView) => void;
  readonly marked: string | null;
  /** A search that goes on in this table. */
  readonly finding: Finding | null;
  readonly onFound: (found: Found) => void;
}

interface ModelColumn extends Column<ModelLayerView>, ColumnChoice {
  /** Of the last row. */
  readonly total?: () => readonly Child[];
}

/** Columns that the user may turn on and off. */
export function modelChoices(options: ModelTableOptions): readonly ColumnChoice[] {
  return modelColumns(options).slice(1);
}

/** The layer table of the model editor. */
export function createModelTable(options: ModelTableOptions): DataTable<ModelLayerView> {
  const { context } = options;
  const { t, store } = context;
  const all = modelColumns(options);
  const columns = all.filter((column, at) => at === 0 || isColumnShown(store.get(), column));
  return createTable<ModelLayerView>({
    context,
    caption: t('Layers of the model'),
    rowId: (layer) => layer.id,
    findIn: (layer) => [layer.id, layer.op, layer.shape, layer.block ?? '', layer.role ?? ''].join('\n'),
    details: options.details,
    onOpen: options.onOpen,
    marked: options.marked,
    finding: options.finding,
    onFound: options.onFound,
    columns,
    footer: () => new Map(columns.flatMap((column) => (column.total === undefined ? [] : [[column.key, column.total()] as const]))),
  });
}

function modelColumns(options: ModelTableOptions): readonly ModelColumn[] {
  const { context, has, compare } = options;
  const { t } = context;
  const totals = (pick: (totals: ModelView['totals']) => readonly Child[]): (() => readonly Child[]) => {
    return () => {
      const found = options.totals();
      return found === null ? [] : pick(found);
    };
  };
  const isPlain = compare === null;
  return [
    {
      key: 'layer',
      label: t('Layer'),
      numeric: false,
      rank: 1,
      isDefault: true,
      sortBy: (layer) => layer.id,
      cell: (layer) => [layerLink(context, layer.id)],
      total: () => [t('All layers')],
    },
    ...(has.blocks ? blockColumns(context) : []),
    { key: 'op', label: t('Operator'), numeric: false, rank: 4, isDefault: true, sortBy: (layer) => layer.op, cell: (layer) => [layer.op] },
    {
      key: 'shape',
      label: t('Shape'),
      numeric: false,
      rank: 6,
      isDefault: isPlain,
      sortBy: (layer) => layer.shape,
      cell: (layer) => [layer.shape],
    },
    {
      ...amount(
        'macs',
        t('MACs'),
        t('Multiply-adds of one inference'),
        3,
        (layer) => layer.macs,
        (layer) => layer.macsCount,
      ),
      isDefault: isPlain,
      total: totals((found) => [found.macs]),
    },
    {
      ...amount(
        'parameters',
        t('Parameters'),
        t('Weights and biases'),
        4,
        (layer) => layer.parameters,
        (layer) => layer.parameterCount,
      ),
      ...(compare === null ? {} : { cell: (layer) => parametersCell(layer, options.compareRow(layer)) }),
      isDefault: true,
      total: totals((found) => [found.parameters]),
    },
    {
      ...amount(
        'bytes',
        t('Weight size'),
        t('Bytes of the stored weights'),
        6,
        (layer) => layer.weightBytes,
        (layer) => layer.weightByteCount,
      ),
      isDefault: isPlain && !has.energy,
      total: totals((found) => [found.weightBytes]),
    },
    ...(compare === null ? [] : compareColumns(options, compare)),
    ...(has.energy ? energyColumns(options) : []),
    {
      key: 'tier',
      label: t('Tier'),
      numeric: false,
      rank: 4,
      isDefault: isPlain,
      sortBy: (layer) => layer.tier,
      cell: (layer) => [tierTag(t, layer.tier)],
    },
    ...(has.fitted ? [fittedColumn(context)] : []),
  ];
}

function blockColumns({ t }: PageContext): readonly ModelColumn[] {
  const column = (key: 'block' | 'role', label: string, hint: string, rank: Column<ModelLayerView>['rank']): ModelColumn => ({
    key,
    label,
    hint,
    numeric: false,
    rank,
    isDefault: true,
    sortBy: (layer) => layer[key] ?? null,
    cell: (layer) => (layer[key] === undefined ? [h('span', { class: 'none' }, '–', hiddenText(` ${t('in no block')}`))] : [layer[key]]),
  });
  return [
    column('block', t('Block'), t('The repeated part of the model that the layer belongs to'), 5),
    column('role', t('Role'), t('What the layer does in its block'), 6),
  ];
}

function energyColumns({ context, compare, compareRow, totals }: ModelTableOptions): readonly ModelColumn[] {
  const { t } = context;
  const energy = (
    key: 'inference' | 'sgd' | 'solve' | 'incremental',
    label: string,
    hint: string,
    rank: Column<ModelLayerView>['rank'],
    of: (layer: ModelLayerView) => FigureView | null = (layer) => layer[key],
  ): ModelColumn => ({
    key,
    label,
    hint,
    numeric: true,
    rank,
    isDefault: compare === null || key === 'inference',
    sortBy: (layer) => figureValue(of(layer)),
    cell: (layer) => figureCell(t, of(layer)),
    total: () => {
      const figure = compare !== null && key === 'inference' ? compare.total.after : (totals()?.[key] ?? null);
      return figureCell(t, figure);
    },
  });
  const inference =
    compare === null
      ? energy('inference', t('Energy'), t('Energy of one inference'), 1)
      : energy(
          'inference',
          t('Energy after'),
          t('Energy of one inference of this model, with the constants of the comparison'),
          1,
          (layer) => compareRow(layer)?.inferenceAfter ?? null,
        );
  return [
    inference,
    energy('sgd', t('Gradient'), t('Energy to retrain this layer once by gradient descent'), 5),
    energy('solve', t('Solve'), t('Energy to retrain this layer once by the direct solve'), 5),
    energy('incremental', t('Update'), t('Energy of one incremental update of this layer'), 6),
    {
      key: 'break-even',
      label: t('Break-even'),
      hint: t('Retrainings from which the direct solve has used less energy in total than gradient descent'),
      numeric: true,
      rank: 6,
      isDefault: compare === null,
      sortBy: (layer) => layer.breakEvenRetrainings ?? parseAmount(layer.breakEven),
      cell: (layer) => [layer.breakEven],
      total: () => [totals()?.breakEven ?? ''],
    },
  ];
}

function compareColumns({ context, compareRow: of }: ModelTableOptions, compare: CompareView): readonly ModelColumn[] {
  const { t } = context;
  return [
    {
      key: 'weights',
      label: t('Weights changed'),
      hint: t('Norm of the difference over the norm before'),
      numeric: true,
      rank: 2,
      isDefault: true,
      sortBy: (layer) => of(layer)?.weightChange ?? null,
      cell: (layer) => [of(layer)?.weights ?? '–'],
    },
    {
      key: 'zeros',
      label: t('Zeros'),
      hint: t('Weights that are exactly zero, before and after'),
      numeric: true,
      rank: 5,
      isDefault: true,
      sortBy: (layer) => of(layer)?.zeroShare ?? null,
      cell: (layer) => {
        const found = of(layer);
        return found === undefined ? ['–'] : [h('span', { class: 'before-after' }, found.zerosBefore, ' → ', found.zerosAfter)];
      },
    },
    {
      key: 'energy-before',
      label: t('Energy before'),
      hint: t('Energy of one inference of the earlier model'),
      numeric: true,
      rank: 3,
      isDefault: true,
      sortBy: (layer) => figureValue(of(layer)?.inferenceBefore ?? null),
      cell: (layer) => figureCell(t, of(layer)?.inferenceBefore ?? null),
      total: () => figureCell(t, compare.total.before),
    },
    {
      key: 'factor',
      label: t('Factor'),
      hint: t('Energy after over energy before, both with the same constants'),
      numeric: true,
      rank: 2,
      isDefault: true,
      sortBy: (layer) => of(layer)?.ratio ?? null,
      cell: (layer) => factorCell(of(layer)),
      total: () => factorCell(compare.total),
    },
  ];
}

function factorCell(found: { readonly factor: string; readonly factorBand: string } | undefined): readonly Child[] {
  if (found === undefined || found.factor === '') return ['–'];
  return [found.factor, found.factorBand !== '' && h('span', { class: 'figure-band' }, found.factorBand)];
}

function parametersCell(layer: ModelLayerView, row: CompareLayerView | undefined): readonly Child[] {
  if (row === undefined || row.parametersBefore === row.parametersAfter) return [layer.parameters];
  return [h('span', { class: 'before-after' }, row.parametersBefore, ' → ', row.parametersAfter)];
}

function fittedColumn({ t }: PageContext): ModelColumn {
  return {
    key: 'fitted',
    label: t('Fitted'),
    numeric: false,
    rank: 5,
    isDefault: true,
    sortBy: (layer) => layer.fitted,
    cell: (layer) =>
      layer.fitted === null
        ? [h('span', { class: 'muted' }, '–', hiddenText(` ${t('not fitted')}`))]
        : [h('span', { class: 'fitted', title: layer.fitted }, icon('check'), t('fitted'))],
  };
}

function amount(
  key: string,
  label: string,
  hint: string,
  rank: Column<ModelLayerView>['rank'],
  text: (layer: ModelLayerView) => string,
  count: (layer: ModelLayerView) => number | null | undefined,
): Column<ModelLayerView> {
  const sortBy = (layer: ModelLayerView): number | null => {
    const value = count(layer);
    return value === undefined ? parseAmount(text(layer)) : value;
  };
  return { key, label, hint, numeric: true, rank, sortBy, cell: (layer) => [text(layer)] };
}
