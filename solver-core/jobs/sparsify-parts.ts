import type { CorrectedLayer, SiteSetting, SparsityState } from '../compress/sparsify/types.ts';
import type { ModelRuntime, RunTensor } from '../fit/index.ts';
import { TierwiseError, assert } from '../model/error.ts';
import type { Block } from '../model/blocks.ts';
import type { Layer } from '../model/layer.ts';
import { encodeModel, splitModel, withGraphOutputs, type OnnxModel } from '../onnx/index.ts';
import type { TextWindows } from './text-loss.ts';
import type { TokenModel } from './token-model.ts';

/** Windows that run at once. */
const windowsPerRun = 64;

/** Inner values of a language model, computed block by block from what enters the block: a correction goes through each block once. */
export interface BlockRunner {
  /** The block that gives a value; null: the value lies in none, or the model cannot be cut there. */
  blockOf(names: readonly string[]): number | null;
  /** Values of a block under a state, [tokens, channels] each, for windows [first, first + count). */
  run(
    state: SparsityState,
    block: number,
    names: readonly string[],
    first: number,
    count: number,
  ): Promise<ReadonlyMap<string, Float32Array>>;
  /** Forgets what was kept of changed models. */
  clear(): void;
}

/** What entered a block for all windows, and under which weights. */
interface Entered {
  /** What was done to the layers before, and to what they read. */
  readonly changes: readonly (SiteSetting | CorrectedLayer | undefined)[];
  readonly values: Float32Array;
}

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
}

/** A runner by blocks; null when the model has no blocks or cannot be cut between them. */
export function openBlockRunner(source: BlockSource): BlockRunner | null {
  const { model, layers, blocks, token, windows, runtime, sparse } = source;
  if (blocks.length < 2) return null;
  let owners: ReadonlyMap<string, number>;
  try {
    owners = ownersOf(model, blocks);
  } catch (error) {
    if (error instanceof TierwiseError) return null;
    throw error;
  }
  const inputOf = new Map(layers.map(({ id, input }) => [id, input]));
  const count = windows.windows.length / windows.tokens;
  // Two models are corrected beside each other at most: the one as it was given, and the sparse one.
  const entered = new Map<string, Entered>();
  const enter = async (state: SparsityState, block: number): Promise<Float32Array | null> => {
    if (block === 0) return null;
    const before = blocks.slice(0, block).flatMap((own) => own.layers);
    const changes = before.flatMap((id) => [state.settings.get(inputOf.get(id) ?? ''), state.corrections.get(id)]);
    const key = `${state.settings.size === 0 && state.corrections.size === 0 ? 'dense' : 'sparse'} ${block}`;
    const known = entered.get(key);
    if (known?.changes.every((change, i) => change === changes[i]) === true) return known.values;
    const input = await enter(state, block - 1);
    const name = blocks[block - 1]?.output ?? '';
    const results = await runPart(runtime, part(sparse(state), blocks, block - 1), [name], { token, windows, input, first: 0, count });
    const values = results.get(name);
    assert(values !== undefined, `no value ${name}`);
    entered.set(key, { changes, values });
    return values;
  };
  return {
    blockOf(names) {
      const found = new Set(names.map((name) => owners.get(name)));
      const [only] = found;
      return found.size === 1 ? (only ?? null) : null;
    },
    async run(state, block, names, first, some) {
      const input = await enter(state, block);
      return await runPart(runtime, part(sparse(state), blocks, block), names, { token, windows, input, first, count: some });
    },
    clear: () => entered.clear(),
  };
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

/** What a part runs on. */
interface PartRows {
  readonly token: TokenModel;
  readonly windows: TextWindows;
  /** [all tokens, channels] what enters, under the name of the part's first float input that is no state; null for the first block. */
  readonly input: Float32Array | null;
  readonly first: number;
  readonly count: number;
}

async function runPart(
  runtime: ModelRuntime,
  model: OnnxModel,
  names: readonly string[],
  { token, windows: { windows, tokens }, input, first, count }: PartRows,
): Promise<ReadonlyMap<string, Float32Array>> {
  const runner = await runtime.open(encodeModel(withGraphOutputs(model, names)));
  const results = new Map<string, Float32Array>();
  const states = token.states.filter((state) => model.graph.inputs.some(({ name }) => name === state.input));
  const stateNames = new Set(states.map((state) => state.input));
  const entering = model.graph.inputs.find(({ name }) => name !== token.ids && !stateNames.has(name))?.name;
  assert((entering === undefined) === (input === null), 'a part behind another reads one value');
  const channels = input === null ? 0 : input.length / windows.length;
  const put = (name: string, { data }: RunTensor, rows: number, target: (row: number) => number): void => {
    const width = data.length / rows;
    let array = results.get(name);
    if (array === undefined) results.set(name, (array = new Float32Array(count * tokens * width)));
    for (let row = 0; row < rows; row++) array.set(data.subarray(row * width, (row + 1) * width), target(row) * width);
  };
  try {
    for (let done = 0; done < count; done += windowsPerRun) {
      const n = Math.min(windowsPerRun, count - done);
      const start = first + done;
      if (token.kind === 'parallel') {
        const feeds = new Map<string, RunTensor>();
        for (const { name } of model.graph.inputs) {
          if (name === token.ids)
            feeds.set(name, { dims: [n, tokens], data: Float32Array.from(windows.subarray(start * tokens, (start + n) * tokens)) });
          else if (name === entering && input !== null)
            feeds.set(name, {
              dims: [n, tokens, channels],
              data: input.subarray(start * tokens * channels, (start + n) * tokens * channels),
            });
        }
        const outputs = await runner.run(feeds, names);
        for (const name of names) put(name, valueOf(outputs, name), n * tokens, (row) => done * tokens + row);
        continue;
      }
      let fed = new Map<string, RunTensor>(
        states.map((state) => {
          const shape = model.graph.inputs.find(({ name }) => name === state.input)?.shape ?? state.shape;
          const dims = shape.map((dim) => (typeof dim === 'number' ? dim : n));
          return [state.input, { dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) }];
        }),
      );
      const asked = [...new Set([...names, ...states.map(({ output }) => output)])];
      for (let t = 0; t < tokens; t++) {
        const feeds = new Map(fed);
        if (model.graph.inputs.some(({ name }) => name === token.ids))
          feeds.set(token.ids, { dims: [n], data: Float32Array.from({ length: n }, (_, w) => windows[(start + w) * tokens + t]!) });
        if (entering !== undefined && input !== null) {
          const data = new Float32Array(n * channels);
          for (let w = 0; w < n; w++) {
            const at = ((start + w) * tokens + t) * channels;
            data.set(input.subarray(at, at + channels), w * channels);
          }
          feeds.set(entering, { dims: [n, channels], data });
        }
        const outputs = await runner.run(feeds, asked);
        for (const name of names) put(name, valueOf(outputs, name), n, (row) => (done + row) * tokens + t);
        fed = new Map(states.map((state) => [state.input, valueOf(outputs, state.output)]));
      }
    }
  } finally {
    await runner.dispose();
  }
  return results;
}

function valueOf(outputs: ReadonlyMap<string, RunTensor>, name: string): RunTensor {
  const tensor = outputs.get(name);
  assert(tensor !== undefined, `no value ${name}`);
  return tensor;
}
