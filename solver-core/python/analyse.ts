import type { TierKind } from '../protocol/documents.ts';
import { readAnnotation } from './annotation.ts';
import type { Annotation } from './annotation.ts';
import { annotationOf, attach } from './attach.ts';
import { findPythonLayers } from './found-layers.ts';
import { factsOf } from './layer-facts.ts';
import type { LayerFacts } from './layer-facts.ts';
import type { FoundLayer } from './name-layers.ts';
import { PythonFindings } from './python-findings.ts';
import { tierKey } from './plan-text.ts';
import { maxSourceLength, parsePython } from './syntax.ts';
import type { PythonSource } from './syntax.ts';
import { tierComments } from './tier-comments.ts';

/** A layer with what its arguments and its annotation say. */
export interface AnalysedLayer extends FoundLayer {
  readonly facts: LayerFacts;
  readonly annotation: Annotation | null;
  readonly tier: TierKind;
}

/** What Python source says of layers and tiers. */
export interface Analysis {
  readonly source: PythonSource;
  readonly layers: readonly AnalysedLayer[];
  readonly annotations: readonly Annotation[];
  /** What was found so far; matching with a model may add more. */
  readonly findings: PythonFindings;
}

/** Reads Python source: its layers, its annotations, and what is wrong with them. Pure; nothing is run; never throws for any text. */
export function analysePython(text: string): Analysis {
  const source = parsePython(text);
  const findings = new PythonFindings(source.lines);
  const found = findPythonLayers(source);
  if (found.wasCut) {
    const message = source.wasCut
      ? `the file is longer than ${maxSourceLength} characters, or its brackets are too deep in each other; the rest is not read`
      : 'the file builds more layers, or takes more steps to read, than this version follows; the rest is left out';
    findings.add('warning', 'source-too-large', { offset: 0, end: 0 }, message);
  }
  const annotations = tierComments(source).flatMap((comment) => readAnnotation(source.text, comment, findings) ?? []);
  const attached = attach(source, annotations, found.layers, findings);
  const reported = new Set<Annotation>();
  const layers = found.layers.map((layer): AnalysedLayer => {
    const annotation = annotationOf(attached, layer);
    const facts = factsOf(layer.instance);
    if (annotation !== null && needsLinear(annotation) && facts.notSolvable !== null && !reported.has(annotation)) {
      reported.add(annotation);
      reportUnsolvable(findings, annotation, layer.name, facts.notSolvable);
    }
    return { ...layer, facts, annotation, tier: annotation?.kind ?? 'frozen' };
  });
  reportSharedNames(findings, [...new Set(layers.flatMap((layer) => layer.annotation ?? []))]);
  return { source, layers, annotations, findings };
}

/** Reports tiers of one name with different options: they are different tiers. */
function reportSharedNames(findings: PythonFindings, annotations: readonly Annotation[]): void {
  const byName = new Map<string, Annotation>();
  for (const annotation of [...annotations].sort((a, b) => a.comment.from - b.comment.from)) {
    const { name, kind, comment } = annotation;
    if (name === null || kind === 'frozen' || !annotation.isSound) continue;
    const first = byName.get(name);
    if (first === undefined) byName.set(name, annotation);
    else if (tierKey(first) !== tierKey(annotation)) {
      const message = `the tier "${name}" says something else on line ${first.comment.line}, so this is another tier, called "${name}-2" or the like in a plan; give it a name of its own or the same words`;
      findings.add('warning', 'duplicate-tier-name', { offset: comment.from, end: comment.to }, message);
    }
  }
}

/** True for tiers whose layers have to be linear in their weights. */
export function needsLinear({ kind, method }: Annotation): boolean {
  return kind === 'lower' || (kind === 'upper' && (method ?? 'rls') === 'rls');
}

/** Reports a layer that its tier cannot hold. */
export function reportUnsolvable(findings: PythonFindings, annotation: Annotation, name: string, reason: string): void {
  const { comment, kind } = annotation;
  const does = kind === 'lower' ? 'solved in one step' : 'learned by recursive least squares';
  const message = `layer "${name.slice(0, 120)}" cannot be ${does}: ${reason}; remove the annotation, or write frozen`;
  findings.add('error', 'layer-not-solvable', { offset: comment.from, end: comment.to }, message, ['# tier: frozen', '']);
}
