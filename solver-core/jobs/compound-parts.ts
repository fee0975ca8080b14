import { denseHead } from './learn-head.ts';
import type { Layer } from '../model/layer.ts';
import { TierwiseError } from '../model/error.ts';
import { findBlocks } from '../model/blocks.ts';
import type { Block } from '../model/blocks.ts';
import { findLayers, inferShapes } from '../model/index.ts';
import type { Compound } from '../model/plan.ts';
import { quoteName } from '../model/quote.ts';
import type { Dim, Shape } from '../model/tensor.ts';
import { joinModels, keepInputs, splitModel, upstreamModel } from '../onnx/index.ts';
import type { OnnxModel, PlainHead } from '../onnx/index.ts';
import { lowerCut, upperEnd } from './compound-cut.ts';
import { plainHead } from './plain-head.ts';
import type { OpenedModel } from './open-model.ts';
import type { TokenModel, TokenState } from './token-model.ts';

/** One of the two modules of a compound model, before it runs. */
export interface ModulePart {
  /** "blocks 0..3 of rwkv.onnx", "small.onnx". */
  readonly name: string;
  /** Gives `features`, and what the other part reads, and its states. */
  readonly model: OnnxModel;
  /** The value its own head reads, and the numbers of it per decision. */
  readonly features: string;
  readonly width: number;
  /** Name and shape of the value it reads beside ids and states. */
  readonly input: { readonly name: string; readonly shape: Shape };
  /** What it reads: the raw row or tokens, or what the lower module gives. */
  readonly reads: 'source' | 'hidden';
  readonly states: readonly TokenState[];
  /** Token ids, where it takes them (for masks, above a cut); null: it takes none. */
  readonly ids: string | null;
  /** The head that the model has on these features; null: none. */
  readonly head: PlainHead | null;
  /** Weight layers of the module without its head, for prices. */
  readonly layers: readonly Layer[];
}

/** A model taken apart as a plan says. */
export interface CompoundParts {
  readonly lower: ModulePart;
  readonly upper: ModulePart;
  /** The value that is represented, cached, and handed to the upper module, of the lower module's model; with its numbers per token or row. */
  readonly hidden: { readonly name: string; readonly width: number };
  /** Turns hidden values into the features of the lower exit; null: they are the features. A model of one input. */
  readonly tail: { readonly model: OnnxModel; readonly input: string; readonly output: string } | null;
}

/** Sizes under which shapes and multiply-adds are counted. */
export interface PartSizes {
  readonly dims: Readonly<Record<string, number>>;
}

/** The two parts of one model: everything up to the lower module's last layer, and what follows. Throws TierwiseError saying what cannot be cut. */
export function partsOfModel(
  opened: OpenedModel,
  content: UsableModel,
  compound: Compound,
  token: TokenModel | null,
  sizes: PartSizes,
): CompoundParts {
  const { model, layers } = content;
  const blocks = findBlocks(model.graph, layers);
  const cut = lowerCut(compound.lower, blocks, layers, opened.path);
  const head = layers.at(-1);
  if (head === undefined) throw new TierwiseError('no-layers', `${opened.path} has no weight layers`, 'Choose a model with layers.');
  const end = upperEnd(compound.upper, cut, blocks, layers, head, opened.path);
  const split = splitModel(model, cut.value);
  const shapes = inferShapes(model.graph, { named: sizes.dims });
  const hiddenWidth = widthOf(shapes.values.get(cut.value)?.shape ?? null, token !== null, cut.value);
  const lowerStates = statesOf(split.lower, token);
  const upperStates = statesOf(split.upper, token);
  const tail = token === null || blocks.length === 0 ? null : exitTail(model, blocks, head);
  const file = fileName(opened.path);
  const upperModel = upstreamModel(split.upper, [end.value, ...upperStates.map(({ output }) => output)]);
  return {
    hidden: { name: cut.value, width: hiddenWidth },
    tail,
    lower: {
      name: `${cut.name} of ${file}`,
      model: upstreamModel(split.lower, [cut.value, ...lowerStates.map(({ output }) => output)]),
      features: cut.value,
      width: tail === null ? hiddenWidth : denseHead(head).width,
      input: inputOf(split.lower, token?.ids ?? null, lowerStates),
      reads: 'source',
      states: lowerStates,
      ids: token?.ids ?? null,
      head: tail === null ? null : plainHead(model, head),
      layers: layersOf(split.lower, sizes),
    },
    upper: {
      name: `${end.name} of ${file}`,
      model: upperModel,
      features: end.value,
      width: end.isHead ? denseHead(head).width : widthOf(shapes.values.get(end.value)?.shape ?? null, token !== null, end.value),
      input: { name: cut.value, shape: split.upper.graph.inputs.find(({ name }) => name === cut.value)?.shape ?? null },
      reads: 'hidden',
      states: upperStates,
      ids: split.upper.graph.inputs.some(({ name }) => name === token?.ids) ? (token?.ids ?? null) : null,
      head: end.isHead ? plainHead(model, head) : null,
      layers: layersOf(upperModel, sizes),
    },
  };
}

/**
 * Two models of their own: each decides with its last dense layer on what enters it. The upper one reads the row itself, or what the lower
 * one gives where the widths say so.
 */
export function partsOfModels(lower: OpenedModel, upper: OpenedModel, sizes: PartSizes): CompoundParts {
  const [low, high] = [wholePart(lower, sizes), wholePart(upper, sizes)];
  const lowInput = elementsOf(low.input.shape);
  const highInput = elementsOf(high.input.shape);
  const readsSource = lowInput === null || highInput === null || lowInput === highInput;
  if (!readsSource && highInput !== low.width)
    throw new TierwiseError(
      'modules-do-not-fit',
      `${upper.path} reads ${highInput} numbers per row; a row has ${lowInput}, and ${lower.path} gives ${low.width}`,
      "Choose an upper model that reads the rows themselves, or the input of the lower model's last layer.",
    );
  return {
    hidden: { name: low.features, width: low.width },
    tail: null,
    lower: low,
    upper: readsSource ? high : { ...high, reads: 'hidden' },
  };
}

/** What is used of a model that was read. */
export interface UsableModel {
  readonly model: OnnxModel;
  readonly layers: readonly Layer[];
}

/** The content of a model that jobs can run. Throws TierwiseError with its first error. */
export function usableContent(opened: OpenedModel): UsableModel {
  const first = opened.diagnostics.find(({ severity }) => severity === 'error');
  if (opened.content !== undefined && first === undefined) return opened.content;
  throw new TierwiseError(
    first?.code ?? 'model-unreadable',
    `${opened.path}: ${first?.message ?? 'the model cannot be read'}`,
    '`tierwise inspect` lists every finding.',
  );
}

function wholePart(opened: OpenedModel, sizes: PartSizes): ModulePart {
  const { model, layers } = usableContent(opened);
  const [input, ...others] = model.graph.inputs;
  if (input === undefined || others.length > 0)
    throw new TierwiseError(
      'one-input-needed',
      `${opened.path} has ${model.graph.inputs.length} inputs; a module that is a model of its own reads exactly one`,
      'Export the model with one input, or name layers of one language model.',
    );
  const head = layers.at(-1);
  if (head === undefined) throw new TierwiseError('no-layers', `${opened.path} has no weight layers`, 'Choose a model with layers.');
  const { value, width } = denseHead(head);
  const part = upstreamModel(model, [value]);
  return {
    name: fileName(opened.path),
    model: part,
    features: value,
    width,
    input: { name: input.name, shape: input.shape },
    reads: 'source',
    states: [],
    ids: null,
    head: plainHead(model, head),
    layers: layersOf(part, sizes),
  };
}

/** The nodes between the last block and the model's head (a normalisation, as a rule), to be run on an earlier value of the same kind. */
function exitTail(model: OnnxModel, blocks: readonly Block[], head: Layer): CompoundParts['tail'] {
  const last = blocks.at(-1);
  const { value } = denseHead(head);
  if (last === undefined || last.output === value) return null;
  try {
    const { upper } = splitModel(model, last.output);
    const part = upstreamModel(upper, [value]);
    const reads = new Set(part.graph.nodes.flatMap(({ inputs }) => inputs));
    const others = part.graph.inputs.filter(({ name }) => name !== last.output && reads.has(name));
    return others.length > 0 ? null : { model: keepInputs(part, [last.output]), input: last.output, output: value };
  } catch (error) {
    if (error instanceof TierwiseError) return null;
    throw error;
  }
}

/** States of a part: those of the whole that it still has, in its own sizes. */
function statesOf(part: OnnxModel, token: TokenModel | null): readonly TokenState[] {
  const { inputs, outputs } = part.graph;
  return (token?.states ?? []).flatMap(({ input, output, shape }) => {
    const own = inputs.find(({ name }) => name === input);
    if (own === undefined || !outputs.some(({ name }) => name === output)) return [];
    return [{ input, output, shape: (own.shape ?? shape).map((dim, i) => (typeof dim === 'number' ? dim : (shape[i] ?? null))) }];
  });
}

function inputOf(part: OnnxModel, ids: string | null, states: readonly TokenState[]): ModulePart['input'] {
  const own =
    part.graph.inputs.find(({ name }) => name === ids) ?? part.graph.inputs.find(({ name }) => !states.some((s) => s.input === name));
  return { name: own?.name ?? '', shape: own?.shape ?? null };
}

function layersOf(model: OnnxModel, { dims }: PartSizes): readonly Layer[] {
  return findLayers(model.graph, inferShapes(model.graph, { named: dims }));
}

/** Numbers per token (last dimension), or per row (all but the first). */
function widthOf(shape: Shape, isText: boolean, name: string): number {
  const dims: readonly Dim[] = isText ? (shape ?? []).slice(-1) : (shape ?? []).slice(1);
  const width = dims.reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : NaN), 1);
  if (shape !== null && dims.length > 0 && Number.isSafeInteger(width) && width > 0) return width;
  throw new TierwiseError(
    'cut-shape-unknown',
    `the value ${quoteName(name)} has the shape ${shape === null ? 'unknown' : `[${shape.map((dim) => dim ?? '?').join(', ')}]`}; a module gives one vector per ${isText ? 'token' : 'row'}`,
    'Cut at a value of known size.',
  );
}

function elementsOf(shape: Shape): number | null {
  if (shape === null) return null;
  const elements = shape.slice(1).reduce<number>((product, dim) => product * (typeof dim === 'number' ? dim : NaN), 1);
  return Number.isSafeInteger(elements) ? elements : null;
}

function fileName(path: string): string {
  return path.replace(/^.*[/\\]/, '');
}

/** The lower module with the exit's tail in it: for the file that is written. */
export function lowerWithTail({ lower, tail, hidden }: CompoundParts): { readonly model: OnnxModel; readonly features: string } {
  if (tail === null) return { model: lower.model, features: lower.features };
  const { model, value } = joinModels(lower.model, hidden.name, tail.model, tail);
  return { model, features: value };
}
