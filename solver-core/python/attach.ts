import type { SyntaxNode } from '@lezer/common';
import type { Annotation } from './annotation.ts';
import type { FoundLayer } from './name-layers.ts';
import type { PythonFindings } from './python-findings.ts';
import type { PythonSource } from './syntax.ts';
import { lineOf } from './syntax.ts';
import type { Site } from './values.ts';

/** What each annotation stands at, by the key of a site. */
export type Attached = ReadonlyMap<string, Annotation>;

/** A place that an annotation can stand at. */
interface Place {
  readonly key: string;
  readonly first: number;
  readonly last: number;
  readonly rank: number;
}

/**
 * Finds the layer, statement or class that each annotation stands at: on its line, or on the comment lines directly above. A layer goes before
 * the statement around it, and that before a class. Reports annotations that stand at nothing and those that share a place.
 */
export function attach(
  source: PythonSource,
  annotations: readonly Annotation[],
  layers: readonly FoundLayer[],
  findings: PythonFindings,
): Attached {
  if (annotations.length === 0) return new Map();
  const used = new Set<string>();
  for (const { instance } of layers) for (let site: Site | null = instance.site; site !== null; site = site.outer) used.add(site.key);
  const places = placesByLine(source, layers, used);
  const attached = new Map<string, Annotation>();
  const lines = source.text.split(/\r\n|\r|\n/);
  for (const annotation of annotations) {
    const { comment } = annotation;
    const line = comment.standsAlone ? lineBelow(lines, comment.line) : comment.line;
    const chosen = line === null ? [] : chosenAt(places, line, comment.standsAlone);
    const span = { offset: comment.from, end: comment.to };
    if (chosen.length === 0) {
      const message =
        'no layer stands on the line of this annotation or directly below it; put it on the line that builds the layer, or on its class';
      findings.add('warning', 'annotation-without-layer', span, message);
      continue;
    }
    const other = chosen.map(({ key }) => attached.get(key)).find((each) => each !== undefined);
    if (other !== undefined) {
      const message = `this layer has an annotation already, on line ${other.comment.line}; the first one counts, remove the other`;
      findings.add('error', 'duplicate-annotation', span, message, ['']);
      continue;
    }
    for (const { key } of chosen) attached.set(key, annotation);
  }
  return attached;
}

/** The annotation that holds for a layer: its own, that of what it is built in, else that of its class. */
export function annotationOf(attached: Attached, layer: FoundLayer): Annotation | null {
  if (attached.size === 0) return null;
  for (const wanted of ['use', 'class'] as const) {
    for (let site = layer.instance.site; site !== null; site = site.outer) {
      const found = site.key.startsWith('k') === (wanted === 'class') ? attached.get(site.key) : undefined;
      if (found !== undefined) return found;
    }
  }
  return null;
}

const ranks = { layer: 0, call: 1, statement: 2, definition: 3 } as const;

function placesByLine(
  source: PythonSource,
  layers: readonly FoundLayer[],
  used: ReadonlySet<string>,
): ReadonlyMap<number, readonly Place[]> {
  const byLine = new Map<number, Place[]>();
  const own = new Set(layers.map(({ span }) => span.offset));
  const note = (line: number, place: Place): void => {
    const list = byLine.get(line);
    if (list === undefined) byLine.set(line, [place]);
    else list.push(place);
  };
  source.tree.iterate({
    enter(ref) {
      const rank = rankOf(ref.name);
      if (rank === undefined) return;
      const key = `${rank === ranks.definition ? 'k' : rank === ranks.statement ? 's' : 'c'}${ref.from}`;
      if (!used.has(key)) return;
      const isLayer = rank === ranks.call && own.has(ref.from);
      const end = rank === ranks.definition ? headerEnd(ref.node) : ref.to;
      const start = rank === ranks.definition && ref.node.parent?.name === 'DecoratedStatement' ? ref.node.parent.from : ref.from;
      const place = { key, first: lineOf(source, start), last: lineOf(source, end), rank: isLayer ? ranks.layer : rank };
      note(place.first, place);
      // Decorators stand above; the line of `class` itself counts too, and so does the last line of what is long.
      const middle = lineOf(source, ref.from);
      if (middle !== place.first) note(middle, place);
      if (place.last !== place.first && place.last !== middle) note(place.last, place);
      if (isLayer) for (let line = place.first + 1; line < Math.min(place.last, place.first + 50); line++) note(line, place);
    },
  });
  return byLine;
}

function rankOf(name: string): number | undefined {
  if (name === 'CallExpression') return ranks.call;
  if (name === 'ClassDefinition' || name === 'FunctionDefinition') return ranks.definition;
  return name.endsWith('Statement') && !['IfStatement', 'TryStatement', 'StatementGroup'].includes(name) ? ranks.statement : undefined;
}

function headerEnd(node: SyntaxNode): number {
  return node.getChild('Body')?.from ?? node.to;
}

function chosenAt(places: ReadonlyMap<number, readonly Place[]>, line: number, standsAlone: boolean): readonly Place[] {
  const all = (places.get(line) ?? []).filter((place) => !standsAlone || place.first === line);
  const best = Math.min(...all.map(({ rank }) => rank));
  const chosen = all.filter(({ rank }) => rank === best);
  if (best !== ranks.layer) return chosen.slice(0, 1);
  // Several layers on one line are all meant; of those that only reach into it, the one that began last.
  const begin = chosen.filter(({ first }) => first === line);
  return unique(begin.length > 0 ? begin : chosen.slice(-1));
}

function unique(places: readonly Place[]): readonly Place[] {
  return [...new Map(places.map((place) => [place.key, place])).values()];
}

/** The line that comment lines stand above; null when something else than comments follows. */
function lineBelow(all: readonly string[], line: number): number | null {
  for (let at = line; at < line + 20; at++) {
    const text = all[at]?.trim();
    if (text === undefined || text === '') return null;
    if (!text.startsWith('#')) return at + 1;
  }
  return null;
}
