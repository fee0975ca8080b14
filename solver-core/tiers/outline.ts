import type { TextRange } from '../model/diagnostic.ts';
import type { LspRange, OutlineCompound, OutlineModule, PlanOutline } from '../protocol/index.ts';
import type { CheckedCompound } from './check-compound.ts';
import type { CheckedModule, PlanModel } from './check-modules.ts';
import type { CheckedTier } from './check-tiers.ts';
import type { CheckContext } from './context.ts';

/** Where tiers, modules and their layers stand, for CodeLens, inlay hints and overlays. */
export function outlineOf(
  context: CheckContext,
  model: PlanModel,
  target: string | undefined,
  tiers: readonly CheckedTier[],
  compound: CheckedCompound | undefined,
): PlanOutline {
  return {
    model: model.path ?? null,
    target: target ?? null,
    tiers: tiers.map((tier) => ({
      kind: tier.kind,
      name: tier.name,
      headerRange: zeroBased(context.lines.range(tier.header)),
      layers: tier.layers.map((layer) => ({ id: layer.id, range: zeroBased(context.lines.range(layer.span)) })),
    })),
    ...(compound === undefined ? {} : { compound: outlineCompound(context, compound, model) }),
    hasErrors: context.findings.hasErrors(),
  };
}

/** Modules that are parts of the plan's model have all of their layers here, those between the named ones and the model's input or the cut too. */
function outlineCompound(context: CheckContext, { name, header, lower, upper }: CheckedCompound, plan: PlanModel): OutlineCompound {
  const cut = (lower?.source.kind === 'layers' ? lower.layers.at(-1)?.index : undefined) ?? -1;
  const layersOf = (module: CheckedModule): readonly { readonly id: string }[] => {
    const known = plan.model?.layers;
    if (known === undefined || cut < 0 || module.source.kind === 'model') return module.layers;
    if (module.kind === 'lower') return known.slice(0, cut + 1);
    const end = module.source.kind === 'rest' ? known.length - 1 : (module.layers.at(-1)?.index ?? -1);
    return known.slice(cut + 1, end + 1);
  };
  const moduleOf = (module: CheckedModule | undefined): OutlineModule | null => {
    if (module === undefined) return null;
    const range = zeroBased(context.lines.range(module.span));
    return {
      range,
      model: module.source.kind === 'model' ? module.source.path : null,
      layers: layersOf(module).map((layer) => ({ id: layer.id, range })),
    };
  };
  return { name, headerRange: zeroBased(context.lines.range(header)), lower: moduleOf(lower), upper: moduleOf(upper) };
}

/** A range of findings as the Language Server Protocol counts. */
export function zeroBased(range: TextRange): LspRange {
  return { start: { line: range.line - 1, character: range.column - 1 }, end: { line: range.endLine - 1, character: range.endColumn - 1 } };
}
