import type { AnalysedLayer } from './analyse.ts';
import { isConvincing, matchLayers } from './match.ts';
import type { ModelLayer, SourceLayer } from './match.ts';

/** An exported model that may belong to a file. */
export interface Candidate {
  readonly path: string;
  readonly layers: readonly ModelLayer[];
}

/** The exported model of a file, and the place of each layer of the source in it. */
export interface ChosenModel {
  readonly path: string;
  /** Index of the model's layer by the index of the source's layer. */
  readonly layers: ReadonlyMap<number, number>;
  /** The model of the source that it is an export of. */
  readonly model: string;
  /** Further turns of loops that are not literal, by the index of the source's layer: name and index of the model's layer. */
  readonly turns: readonly { readonly at: number; readonly index: number; readonly name: string }[];
  /** Why some layers of the source have none, by the name of their model in the source. */
  readonly notes: ReadonlyMap<string, string>;
}

/**
 * The candidate with the most agreeing layers; of equals the first. Each exported model belongs to one model of the source: where two
 * agree equally well, to none of them. Null when none is convincing.
 */
export function chooseModel(layers: readonly AnalysedLayer[], candidates: readonly Candidate[]): ChosenModel | null {
  const groups = new Map<string, number[]>();
  layers.forEach(({ model }, at) => {
    const list = groups.get(model);
    if (list === undefined) groups.set(model, [at]);
    else list.push(at);
  });
  let best: { readonly chosen: ChosenModel; readonly score: number } | null = null;
  for (const candidate of candidates) {
    const found = [...groups].flatMap(([model, places]) => {
      const own = places.flatMap((at) => (layers[at] === undefined ? [] : [sourceLayer(layers[at])]));
      const match = matchLayers(own, candidate.layers);
      return isConvincing(match, own, candidate.layers)
        ? [{ model, places, match, score: match.named * 2 + match.shaped - match.conflicting }]
        : [];
    });
    const top = Math.max(0, ...found.map(({ score }) => score));
    const [first, second] = found.filter(({ score }) => score === top);
    if (first === undefined || (best !== null && top <= best.score)) continue;
    const notes = new Map<string, string>();
    if (second !== undefined) {
      for (const { model } of found)
        notes.set(
          model,
          `Several models of this file match ${baseName(candidate.path)} equally well, so none of them is shown with its figures.`,
        );
      best ??= { chosen: { path: candidate.path, layers: new Map(), turns: [], model: '', notes }, score: 0 };
      continue;
    }
    for (const { model } of found)
      if (model !== first.model) notes.set(model, `${baseName(candidate.path)} matches ${first.model} better.`);
    const pairs = first.match.layers.flatMap((index, i) => {
      const at = first.places[i];
      return index === null || at === undefined ? [] : [[at, index] as const];
    });
    const turns = first.match.turns.flatMap((turn) => {
      const at = first.places[turn.at];
      return at === undefined ? [] : [{ ...turn, at }];
    });
    best = { chosen: { path: candidate.path, layers: new Map(pairs), turns, model: first.model, notes }, score: top };
  }
  return best === null || best.chosen.layers.size === 0 ? null : best.chosen;
}

function sourceLayer({ name, aliases, facts, instance }: AnalysedLayer): SourceLayer {
  return { name, aliases, facts, isUncertain: instance.isUncertain };
}

/** The layers with one entry for each turn of a loop that the model knows, and the match of these. */
export function withTurns(
  layers: readonly AnalysedLayer[],
  chosen: ChosenModel,
): { readonly layers: readonly AnalysedLayer[]; readonly chosen: ChosenModel } {
  if (chosen.turns.length === 0) return { layers, chosen };
  const byLayer = new Map<number, { readonly index: number; readonly name: string }[]>();
  for (const { at, index, name } of chosen.turns) byLayer.set(at, [...(byLayer.get(at) ?? []), { index, name }]);
  const all: AnalysedLayer[] = [];
  const places = new Map<number, number>();
  layers.forEach((layer, at) => {
    const own = chosen.layers.get(at);
    if (own !== undefined) places.set(all.length, own);
    all.push(layer);
    for (const { index, name } of byLayer.get(at) ?? []) {
      places.set(all.length, index);
      all.push({ ...layer, name });
    }
  });
  return { layers: all, chosen: { ...chosen, layers: places, turns: [] } };
}

function baseName(path: string): string {
  return path.slice(Math.max(path.lastIndexOf('/'), path.lastIndexOf('\\')) + 1);
}
