import { argumentOf, constructorOf } from './constructors.ts';
import { kerasFacts } from './keras-facts.ts';
import { torchFacts } from './torch-facts.ts';
import type { Instance, PyValue } from './values.ts';

/** The operator of the export that computes a layer, with the shapes that its arguments give. */
export interface LayerNode {
  readonly op: 'Gemm' | 'MatMul' | 'Conv' | 'ConvTranspose' | 'RNN' | 'LSTM' | 'GRU';
  /** Shape of what one inference reads, in the order of ONNX. */
  readonly input: readonly number[];
  /** Dimensions of the weights, in the order of ONNX; the bias last where there is one. */
  readonly weights: readonly (readonly number[])[];
  readonly ints?: Readonly<Record<string, number | readonly number[]>>;
  readonly padding?: 'SAME_UPPER' | 'VALID';
}

/** What the arguments of a layer say. */
export interface LayerFacts {
  /** Operators that it may be in an export. */
  readonly ops: 'product' | 'Conv' | 'ConvTranspose' | 'RNN' | 'LSTM' | 'GRU' | 'several';
  /** Inputs and outputs of the weights: features or channels; null where they are not known. */
  readonly inputs: number | null;
  readonly outputs: number | null;
  /** Trainable values; null where an argument is not literal. */
  readonly parameters: number | null;
  /** The operator for an estimate; null where something is missing. */
  readonly node: LayerNode | null;
  /** What is missing for a figure, or what was assumed; null: nothing to say. */
  readonly note: string | null;
  /** Why it cannot be solved in one step, as the end of "cannot be solved: …"; null where it can, or where that is not known. */
  readonly notSolvable: string | null;
}

/** Reads a layer's arguments. */
export type Get = (parameter: string) => PyValue | undefined;

/** Sizes, parameters and operator of a layer, as far as its arguments are literal. */
export function factsOf(instance: Instance): LayerFacts {
  const { framework, type, args } = instance;
  const constructor = framework === null ? undefined : constructorOf(framework, type);
  if (constructor === undefined || framework === null) return nothingKnown;
  const get: Get = (parameter) => {
    const value = argumentOf(constructor, args, parameter);
    // Behind a list that is not literal, every argument may be another one.
    return value ?? (args.complete ? undefined : { kind: 'unknown' });
  };
  return framework === 'torch' ? torchFacts(type, constructor, get) : kerasFacts(type, constructor, get, instance.inputShape);
}

const nothingKnown: LayerFacts = {
  ops: 'several',
  inputs: null,
  outputs: null,
  parameters: null,
  node: null,
  note: null,
  notSolvable: null,
};
