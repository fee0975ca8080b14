import type { ModelRunner, ModelRuntime, RunTensor } from '../fit/index.ts';
import { assert } from '../model/error.ts';
import { encodeModel, type OnnxModel } from '../onnx/index.ts';
import { upstreamModel } from '../onnx/upstream.ts';
import type { TextWindows } from './text-loss.ts';
import type { TokenModel } from './token-model.ts';
import { gatherRows, spreadRows } from './token-rows.ts';

/** Windows that a step model runs at once, and tokens of a parallel one. */
const windowsPerStep = 256;
const tokensPerRun = 2 ** 13;

/** What a part of a model runs on. */
export interface PartRows {
  readonly windows: TextWindows;
  /** [all tokens, channels] what enters, under the name of the part's first float input that is no state; null where nothing but ids does. */
  readonly input: Float32Array | null;
  /** Windows [first, first + count). */
  readonly first: number;
  readonly count: number;
}

/** A part of a language model that gives some of its values and computes nothing else. */
export interface PartRunner {
  /** Values at every token, [count * tokens, channels] each; states are zero at the start of a window. */
  run(rows: PartRows): Promise<ReadonlyMap<string, Float32Array>>;
  dispose(): Promise<void>;
}

/** Opens the part of a model that values depend on. Rejects as the runtime does. */
export async function openPart(runtime: ModelRuntime, model: OnnxModel, token: TokenModel, names: readonly string[]): Promise<PartRunner> {
  const part = partFor(model, token, [...new Set(names)]);
  const runner = await runtime.open(encodeModel(part.model));
  return {
    run: (rows) => (token.kind === 'parallel' ? runWhole(runner, part, token, rows) : runSteps(runner, part, token, rows)),
    dispose: () => runner.dispose(),
  };
}

/** What is asked of a model, and its inputs. */
interface Part {
  readonly model: OnnxModel;
  readonly names: readonly string[];
  /** States that are read and made here. */
  readonly states: TokenModel['states'];
  /** Inputs that must be given though nothing reads them, and states that stay zero. */
  readonly idle: readonly string[];
  readonly takesIds: boolean;
  /** The value that enters. */
  readonly entering: string | undefined;
}

function partFor(model: OnnxModel, token: TokenModel, names: readonly string[]): Part {
  const stateInputs = new Set(token.states.map(({ input }) => input));
  const made = new Set(model.graph.nodes.flatMap(({ outputs }) => outputs));
  let states: TokenModel['states'] = [];
  for (;;) {
    const part = upstreamModel(model, [...new Set([...names, ...states.map(({ output }) => output)])]);
    const read = new Set(part.graph.nodes.flatMap(({ inputs }) => inputs));
    const needed = token.states.filter(({ input, output }) => read.has(input) && made.has(output));
    const inputs = part.graph.inputs.map(({ name }) => name);
    if (needed.length === states.length)
      return {
        model: part,
        names,
        states,
        idle: inputs.filter((name) => stateInputs.has(name) && !states.some(({ input }) => input === name)),
        takesIds: inputs.includes(token.ids),
        entering: inputs.find((name) => name !== token.ids && !stateInputs.has(name)),
      };
    states = needed;
  }
}

async function runWhole(runner: ModelRunner, { names, takesIds, entering }: Part, token: TokenModel, rows: PartRows): Promise<Results> {
  const {
    windows: { windows, tokens },
    input,
    first,
    count,
  } = rows;
  const results = new Map<string, Float32Array>();
  const channels = channelsOf(entering, rows);
  const most = Math.max(1, Math.floor(tokensPerRun / tokens));
  for (let done = 0; done < count; done += most) {
    const n = Math.min(most, count - done);
    const [from, to] = [(first + done) * tokens, (first + done + n) * tokens];
    const feeds = new Map<string, RunTensor>();
    if (takesIds) feeds.set(token.ids, { dims: [n, tokens], data: Float32Array.from(windows.subarray(from, to)) });
    if (entering !== undefined && input !== null)
      feeds.set(entering, { dims: [n, tokens, channels], data: input.subarray(from * channels, to * channels) });
    const outputs = await runner.run(feeds, names);
    for (const name of names)
      put(results, name, valueOf(outputs, name).data, { rows: n * tokens, all: count * tokens, first: done * tokens, stride: 1 });
  }
  return results;
}

async function runSteps(runner: ModelRunner, part: Part, token: TokenModel, rows: PartRows): Promise<Results> {
  const {
    windows: { windows, tokens },
    input,
    first,
    count,
  } = rows;
  const { names, states, entering } = part;
  const results = new Map<string, Float32Array>();
  const channels = channelsOf(entering, rows);
  const asked = [...new Set([...names, ...states.map(({ output }) => output)])];
  for (let done = 0; done < count; done += windowsPerStep) {
    const n = Math.min(windowsPerStep, count - done);
    const start = (first + done) * tokens;
    // The runtime is through with its inputs when a run ends, so they are filled anew for every token.
    const ids = new Float32Array(n);
    const entered = new Float32Array(n * channels);
    const feeds = new Map<string, RunTensor>();
    for (const name of [...part.idle, ...states.map((state) => state.input)]) feeds.set(name, zeros(part.model, token, name, n));
    if (part.takesIds) feeds.set(token.ids, { dims: [n], data: ids });
    if (entering !== undefined) feeds.set(entering, { dims: [n, channels], data: entered });
    for (let t = 0; t < tokens; t++) {
      if (part.takesIds) for (let w = 0; w < n; w++) ids[w] = windows[start + w * tokens + t]!;
      if (input !== null) gatherRows(input, channels, entered, start + t, tokens);
      const outputs = await runner.run(feeds, asked);
      for (const name of names)
        put(results, name, valueOf(outputs, name).data, { rows: n, all: count * tokens, first: done * tokens + t, stride: tokens });
      for (const state of states) feeds.set(state.input, valueOf(outputs, state.output));
    }
  }
  return results;
}

type Results = Map<string, Float32Array>;

/** Where rows go: `rows` of them, to every `stride`-th of `all`, from `first` on. */
interface Place {
  readonly rows: number;
  readonly all: number;
  readonly first: number;
  readonly stride: number;
}

function put(results: Results, name: string, data: Float32Array, { rows, all, first, stride }: Place): void {
  const width = data.length / rows;
  let array = results.get(name);
  if (array === undefined) results.set(name, (array = new Float32Array(all * width)));
  spreadRows(data, width, array, first, stride);
}

function channelsOf(entering: string | undefined, { input, windows: { windows } }: PartRows): number {
  assert((entering === undefined) === (input === null), 'a part behind another reads one value');
  return input === null ? 0 : input.length / windows.length;
}

function zeros(model: OnnxModel, { states }: TokenModel, input: string, batch: number): RunTensor {
  const declared = model.graph.inputs.find(({ name }) => name === input)?.shape;
  const shape = declared ?? states.find((state) => state.input === input)?.shape ?? [];
  const dims = shape.map((dim) => (typeof dim === 'number' ? dim : batch));
  return { dims, data: new Float32Array(dims.reduce((a, b) => a * b, 1)) };
}

function valueOf(outputs: ReadonlyMap<string, RunTensor>, name: string): RunTensor {
  const tensor = outputs.get(name);
  assert(tensor !== undefined, `no value ${name}`);
  return tensor;
}
