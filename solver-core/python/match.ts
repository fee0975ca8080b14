import type { LayerFacts } from './layer-facts.ts';
import { pathsOf } from './match-names.ts';

/** A layer of an exported model, as much of it as matching looks at. */
export interface ModelLayer {
  readonly id: string;
  readonly op: string;
  readonly weight: string | null;
  /** Inputs and outputs of its weights, all groups together; null where they are not known. */
  readonly inputs: number | null;
  readonly outputs: number | null;
}

/** A layer of the source, as much of it as matching looks at. */
export interface SourceLayer {
  readonly name: string;
  readonly aliases: readonly string[];
  readonly facts: Pick<LayerFacts, 'ops' | 'inputs' | 'outputs'>;
  /** True where a loop around it is not literal, so that the model may have more of it. */
  readonly isUncertain?: boolean;
}

/** Which layers of a model those of the source are. */
export interface Match {
  /** Index of the model's layer for each of the source; null: none. */
  readonly layers: readonly (number | null)[];
  /** How many agree in name, and in shape where it is known. */
  readonly named: number;
  /** How many more agree in a shape that only one layer of each side has. */
  readonly shaped: number;
  /** How many have the name of a layer with another shape. */
  readonly conflicting: number;
  /** Further turns of loops that are not literal: the layer of the source, that of the model, and its name there. */
  readonly turns: readonly { readonly at: number; readonly index: number; readonly name: string }[];
}

/**
 * Matches the layers of one model of the source with those of an exported model: first by the paths of their weights, with one prefix that
 * the export may have added or left out for all of them, then, for those left, by a shape that only one of each side has. Linear.
 */
export function matchLayers(source: readonly SourceLayer[], model: readonly ModelLayer[]): Match {
  const match = matchPaths(source, model);
  return isConvincing(match, source, model) ? match : (matchTails(source, model) ?? match);
}

function matchPaths(source: readonly SourceLayer[], model: readonly ModelLayer[]): Match {
  const byPath = new Map<string, number>();
  model.forEach((layer, at) => {
    for (const path of pathsOf(layer.weight, layer.id)) if (!byPath.has(path)) byPath.set(path, at);
  });
  const prefix = bestPrefix(source, byPath);
  const layers: (number | null)[] = source.map(() => null);
  const taken = new Set<number>();
  let named = 0;
  let conflicting = 0;
  source.forEach((layer, at) => {
    const found =
      prefix === null
        ? undefined
        : namesOf(layer)
            .map((name) => byPath.get(applied(prefix, name) ?? ''))
            .find((each) => each !== undefined);
    const target = found === undefined ? undefined : model[found];
    if (found === undefined || target === undefined || taken.has(found)) return;
    if (!isAlike(layer, target)) {
      conflicting++;
      return;
    }
    layers[at] = found;
    taken.add(found);
    named++;
  });
  const shaped = conflicting === 0 ? byShape(source, model, layers, taken) : 0;
  const turns = prefix === null ? [] : furtherTurns({ source, model, byPath, prefix, taken });
  return { layers, named, shaped, conflicting, turns };
}

/**
 * Whether a match is good enough to show a model's figures: half of the layers agree, at least one by name and more than contradict; without
 * any name all shapes of both sides have to agree.
 */
export function isConvincing(match: Match, source: readonly SourceLayer[], model: readonly ModelLayer[]): boolean {
  const able = source.filter(({ facts }) => facts.ops !== 'several').length;
  const all = match.named + match.shaped;
  if (match.named === 0) return all >= 2 && all === able && all === model.length;
  return match.conflicting < match.named && all * 2 >= Math.min(able, model.length);
}

/**
 * Where an export keeps only the last part of each path and counts it (key, key_1, key_2: modules that are not called as such), layers with
 * the same last part follow each other in the same order. All of them have to agree in number and shape; undefined otherwise.
 */
function matchTails(source: readonly SourceLayer[], model: readonly ModelLayer[]): Match | undefined {
  const grouped = (names: readonly (string | undefined)[]): Map<string, number[]> => {
    const groups = new Map<string, number[]>();
    names.forEach((name, at) => {
      if (name === undefined) return;
      const list = groups.get(name);
      if (list === undefined) groups.set(name, [at]);
      else list.push(at);
    });
    return groups;
  };
  const tail = (name: string | undefined): string | undefined => name?.slice(name.lastIndexOf('.') + 1);
  const theirs = grouped(model.map(({ weight, id }) => tail(pathsOf(weight, id)[0])?.replace(/_\d+$/, '')));
  const layers: (number | null)[] = source.map(() => null);
  let named = 0;
  for (const [name, own] of grouped(source.map((layer) => tail(layer.name)))) {
    const others = theirs.get(name);
    if (others?.length !== own.length) return undefined;
    for (const [i, at] of own.entries()) {
      const [layer, index] = [source[at], others[i]];
      const target = index === undefined ? undefined : model[index];
      if (layer === undefined || index === undefined || target === undefined || !isAlike(layer, target)) return undefined;
      layers[at] = index;
      named++;
    }
  }
  return named < 2 ? undefined : { layers, named, shaped: 0, conflicting: 0, turns: [] };
}

/** What stands before the names: something that the export has added (`adds`), or has left out. */
interface Prefix {
  readonly adds: boolean;
  readonly text: string;
}

function namesOf(layer: SourceLayer): readonly string[] {
  return [layer.name, ...layer.aliases].filter((name) => name !== '');
}

function applied(prefix: Prefix, name: string): string | null {
  if (prefix.text === '') return name;
  if (prefix.adds) return `${prefix.text}.${name}`;
  return name.startsWith(`${prefix.text}.`) ? name.slice(prefix.text.length + 1) : null;
}

/**
 * Layers of the model that differ from one of a loop in the first number of their path alone (blocks.0.fc and blocks.1.fc) and have a shape
 * that it may have. Where two layers of the source would share them, they are left alone.
 */
function furtherTurns(of: {
  readonly source: readonly SourceLayer[];
  readonly model: readonly ModelLayer[];
  readonly byPath: ReadonlyMap<string, number>;
  readonly prefix: Prefix;
  readonly taken: Set<number>;
}): Match['turns'] {
  const { source, model, byPath, prefix, taken } = of;
  const wanted = new Map<string, number | null>();
  source.forEach((layer, at) => {
    const pattern = layer.isUncertain === true ? starred(layer.name) : null;
    if (pattern !== null) wanted.set(pattern, wanted.has(pattern) ? null : at);
  });
  const turns: { readonly at: number; readonly index: number; readonly name: string }[] = [];
  if (wanted.size === 0) return turns;
  for (const [path, index] of byPath) {
    const name = unapplied(prefix, path);
    const at = name === null ? undefined : wanted.get(starred(name) ?? '');
    const [layer, target] = [at == null ? undefined : source[at], model[index]];
    if (name === null || at == null || layer === undefined || target === undefined || taken.has(index) || !isAlike(layer, target)) continue;
    taken.add(index);
    turns.push({ at, index, name });
  }
  return turns.sort((a, b) => a.index - b.index);
}

/** A path with its first number left open; null without one. */
function starred(name: string): string | null {
  const open = name.replace(/(^|\.)\d+(?=\.|$)/, '$1*');
  return open === name ? null : open;
}

function unapplied(prefix: Prefix, path: string): string | null {
  if (prefix.text === '') return path;
  if (!prefix.adds) return `${prefix.text}.${path}`;
  return path.startsWith(`${prefix.text}.`) ? path.slice(prefix.text.length + 1) : null;
}

/** The prefix that makes most names agree; the shorter one of equals; null where no name agrees. */
function bestPrefix(source: readonly SourceLayer[], byPath: ReadonlyMap<string, number>): Prefix | null {
  const byTail = new Map<string, string[]>();
  for (const path of byPath.keys()) {
    for (let dot = path.indexOf('.'), n = 0; dot >= 0 && n < 12; dot = path.indexOf('.', dot + 1), n++) {
      const tail = path.slice(dot + 1);
      const list = byTail.get(tail);
      if (list === undefined) byTail.set(tail, [path.slice(0, dot)]);
      else if (list.length < 20) list.push(path.slice(0, dot));
    }
  }
  const votes = new Map<string, number>();
  const vote = (key: string): void => {
    votes.set(key, (votes.get(key) ?? 0) + 1);
  };
  for (const layer of source) {
    const keys = new Set<string>();
    for (const name of namesOf(layer)) {
      if (byPath.has(name)) keys.add('+');
      for (const head of byTail.get(name) ?? []) keys.add(`+${head}`);
      for (let dot = name.indexOf('.'), n = 0; dot >= 0 && n < 12; dot = name.indexOf('.', dot + 1), n++)
        if (byPath.has(name.slice(dot + 1))) keys.add(`-${name.slice(0, dot)}`);
    }
    for (const key of keys) vote(key);
  }
  let best: string | null = null;
  for (const [key, count] of votes) {
    const top = best === null ? 0 : (votes.get(best) ?? 0);
    if (count > top || (count === top && best !== null && key.length < best.length)) best = key;
  }
  return best === null ? null : { adds: best.startsWith('+'), text: best.slice(1) };
}

/** What an operator is, whatever form an exporter or quantiser gave it. */
export function familyOf(op: string): string {
  if (op === 'ConvTranspose') return op;
  if (op.includes('Conv')) return 'Conv';
  return ['LSTM', 'GRU', 'RNN'].includes(op) ? op : 'product';
}

function isAlike({ facts }: SourceLayer, target: ModelLayer): boolean {
  if (facts.ops === 'several' || facts.ops !== familyOf(target.op)) return false;
  const same = (a: number | null, b: number | null): boolean => a === null || b === null || a === b;
  return same(facts.inputs, target.inputs) && same(facts.outputs, target.outputs);
}

/** Gives those left a layer of the same shape where each side has only one of it; how many. */
function byShape(source: readonly SourceLayer[], model: readonly ModelLayer[], layers: (number | null)[], taken: Set<number>): number {
  const key = (family: string, inputs: number | null, outputs: number | null): string | null =>
    inputs === null || outputs === null ? null : `${family} ${inputs} ${outputs}`;
  const free = new Map<string, number | null>();
  model.forEach((layer, at) => {
    const own = taken.has(at) ? null : key(familyOf(layer.op), layer.inputs, layer.outputs);
    if (own !== null) free.set(own, free.has(own) ? null : at);
  });
  const wanted = new Map<string, number | null>();
  source.forEach(({ facts }, at) => {
    const own = layers[at] !== null || facts.ops === 'several' ? null : key(facts.ops, facts.inputs, facts.outputs);
    if (own !== null) wanted.set(own, wanted.has(own) ? null : at);
  });
  let count = 0;
  for (const [own, at] of wanted) {
    const found = free.get(own);
    if (at === null || found === null || found === undefined) continue;
    layers[at] = found;
    taken.add(found);
    count++;
  }
  return count;
}
