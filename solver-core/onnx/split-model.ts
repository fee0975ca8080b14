import { create } from '@bufbuild/protobuf';
import { TierwiseError } from '../model/error.ts';
import { quoteName } from '../model/quote.ts';
import { NodeProtoSchema, type GraphProto, type NodeProto, type ValueInfoProto } from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { cutStack, pairStates, stackOf, type Stack } from './split-state.ts';
import { declaredLike } from './split-value.ts';
import { readBy } from './upstream.ts';
import { graphOf, rebuilt } from './write.ts';

/** The two parts of a model: what the upper one reads beside its own state and masks is the cut value, under its own name. */
export interface SplitModel {
  /** Outputs: the cut value, then the states of its own layers and whatever else does not depend on the cut. */
  readonly lower: OnnxModel;
  /** Inputs: the cut value, then the model's inputs that it needs; outputs: those of the model that depend on the cut. */
  readonly upper: OnnxModel;
}

/** A model taken apart, not yet as two graphs. */
interface Anatomy {
  readonly graph: GraphProto;
  readonly cut: string;
  readonly producers: ReadonlyMap<string, NodeProto>;
  /** Values that depend on the cut, itself included. */
  readonly after: ReadonlySet<string>;
  /** Values computed from the content of inputs that are no state; a shape is not content. */
  readonly content: ReadonlySet<string>;
  /** State inputs by the name of their output. */
  readonly states: ReadonlyMap<string, string>;
}

/**
 * Cuts a model at an inner value into two models that compose to the whole: the lower one computes the value, the upper one goes on from it.
 * Both run the very nodes of the model: the same bits, but for convolutions that a runtime fuses with what follows them across the cut. A state that is one tensor stacked of the layers' pieces is cut along the stack, so that each part
 * carries the rows of its own layers; where it is read in another way than row by row, each part carries all of it and passes the other's
 * rows on. Masks and positions made from the shape of an input are computed in both parts, so the upper part takes that input too.
 * Throws TierwiseError: `cut-unknown` when no node gives the value, `not-a-cut` naming a value that goes past it, `state-not-cut` when a part
 * would need a state that the other one makes. O(nodes + edges).
 */
export function splitModel(model: OnnxModel, cut: string): SplitModel {
  const anatomy = anatomyOf(model, cut);
  const { graph, after, states } = anatomy;
  const lowerOutputs: ValueInfoProto[] = [declaredLike(model, cut)];
  const upperOutputs: ValueInfoProto[] = [];
  const stacks: Stack[] = [];
  for (const output of graph.output) {
    const name = output.name ?? '';
    if (!after.has(name)) {
      lowerOutputs.push(output);
      continue;
    }
    const stack = stackOf(graph, anatomy.producers.get(name), states.get(name), (piece) => after.has(piece));
    if (stack === null) upperOutputs.push(output);
    else stacks.push(stack);
  }
  if (upperOutputs.every(({ name }) => name === cut)) throw notACut(cut, 'no other output of the model depends on it');
  const stackNames = new Set(stacks.map(({ output }) => output));
  const lowerNeeds = needed(anatomy, [cut, ...lowerOutputs.map(({ name }) => name ?? ''), ...stacks.flatMap(({ lower }) => lower)], null);
  const upperNeeds = needed(anatomy, [...upperOutputs.map(({ name }) => name ?? ''), ...stacks.flatMap(({ upper }) => upper)], cut);
  requireCut(anatomy, upperNeeds);
  requireOwnStates(anatomy, stackNames, lowerNeeds, upperNeeds);
  const whole = graph.output.filter(({ name }) => stackNames.has(name ?? ''));
  const parts = { lower: partOf(graph, lowerNeeds, 'lower'), upper: partOf(graph, upperNeeds, 'upper') };
  const lower = cutStack({ ...parts.lower, output: [...lowerOutputs, ...whole] }, stacks, 'lower');
  const upper = cutStack(
    {
      ...parts.upper,
      input: [declaredLike(model, cut), ...parts.upper.input],
      output: graph.output.filter((output) => upperOutputs.includes(output) || whole.includes(output)),
    },
    stacks,
    'upper',
  );
  return { lower: rebuilt(model, lower), upper: rebuilt(model, upper) };
}

function anatomyOf(model: OnnxModel, cut: string): Anatomy {
  const graph = graphOf(model);
  const producers = new Map<string, NodeProto>();
  for (const node of graph.node) for (const name of node.output) if (name !== '') producers.set(name, node);
  if (!producers.has(cut))
    throw new TierwiseError(
      'cut-unknown',
      `no node of the model gives a value named ${quoteName(cut)}`,
      'Cut at the output of a block or layer; `tierwise inspect` lists them.',
    );
  const states = pairStates(graph);
  const stored = new Set(graph.initializer.map(({ name }) => name ?? ''));
  const stateInputs = new Set(states.values());
  const main = graph.input.map(({ name }) => name ?? '').filter((name) => !stored.has(name) && !stateInputs.has(name));
  const readers = readersOf(graph);
  const content = reached(readers, main, (node) => node.opType !== 'Shape' && node.opType !== 'Size');
  if (!content.has(cut)) throw notACut(cut, 'it does not depend on what the model reads');
  return { graph, cut, producers, states, content, after: reached(readers, [cut], () => true) };
}

function readersOf(graph: GraphProto): ReadonlyMap<string, readonly NodeProto[]> {
  const readers = new Map<string, NodeProto[]>();
  for (const node of graph.node)
    for (const name of readBy(node)) {
      const list = readers.get(name);
      if (list === undefined) readers.set(name, [node]);
      else list.push(node);
    }
  return readers;
}

/** All values computed from these by nodes that `passes` lets through, these included. */
function reached(
  readers: ReadonlyMap<string, readonly NodeProto[]>,
  from: readonly string[],
  passes: (node: NodeProto) => boolean,
): ReadonlySet<string> {
  const found = new Set(from);
  // A set is gone through with what is added on the way.
  for (const name of found)
    for (const node of readers.get(name) ?? []) if (passes(node)) for (const output of node.output) if (output !== '') found.add(output);
  return found;
}

/** Values that it takes to compute some values, these included; nothing below `stop`. */
function needed({ producers }: Anatomy, values: readonly string[], stop: string | null): ReadonlySet<string> {
  const found = new Set(values);
  for (const name of found) {
    const node = name === stop ? undefined : producers.get(name);
    if (node !== undefined) for (const read of readBy(node)) if (read !== '') found.add(read);
  }
  if (stop !== null) found.delete(stop);
  return found;
}

function requireCut({ producers, content, after, cut }: Anatomy, upperNeeds: ReadonlySet<string>): void {
  for (const name of upperNeeds) {
    const node = producers.get(name);
    if (node !== undefined && content.has(name) && !after.has(name))
      throw notACut(cut, `what follows also reads ${quoteName(name)} (${node.opType}), which goes past it`);
  }
}

/** A state that is no stack belongs to the part that makes it, and nobody else may read it. */
function requireOwnStates(
  { states, after }: Anatomy,
  stacks: ReadonlySet<string>,
  lowerNeeds: ReadonlySet<string>,
  upperNeeds: ReadonlySet<string>,
): void {
  for (const [output, input] of states) {
    if (stacks.has(output)) continue;
    const isUpper = after.has(output);
    if (!(isUpper ? lowerNeeds : upperNeeds).has(input)) continue;
    throw new TierwiseError(
      'state-not-cut',
      `the ${isUpper ? 'lower' : 'upper'} part reads the state ${quoteName(input)}, whose next value ${quoteName(output)} only the ${isUpper ? 'upper' : 'lower'} part computes`,
      'Cut between two blocks, or export the state as one tensor per block or stacked along its first dimension.',
    );
  }
}

function notACut(cut: string, why: string): TierwiseError {
  return new TierwiseError(
    'not-a-cut',
    `the model cannot be cut at ${quoteName(cut)}: ${why}`,
    'Cut at the output of a block, where everything passes through one value; `tierwise inspect` lists the blocks.',
  );
}

function partOf(graph: GraphProto, needs: ReadonlySet<string>, name: string): GraphProto {
  const node = graph.node.filter(({ output }) => output.some((value) => needs.has(value))).map((n) => create(NodeProtoSchema, n));
  return {
    ...graph,
    name: `${graph.name ?? 'model'}_${name}`,
    node,
    initializer: graph.initializer.filter((tensor) => needs.has(tensor.name ?? '')),
    sparseInitializer: graph.sparseInitializer.filter(({ values }) => needs.has(values?.name ?? '')),
    input: graph.input.filter((value) => needs.has(value.name ?? '')),
    valueInfo: graph.valueInfo.filter((value) => needs.has(value.name ?? '')),
    quantizationAnnotation: graph.quantizationAnnotation.filter(({ tensorName }) => needs.has(tensorName ?? '')),
  };
}
