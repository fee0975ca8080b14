import type { Layer } from '../model/layer.ts';
import type { LayerEntry, LayersClause } from './generated/ast.ts';
import type { CheckContext } from './context.ts';
import { spanOf, textOf } from './nodes.ts';
import type { Placed } from './nodes.ts';
import { closest } from './suggest.ts';
import { quote, shown } from './text.ts';
import type { Span } from './text.ts';

/** One layer of a tier: its place in the graph (-1 when the model is unknown) and the text that put it there. */
export interface TierLayer {
  readonly id: string;
  readonly index: number;
  readonly span: Span;
}

/** The tier that layers are looked up for. */
export interface TierUse {
  readonly name: string;
  /** What it does that only layers linear in their weights allow, as the end of "cannot be …"; undefined when any layer will do. */
  readonly needsLinear: string | undefined;
}

/** Looks layers up by id and remembers which tier has them; one per plan. */
export interface LayerTable {
  /** The layers that the clauses name, in graph order; reports everything that is wrong with them. */
  resolve(clauses: readonly LayersClause[], tier: TierUse): readonly TierLayer[];
}

/** A table over the model's layers, or, when the model cannot be read, one that takes every single name as it is written. */
export function createLayerTable(context: CheckContext, layers: readonly Layer[] | undefined): LayerTable {
  return layers === undefined ? new WrittenLayers(context) : new KnownLayers(context, layers);
}

class WrittenLayers implements LayerTable {
  private readonly seen = new Set<string>();
  private readonly context: CheckContext;

  constructor(context: CheckContext) {
    this.context = context;
  }

  resolve(clauses: readonly LayersClause[]): readonly TierLayer[] {
    const found: TierLayer[] = [];
    for (const entry of clauses.flatMap((clause) => clause.entries)) {
      for (const name of [textOf(entry, 'from'), textOf(entry, 'to')]) {
        if (name === undefined) continue;
        if (this.seen.has(name.value))
          this.context.findings.add(
            'error',
            'duplicate-layer',
            name.span,
            `layer ${shown(name.value)} is named twice; a layer is in at most one tier`,
          );
        else found.push({ id: name.value, index: -1, span: spanOf(entry) });
        this.seen.add(name.value);
      }
    }
    return found;
  }
}

class KnownLayers implements LayerTable {
  private readonly context: CheckContext;
  private readonly layers: readonly Layer[];
  private readonly indexOf: ReadonlyMap<string, number>;
  /** Name of the tier that took the layer, by index. */
  private readonly owner = new Map<number, string>();

  constructor(context: CheckContext, layers: readonly Layer[]) {
    this.context = context;
    this.layers = layers;
    this.indexOf = new Map(layers.map((layer, index) => [layer.id, index]));
  }

  resolve(clauses: readonly LayersClause[], tier: TierUse): readonly TierLayer[] {
    const found: TierLayer[] = [];
    for (const entry of clauses.flatMap((clause) => clause.entries)) {
      // Overlapping ranges cost the length of the range each, so a full list of findings also ends the work.
      if (this.context.findings.full()) break;
      const ends = this.ends(entry);
      if (ends === undefined) continue;
      const span = spanOf(entry);
      const taken = this.take(ends.first, ends.last, tier.name, span, found);
      if (taken !== undefined) this.reportTaken(taken, tier.name, span);
      if (tier.needsLinear !== undefined) this.reportUnsolvable(ends.first, ends.last, tier.needsLinear, span);
    }
    return found.sort((a, b) => a.index - b.index);
  }

  /** First and last index that an entry covers; undefined when an end is unknown or they are the wrong way round. */
  private ends(entry: LayerEntry): { readonly first: number; readonly last: number } | undefined {
    const from = textOf(entry, 'from');
    const to = textOf(entry, 'to');
    const first = from && this.lookup(from);
    if (to === undefined) {
      // A range whose second end is missing or not closed is not the single layer that its first end names.
      const isSingle = entry.to === undefined && !this.context.text.slice(spanOf(entry).offset, spanOf(entry).end).endsWith('..');
      return first === undefined || !isSingle ? undefined : { first, last: first };
    }
    const last = this.lookup(to);
    if (from === undefined || first === undefined || last === undefined) return undefined;
    if (first > last) {
      this.context.findings.add(
        'error',
        'reversed-range',
        spanOf(entry),
        `${shown(from.value)} comes after ${shown(to.value)} in the model; write the range in graph order`,
        [`${quote(to.value)} .. ${quote(from.value)}`],
      );
      return undefined;
    }
    if (first === last) {
      this.context.findings.add(
        'warning',
        'empty-range',
        spanOf(entry),
        `both ends of the range are ${shown(from.value)}; name the layer alone`,
        [quote(from.value)],
      );
    }
    return { first, last };
  }

  private lookup(name: Placed<string>): number | undefined {
    const index = this.indexOf.get(name.value);
    if (index !== undefined) return index;
    const near = closest(name.value, this.indexOf.keys());
    const advice = near[0] !== undefined ? `did you mean ${shown(near[0])}?` : this.sample();
    this.context.findings.add(
      'error',
      'unknown-layer',
      name.span,
      `the model has no layer ${shown(name.value)}; ${advice}`,
      near.map(quote),
    );
    return undefined;
  }

  private sample(): string {
    const n = this.layers.length;
    if (n === 0) return 'it has no weight-bearing layers at all';
    const some = this.layers
      .slice(0, 4)
      .map((layer) => shown(layer.id, 40))
      .join(', ');
    return `its ${n === 1 ? 'layer is' : `${n} layers are`} ${some}${n > 4 ? ', …' : ''}`;
  }

  /** Gives the free layers of a span to the tier; returns the first that was taken already. */
  private take(
    first: number,
    last: number,
    tier: string,
    span: Span,
    found: TierLayer[],
  ): { readonly index: number; readonly by: string; readonly more: number } | undefined {
    let taken: { readonly index: number; readonly by: string } | undefined;
    let count = 0;
    for (let index = first; index <= last; index++) {
      const by = this.owner.get(index);
      if (by !== undefined) {
        count++;
        taken ??= { index, by };
        continue;
      }
      this.owner.set(index, tier);
      found.push({ id: this.layers[index]?.id ?? '', index, span });
    }
    return taken && { ...taken, more: count - 1 };
  }

  private reportTaken(taken: { readonly index: number; readonly by: string; readonly more: number }, tier: string, span: Span): void {
    const id = shown(this.layers[taken.index]?.id ?? '');
    const where = taken.by === tier ? 'is named twice in this tier' : `is already in the tier ${shown(taken.by)}`;
    const more = taken.more > 0 ? `, as ${taken.more === 1 ? 'is another layer' : `are ${taken.more} other layers`} of this range` : '';
    this.context.findings.add('error', 'duplicate-layer', span, `layer ${id} ${where}${more}; a layer is in at most one tier`);
  }

  private reportUnsolvable(first: number, last: number, does: string, span: Span): void {
    let worst: Layer | undefined;
    let count = 0;
    for (let index = first; index <= last; index++) {
      const layer = this.layers[index];
      if (layer === undefined || layer.linear !== null) continue;
      worst ??= layer;
      count++;
    }
    if (worst === undefined) return;
    const more = count > 1 ? `; neither can ${count === 2 ? 'another layer' : `${count - 1} other layers`} of this range` : '';
    const reason = worst.notSolvable ?? `${worst.op} is not linear in its weights`;
    this.context.findings.add(
      'error',
      'layer-not-solvable',
      span,
      `layer ${shown(worst.id)} cannot be ${does}: ${reason}${more}; take it out of the tier, it then stays frozen`,
    );
  }
}
