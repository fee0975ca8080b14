import type { Block } from '../model/blocks.ts';
import type { Layer } from '../model/layer.ts';
import type { LayerEntry } from './generated/ast.ts';
import { blockSpan } from './check-blocks.ts';
import type { CheckContext } from './context.ts';
import { spanOf, textOf } from './nodes.ts';
import type { Placed } from './nodes.ts';
import { closest } from './suggest.ts';
import { isClosed, quote, shown, unquote } from './text.ts';
import type { Span } from './text.ts';

/** One layer of a tier: its place in the graph (-1 when the model is unknown) and the text that put it there. */
export interface TierLayer {
  readonly id: string;
  readonly index: number;
  readonly span: Span;
}

/** The tier or module that layers are looked up for. */
export interface TierUse {
  readonly name: string;
  /** What it is called; a tier by default. */
  readonly kind?: 'tier' | 'module';
  /** What it does that only layers linear in their weights allow, as the end of "cannot be …"; undefined when any layer will do. */
  readonly needsLinear: string | undefined;
}

/** Looks layers up by id and remembers which tier has them; one per plan. */
export interface LayerTable {
  /** The layers that the entries name, in graph order; reports everything that is wrong with them. */
  resolve(entries: readonly LayerEntry[], tier: TierUse): readonly TierLayer[];
}

/**
 * A table over the model's layers and blocks, or, when the model cannot be read, one that takes every single name as it is written and
 * leaves out blocks.
 */
export function createLayerTable(
  context: CheckContext,
  model: { readonly layers: readonly Layer[]; readonly blocks?: readonly Block[] } | undefined,
): LayerTable {
  return model === undefined ? new WrittenLayers(context) : new KnownLayers(context, model.layers, model.blocks ?? []);
}

class WrittenLayers implements LayerTable {
  private readonly seen = new Set<string>();
  private readonly context: CheckContext;

  constructor(context: CheckContext) {
    this.context = context;
  }

  resolve(entries: readonly LayerEntry[]): readonly TierLayer[] {
    const found: TierLayer[] = [];
    for (const entry of entries) {
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
  private readonly blocks: readonly Block[];
  private readonly indexOf: ReadonlyMap<string, number>;
  /** Who took the layer, by index. */
  private readonly owner = new Map<number, TierUse>();

  constructor(context: CheckContext, layers: readonly Layer[], blocks: readonly Block[]) {
    this.context = context;
    this.layers = layers;
    this.blocks = blocks;
    this.indexOf = new Map(layers.map((layer, index) => [layer.id, index]));
  }

  resolve(entries: readonly LayerEntry[], tier: TierUse): readonly TierLayer[] {
    const found: TierLayer[] = [];
    for (const entry of entries) {
      // Overlapping ranges cost the length of the range each, so a full list of findings also ends the work.
      if (this.context.findings.full()) break;
      const covered = entry.blocks ? this.ofBlocks(entry) : this.ofNames(entry);
      if (covered === undefined) continue;
      const span = spanOf(entry);
      const taken = this.take(covered, tier, span, found);
      if (taken !== undefined) this.reportTaken(taken, tier, span);
      if (tier.needsLinear !== undefined) this.reportUnsolvable(covered, tier.needsLinear, span);
    }
    return found.sort((a, b) => a.index - b.index);
  }

  /** Indices of the layers of the blocks of an entry; undefined when there are no such blocks. */
  private ofBlocks(entry: LayerEntry): readonly number[] | undefined {
    const span = blockSpan(this.context, entry, this.blocks, this.layers[0]?.id);
    return (
      span && this.blocks.slice(span.first, span.last + 1).flatMap((block) => block.layers.flatMap((id) => this.indexOf.get(id) ?? []))
    );
  }

  /** Indices that a name or a range of names covers; undefined when an end is unknown or they are the wrong way round. */
  private ofNames(entry: LayerEntry): readonly number[] | undefined {
    const ends = this.ends(entry);
    return ends && Array.from({ length: ends.last - ends.first + 1 }, (_, i) => ends.first + i);
  }

  private ends(entry: LayerEntry): { readonly first: number; readonly last: number } | undefined {
    const single = this.knownName(entry);
    if (single !== undefined) return { first: single, last: single };
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

  /** What most entries of a long list are: one name that the model has. Found without a search in the syntax tree for where it stands. */
  private knownName(entry: LayerEntry): number | undefined {
    const { from, to } = entry;
    if (from === undefined || to !== undefined || !isClosed(from)) return undefined;
    const { offset, end } = spanOf(entry);
    return end - offset === from.length ? this.indexOf.get(unquote(from)) : undefined;
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

  /** Gives the free layers of an entry to the tier; returns the first that was taken already. */
  private take(covered: readonly number[], tier: TierUse, span: Span, found: TierLayer[]): Taken | undefined {
    let taken: { readonly index: number; readonly by: TierUse } | undefined;
    let count = 0;
    for (const index of covered) {
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

  private reportTaken(taken: Taken, tier: TierUse, span: Span): void {
    const id = shown(this.layers[taken.index]?.id ?? '');
    const kind = tier.kind ?? 'tier';
    const other = kind === 'tier' ? `the tier ${shown(taken.by.name)}` : `the ${taken.by.name} module`;
    const where = taken.by === tier ? `is named twice in this ${kind}` : `is already in ${other}`;
    const more = taken.more > 0 ? `, as ${taken.more === 1 ? 'is another layer' : `are ${taken.more} other layers`} of this range` : '';
    this.context.findings.add('error', 'duplicate-layer', span, `layer ${id} ${where}${more}; a layer is in at most one ${kind}`);
  }

  private reportUnsolvable(covered: readonly number[], does: string, span: Span): void {
    let worst: Layer | undefined;
    let count = 0;
    for (const index of covered) {
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

/** A layer that somebody has already, and how many more of the same entry. */
interface Taken {
  readonly index: number;
  readonly by: TierUse;
  readonly more: number;
}
