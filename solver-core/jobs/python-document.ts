import type { Annotation } from '../python/annotation.ts';
import type { AnalysedLayer, Analysis } from '../python/index.ts';
import type { PythonAnnotation, PythonDocument, PythonLayer, RetrainingDocument } from '../protocol/index.ts';
import type { LayerFiguresOf } from './python-figures.ts';
import type { MatchedModel } from './python-models.ts';

const noRetraining: RetrainingDocument = { sgd: null, solve: null, incremental: null };

/** What the document is put together from. */
export interface PythonParts {
  readonly path: string;
  readonly target: string;
  readonly analysis: Analysis;
  readonly matched: MatchedModel;
  /** Figures by the index of the layer. */
  readonly fromModel: ReadonlyMap<number, LayerFiguresOf>;
  readonly fromArguments: ReadonlyMap<number, LayerFiguresOf>;
  readonly assumptions: readonly string[];
}

/** The document of a Python file. */
export function pythonDocument(parts: PythonParts): PythonDocument {
  const { path, target, analysis, matched } = parts;
  return {
    schema: 'tierwise.annotations/1',
    path,
    model: matched.chosen?.path ?? null,
    target,
    layers: analysis.layers.map((layer, at) => layerDocument(parts, layer, at)),
    assumptions: parts.assumptions,
    diagnostics: analysis.findings.list().map((each) => ({ ...each, where: { path, ...each.where } })),
  };
}

function layerDocument(parts: PythonParts, layer: AnalysedLayer, at: number): PythonLayer {
  const { analysis, matched } = parts;
  const { facts, annotation } = layer;
  const index = matched.chosen?.layers.get(at);
  const own = index === undefined ? undefined : matched.layers[index];
  const measured = parts.fromModel.get(at);
  const estimated = own === undefined ? parts.fromArguments.get(at) : undefined;
  const figure = measured ?? estimated;
  return {
    name: layer.name,
    model: layer.model,
    framework: layer.instance.framework ?? 'torch',
    kind: layer.instance.type,
    range: analysis.source.lines.range(layer.span),
    tier: layer.tier,
    annotation: annotation === null ? null : annotationDocument(analysis, annotation),
    parameters: own?.parameters ?? facts.parameters,
    macs: own === undefined ? (estimated?.macs ?? null) : own.macs,
    layerId: own?.id ?? null,
    basis: own !== undefined ? 'model' : estimated === undefined ? 'none' : 'arguments',
    note: noteOf(parts, layer, own !== undefined),
    inference: figure?.inference ?? null,
    retraining: figure?.retraining ?? noRetraining,
  };
}

/** A figure of the model needs no words; everything else says what was assumed or is missing. */
function noteOf({ matched }: PythonParts, layer: AnalysedLayer, isMatched: boolean): string | null {
  if (isMatched) return null;
  const { chosen } = matched;
  const match = chosen?.notes.get(layer.model) ?? null;
  const missing =
    chosen !== null && match === null && chosen.model === layer.model ? 'The exported model has no layer of this name and shape.' : null;
  const words = [layer.note, match ?? missing, layer.facts.note].filter((each) => each !== null);
  return words.length === 0 ? null : words.join(' ');
}

function annotationDocument(analysis: Analysis, { comment, kind, name, method, options }: Annotation): PythonAnnotation {
  const range = analysis.source.lines.range({ offset: comment.from, end: comment.to });
  return { kind, name, method, options: Object.fromEntries(options), range };
}

/** Reports annotations that the matched model contradicts: layers that cannot be solved, and lower layers above upper ones. */
export function checkAgainstModel(
  parts: Pick<PythonParts, 'analysis' | 'matched'>,
  needsLinear: (annotation: Annotation) => boolean,
): void {
  const { analysis, matched } = parts;
  const placed = [...(matched.chosen?.layers ?? [])].flatMap(([at, index]) => {
    const [layer, own] = [analysis.layers[at], matched.layers[index]];
    return layer?.annotation == null || own === undefined ? [] : [{ annotation: layer.annotation, name: layer.name, index, own }];
  });
  const reported = new Set<Annotation>();
  for (const { annotation, name, own } of placed) {
    if (!needsLinear(annotation) || own.linear !== null || reported.has(annotation)) continue;
    reported.add(annotation);
    const does = annotation.kind === 'lower' ? 'solved in one step' : 'learned by recursive least squares';
    const reason = own.notSolvable ?? `${own.op} is not linear in its weights`;
    const message = `layer "${name.slice(0, 120)}" cannot be ${does}: ${reason}; remove the annotation, or write frozen`;
    analysis.findings.add('error', 'layer-not-solvable', spanOf(annotation), message, ['# tier: frozen', '']);
  }
  const uppers = placed.filter(({ annotation }) => annotation.kind === 'upper').sort((a, b) => a.index - b.index);
  const lowest = uppers[0];
  if (lowest === undefined) return;
  for (const { annotation, name, index } of placed) {
    if (annotation.kind !== 'lower' || index < lowest.index || reported.has(annotation)) continue;
    reported.add(annotation);
    const message = `the lower layer "${name.slice(0, 120)}" comes after "${lowest.name.slice(0, 120)}" of an upper tier; a lower tier sits below every upper tier in the model`;
    analysis.findings.add('error', 'tier-order', spanOf(annotation), message);
  }
}

function spanOf({ comment }: Annotation): { readonly offset: number; readonly end: number } {
  return { offset: comment.from, end: comment.to };
}
