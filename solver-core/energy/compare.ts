import type { DiffDocument, DiffFigure, DiffLayer } from '../protocol/diff-documents.ts';
import type { EnergyDocument, EnergyLayer, TierKind } from '../protocol/documents.ts';
import type { EvaluateInput, LayerFigures } from './evaluate.ts';
import { evaluateLayers, totalOf } from './evaluate.ts';
import { matchLayers } from './match-layers.ts';
import type { LayerPair } from './match-layers.ts';
import type { Quantity } from './quantity.ts';

/** One side of a comparison: its document, and what that was computed from. */
export interface CompareSide {
  readonly document: EnergyDocument;
  readonly input: EvaluateInput;
}

const methods = ['sgd', 'solve', 'incremental'] as const;
type FigureName = 'inference' | (typeof methods)[number];

/**
 * Every layer and the totals of two estimates on the same target. A change is the ratio of both sides under the same constants: once at
 * their central values and once with each constant table alone, never a quotient of two bands, which would count the tables twice.
 */
export function compareEnergy(before: CompareSide, after: CompareSide): Pick<DiffDocument, 'layers' | 'totals'> {
  const tables = after.input.context.tables.map(({ id }, index) => ({
    id,
    before: figuresAt(before.input, index),
    after: figuresAt(after.input, index),
  }));
  const pairs = matchLayers(before.input.layers, after.input.layers);
  const [layersBefore, layersAfter] = [layersOf(before.document), layersOf(after.document)];
  const total = (name: FigureName): DiffFigure => {
    const perTable = tables.map((t) => ({ table: t.id, before: totalAt(t.before, name), after: totalAt(t.after, name) }));
    return figure(totalIn(before.document, name), totalIn(after.document, name), perTable);
  };
  return {
    layers: pairs.map((pair) => compareLayer(pair, layersBefore, layersAfter, tables)),
    totals: { inference: total('inference'), retraining: { sgd: total('sgd'), solve: total('solve'), incremental: total('incremental') } },
  };
}

interface TableFigures {
  readonly id: string;
  readonly before: ReadonlyMap<string, LayerFigures>;
  readonly after: ReadonlyMap<string, LayerFigures>;
}

function figuresAt(input: EvaluateInput, table: number): ReadonlyMap<string, LayerFigures> {
  const tables = input.context.tables.slice(table, table + 1);
  return new Map(evaluateLayers({ ...input, context: { ...input.context, tables } }).map((f) => [f.layer.id, f]));
}

/** The tier of a layer without a plan is not known, and so not compared. */
type LayersById = ReadonlyMap<string, Omit<EnergyLayer, 'tier'> & { readonly tier: TierKind | null }>;
type KnownLayer = NonNullable<ReturnType<LayersById['get']>>;

function compareLayer(pair: LayerPair, before: LayersById, after: LayersById, tables: readonly TableFigures[]): DiffLayer {
  const b = before.get(pair.before?.id ?? '') ?? null;
  const a = after.get(pair.after?.id ?? '') ?? null;
  const named = (name: FigureName): DiffFigure => {
    const perTable = tables.map((t) => ({
      table: t.id,
      before: valueAt(t.before.get(pair.before?.id ?? ''), name),
      after: valueAt(t.after.get(pair.after?.id ?? ''), name),
    }));
    return figure(b === null ? null : quantityIn(b, name), a === null ? null : quantityIn(a, name), perTable);
  };
  const shown = {
    inference: named('inference'),
    retraining: { sgd: named('sgd'), solve: named('solve'), incremental: named('incremental') },
  };
  const known = pair.after ?? pair.before;
  return {
    id: known.id,
    ...(pair.before === null || pair.after === null || pair.before.id === pair.after.id ? {} : { idBefore: pair.before.id }),
    op: known.op,
    status: statusOf(b, a, [shown.inference, ...methods.map((method) => shown.retraining[method])]),
    tier: { before: b?.tier ?? null, after: a?.tier ?? null },
    macs: { before: b?.macs ?? null, after: a?.macs ?? null },
    parameters: { before: b?.parameters ?? null, after: a?.parameters ?? null },
    ...shown,
  };
}

function statusOf(before: KnownLayer | null, after: KnownLayer | null, figures: readonly DiffFigure[]): DiffLayer['status'] {
  if (before === null) return 'added';
  if (after === null) return 'removed';
  const sameTier = before.tier === null || after.tier === null || before.tier === after.tier;
  const isSame = sameTier && before.macs === after.macs && before.parameters === after.parameters;
  return isSame && figures.every((f) => f.change === 0 || (f.before === null && f.after === null)) ? 'same' : 'changed';
}

function figure(
  before: Quantity<'J'> | null,
  after: Quantity<'J'> | null,
  tables: readonly { readonly table: string; readonly before: number | null; readonly after: number | null }[],
): DiffFigure {
  const change = ratio(before?.value ?? null, after?.value ?? null);
  const perTable = change === null ? [] : tables.flatMap((t) => present(t.table, ratio(t.before, t.after)));
  return { before, after, change, perTable };
}

function present(table: string, change: number | null): readonly { readonly table: string; readonly change: number }[] {
  return change === null ? [] : [{ table, change }];
}

/** after / before - 1; 0 for two zeros, null where one is missing or only the first is zero. */
function ratio(before: number | null, after: number | null): number | null {
  if (before === null || after === null) return null;
  if (before === after) return 0;
  return before === 0 ? null : after / before - 1;
}

function layersOf({ plan, layers }: EnergyDocument): LayersById {
  return new Map(layers.map((layer) => [layer.id, plan === null ? { ...layer, tier: null } : layer]));
}

function quantityIn(layer: KnownLayer, name: FigureName): Quantity<'J'> | null {
  return name === 'inference' ? layer.inference : layer.retraining[name];
}

function totalIn(document: EnergyDocument, name: FigureName): Quantity<'J'> | null {
  return name === 'inference' ? document.totals.inference : document.totals.retraining[name];
}

function valueAt(figures: LayerFigures | undefined, name: FigureName): number | null {
  return figures?.[name]?.total.value ?? null;
}

function totalAt(figures: ReadonlyMap<string, LayerFigures>, name: FigureName): number | null {
  return totalOf([...figures.values()], (f) => f[name])?.value ?? null;
}
