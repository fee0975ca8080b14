import type { InspectDocument, InspectLayer } from '../solver-core/protocol/index.ts';

/** Ops that a direct solve can take on; the language server says so for the layers of a plan, too. */
const solvableOps: ReadonlySet<string> = new Set(['Gemm', 'MatMul', 'Conv']);

/** What a new plan is made from. File names are relative to the plan's folder. */
export interface NewPlan {
  readonly modelFile: string;
  /** Data beside the model, or undefined when there is none to be sure of. */
  readonly dataFile: string | undefined;
  readonly inspect: InspectDocument;
}

/**
 * The text of a first plan: every dense layer and convolution but the last in a lower tier, the last one in an upper tier, all others
 * frozen. A convolution that comes first gets filters from the data (bench/RESULTS.md: the best start for a network that was never
 * trained). With a single such layer it is the lower tier. Without one the plan has no tier and says why in a comment.
 */
export function newPlanText(plan: NewPlan): string {
  const solvable = plan.inspect.layers.filter((layer) => solvableOps.has(layer.op));
  const blocks = [
    `model ${quote(plan.modelFile)}\n${dataLine(plan.dataFile)}`,
    'target "ecp5-85f"    // whose energy is estimated\nbackend sim          // where the solve runs: sim | cpu',
  ];
  blocks.push(...tierBlocks(solvable));
  return `${blocks.join('\n\n')}\n`;
}

function dataLine(dataFile: string | undefined): string {
  if (dataFile !== undefined) return `data ${quote(dataFile)} inputs x labels y split 0.8 seed 1`;
  return '// data "rows.npz" inputs x labels y split 0.8 seed 1    // the rows to fit on; needed before a fit';
}

function tierBlocks(solvable: readonly InspectLayer[]): string[] {
  const lastLayer = solvable.at(-1);
  if (!lastLayer)
    return ['// No dense layer or convolution with constant weights was found, so there is nothing to solve in one step yet.'];
  if (solvable.length === 1) return [lowerTier('features', solvable, 'labels')];
  const hidden = solvable.slice(0, -1);
  const filters = hidden[0]?.op === 'Conv' ? hidden.slice(0, 1) : [];
  const features = hidden.slice(filters.length);
  return [
    ...(filters.length > 0 ? [lowerTier('filters', filters, 'pca')] : []),
    ...(features.length > 0 ? [lowerTier('features', features, 'forward-projection seed 7')] : []),
    // `learn rls` needs a dense layer.
    lastLayer.op === 'Conv' ? lowerTier('head', [lastLayer], 'labels') : upperTier('head', lastLayer),
  ];
}

function lowerTier(name: string, layers: readonly InspectLayer[], targets: string): string {
  return `lower tier ${name} {\n${layerLines(layers)}\n  solve ridge\n  targets ${targets}\n}`;
}

function upperTier(name: string, layer: InspectLayer): string {
  return `upper tier ${name} {\n${layerLines([layer])}\n  learn rls forgetting 1.0\n}`;
}

/** One layer per line, so that each hint stands at the end of its own line. */
function layerLines(layers: readonly InspectLayer[]): string {
  return `  layers ${layers.map((layer) => quote(layer.id)).join(',\n         ')}`;
}

/** A string of the tier language: backslash escapes, no line breaks. */
function quote(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&').replace(/\n/g, '\\n').replace(/\r/g, '\\r').replace(/\t/g, '\\t')}"`;
}
