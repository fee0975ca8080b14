import type { CorrectedLayer, SiteSetting, SparsityState } from '../compress/sparsify/types.ts';
import type { ModelRuntime } from '../fit/index.ts';
import { TierwiseError, assert } from '../model/error.ts';
import type { Block } from '../model/blocks.ts';
import type { Layer } from '../model/layer.ts';
import { splitModel, type OnnxModel } from '../onnx/index.ts';
import { openPart, type PartRows, type PartRunner } from './sparsify-part-run.ts';
import type { TextWindows } from './text-loss.ts';
import type { TokenModel } from './token-model.ts';

/** Numbers that kept values of one block of the model as it was given may hold. */
const mostKept = 2 ** 25;

/** Inner values of a language model, computed block by block from what enters the block: a correction goes through each block once. */
export interface BlockRunner {
  /** The block that gives values, or reads them where they enter it; null: they lie in none, or in several. */
  blockOf(names: readonly string[]): number | null;
  /** Values of a block under a state, [tokens, channels] each, for windows [first, first + count). */
  run(
    state: SparsityState,
    block: number,
    names: readonly string[],
    first: number,
    count: number,
  ): Promise<ReadonlyMap<string, Float32Array>>;
  /** What is left of the model behind the blocks that a state leaves as they are; null: it changes the first block, or what is in no block. */
  tail(state: SparsityState): Tail | null;
  /** Forgets what was kept, and frees what was opened for it. */
  clear(): Promise<void>;
}

/** The model under a state from some block on. */
export interface Tail {
  readonly model: OnnxModel;
  /** Runs a changed copy of `model` on all windows, from what enters it in the model as it was given. */
  run(changed: OnnxModel, names: readonly string[]): Promise<ReadonlyMap<string, Float32Array>>;
}

/** What entered a block for all windows, and under which weights. */
interface Entered {
  /** What was done to the layers before, and to what they read. */
  readonly changes: readonly Change[];
  readonly values: Float32Array;
}

type Change = SiteSetting | CorrectedLayer | undefined;

/** What a block runner needs to know. */
export interface BlockSource {
  readonly model: OnnxModel;
  readonly layers: readonly Layer[];
  readonly blocks: readonly Block[];
  readonly token: TokenModel;
  readonly windows: TextWindows;
  readonly runtime: ModelRuntime;
  /** The model under a state. */
  readonly sparse: (state: SparsityState) => OnnxModel;
  /** Values that are asked of the model as it was given again and again, with their widths; those of a block are computed together and kept until another block is asked for. */
  readonly targets: ReadonlyMap<string, number>;
}

/** A runner by blocks; null when the model has no blocks or cannot be cut between them. */
export function openBlockRunner(source: BlockSource): BlockRunner | null {
  const { model, blocks, token } = source;
  const cuts = new Set(blocks.map(({ output }) => output));
  // A model of fixed batches runs as a whole, as does one whose state is what goes from block to block.
  if (blocks.length < 2 || (token.batch ?? null) !== null || token.states.some(({ output }) => cuts.has(output))) return null;
  try {
    return new Blocks(source, ownersOf(model, blocks));
  } catch (error) {
    if (error instanceof TierwiseError) return null;
    throw error;
  }
}

class Blocks implements BlockRunner {
  private readonly source: BlockSource;
  private readonly owners: ReadonlyMap<string, number>;
  private readonly inputOf: ReadonlyMap<string, string>;
  private readonly count: number;
  // Two models are corrected beside each other at most: the one as it was given, and the sparse one.
  private readonly entered = new Map<string, Entered>();
  /** Parts of the model as it was given stay open: they are asked for with every state that is tried. */
  private readonly opened = new Map<string, PartRunner>();
  private kept: { readonly key: string; readonly values: ReadonlyMap<string, Float32Array> } | null = null;

  constructor(source: BlockSource, owners: ReadonlyMap<string, number>) {
    this.source = source;
    this.owners = owners;
    this.inputOf = new Map(source.layers.map(({ id, input }) => [id, input]));
    this.count = source.windows.windows.length / source.windows.tokens;
  }

  blockOf(names: readonly string[]): number | null {
    const owners = names.map((name) => this.owners.get(name) ?? -1);
    const last = Math.max(-1, ...owners);
    const entering = this.source.blocks[last - 1]?.output;
    return last >= 0 && names.every((name, i) => owners[i] === last || name === entering) ? last : null;
  }

  async run(
    state: SparsityState,
    block: number,
    names: readonly string[],
    first: number,
    count: number,
  ): Promise<ReadonlyMap<string, Float32Array>> {
    const input = await this.enter(state, block);
    const entering = this.source.blocks[block - 1]?.output;
    if (input !== null && entering !== undefined && names.includes(entering)) {
      const others = names.filter((name) => name !== entering);
      const values = others.length === 0 ? [] : await this.run(state, block, others, first, count);
      const perWindow = input.length / this.count;
      return new Map([...values, [entering, input.subarray(first * perWindow, (first + count) * perWindow)]]);
    }
    const rows = { windows: this.source.windows, input, first, count };
    if (!this.isDense(state, block + 1)) return await this.runOnce(part(this.source.sparse(state), this.source.blocks, block), names, rows);
    const all = this.together(block, names, count);
    if (all === null) return await this.runDense(block, names, rows);
    const key = `${block} ${first} ${count}`;
    if (this.kept?.key !== key) {
      // What was kept goes before the next is made, so that one block's values are held at a time.
      this.kept = null;
      this.kept = { key, values: await this.runDense(block, all, rows) };
    }
    return this.kept.values;
  }

  tail(state: SparsityState): Tail | null {
    const { blocks, sparse, windows, token, runtime } = this.source;
    const inside = new Set(blocks.flatMap(({ layers }) => layers));
    const changed = this.source.layers.filter(({ id }) => this.changesOf(state, id).some((change) => change !== undefined));
    const block = blocks.findIndex(({ layers }) => changed.some(({ id }) => layers.includes(id)));
    const before = blocks[block - 1];
    if (before === undefined || changed.some(({ id }) => !inside.has(id))) return null;
    return {
      model: splitModel(sparse(state), before.output).upper,
      run: async (whole, names) => {
        const input = await this.enter(state, block);
        const runner = await openPart(runtime, whole, token, names);
        try {
          return await runner.run({ windows, input, first: 0, count: this.count });
        } finally {
          await runner.dispose();
        }
      },
    };
  }

  async clear(): Promise<void> {
    this.entered.clear();
    this.kept = null;
    const runners = [...this.opened.values()];
    this.opened.clear();
    for (const runner of runners) await runner.dispose();
  }

  /** What enters a block for all windows; null: the block reads the model's own inputs. */
  private async enter(state: SparsityState, block: number): Promise<Float32Array | null> {
    if (block === 0) return null;
    const { blocks, windows } = this.source;
    const changes = this.changes(state, block);
    const dense = this.isDense(state, block);
    const key = `${dense ? 'dense' : 'sparse'} ${block}`;
    const known = this.entered.get(key);
    if (known?.changes.every((change, i) => change === changes[i]) === true) return known.values;
    const rows = { windows, input: await this.enter(state, block - 1), first: 0, count: this.count };
    const name = blocks[block - 1]?.output ?? '';
    const results = dense
      ? await this.runDense(block - 1, [name], rows)
      : await this.runOnce(part(this.source.sparse(state), blocks, block - 1), [name], rows);
    const values = results.get(name);
    assert(values !== undefined, `no value ${name}`);
    this.entered.set(key, { changes, values });
    return values;
  }

  /** Whether nothing differs from the model as it was given in the first so many blocks. */
  private isDense(state: SparsityState, blocks: number): boolean {
    return this.changes(state, blocks).every((change) => change === undefined);
  }

  private changes(state: SparsityState, blocks: number): readonly Change[] {
    return this.source.blocks.slice(0, blocks).flatMap(({ layers }) => layers.flatMap((id) => this.changesOf(state, id)));
  }

  private changesOf({ settings, corrections }: SparsityState, id: string): readonly Change[] {
    return [settings.get(this.inputOf.get(id) ?? ''), corrections.get(id)];
  }

  /** All targets of a block, when what is asked is among them and there is room for all; null otherwise. */
  private together(block: number, names: readonly string[], count: number): readonly string[] | null {
    const { targets, windows } = this.source;
    const own = [...targets].filter(([name]) => this.owners.get(name) === block);
    const width = own.reduce((sum, [, channels]) => sum + channels, 0);
    if (names.some((name) => !targets.has(name)) || width * count * windows.tokens > mostKept) return null;
    return own.map(([name]) => name);
  }

  private async runDense(block: number, names: readonly string[], rows: PartRows): Promise<ReadonlyMap<string, Float32Array>> {
    const { model, blocks, runtime, token } = this.source;
    const key = JSON.stringify([block, names]);
    let runner = this.opened.get(key);
    if (runner === undefined) this.opened.set(key, (runner = await openPart(runtime, part(model, blocks, block), token, names)));
    return await runner.run(rows);
  }

  private async runOnce(model: OnnxModel, names: readonly string[], rows: PartRows): Promise<ReadonlyMap<string, Float32Array>> {
    const runner = await openPart(this.source.runtime, model, this.source.token, names);
    try {
      return await runner.run(rows);
    } finally {
      await runner.dispose();
    }
  }
}

/** Block number of every value that a block computes. Throws where the model cannot be cut. */
function ownersOf(model: OnnxModel, blocks: readonly Block[]): ReadonlyMap<string, number> {
  const owners = new Map<string, number>();
  for (const { index } of blocks) {
    const stored = blocks[index - 1]?.output;
    for (const node of part(model, blocks, index).graph.nodes)
      for (const name of node.outputs) if (!owners.has(name)) owners.set(name, index);
    if (stored !== undefined) assert(owners.has(stored), `block ${index - 1} gives what block ${index} reads`);
  }
  return owners;
}

/** One block as a model: the first also holds what is before it. */
function part(model: OnnxModel, blocks: readonly Block[], block: number): OnnxModel {
  const before = blocks[block - 1];
  const own = blocks[block];
  assert(own !== undefined, `there is no block ${block}`);
  const upper = before === undefined ? model : splitModel(model, before.output).upper;
  return splitModel(upper, own.output).lower;
}
