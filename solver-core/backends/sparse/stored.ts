import { maxFoldedElements, type Attribute, type GraphNode } from '../../model/graph.ts';
import { readTensor, type OnnxModel } from '../../onnx/index.ts';
import { runFailed } from './errors.ts';
import { kindOf, type ValueKind } from './values.ts';

/** Numbers stored in the model, all as float32. */
export interface Stored {
  readonly dims: readonly number[];
  readonly kind: ValueKind;
  readonly data: Float32Array;
}

/** The tensors that the main graph stores: initializers, and values of Constant nodes. */
export interface StoredTensors {
  has(name: string): boolean;
  /** undefined where there is none of that name, or none of numbers. Large ones are read anew every time: they are packed once. */
  read(name: string): Stored | undefined;
}

export function storedTensors(model: OnnxModel): StoredTensors {
  const { nodes, initializers } = model.graph;
  const constants = new Map(
    nodes.filter(({ op, domain }) => op === 'Constant' && domain === '').map((node) => [node.outputs[0] ?? '', node]),
  );
  const small = new Map<string, Stored>();
  return {
    has: (name) => constants.has(name) || initializers.has(name),
    read(name) {
      const known = small.get(name);
      if (known !== undefined) return known;
      const tensor = read(model, name, constants.get(name));
      if (tensor !== undefined && tensor.data.length <= maxFoldedElements) small.set(name, tensor);
      return tensor;
    },
  };
}

function read(model: OnnxModel, name: string, constant: GraphNode | undefined): Stored | undefined {
  const simple = constant === undefined ? undefined : attributeValues(constant.attributes);
  if (simple !== undefined) return simple;
  const attribute = constant?.attributes.get('value');
  const described =
    constant === undefined ? model.graph.initializers.get(name) : attribute?.kind === 'tensor' ? attribute.value : undefined;
  const kind = kindOf(described?.dtype ?? 'unknown');
  if (described === undefined || kind === undefined) return undefined;
  if (described.values !== null) return { dims: described.dims, kind, data: Float32Array.from(described.values) };
  if (kind !== 'float') return undefined;
  const { value, diagnostics } = readTensor(model, name);
  if (value === undefined) throw runFailed(diagnostics[0]?.message.replace(/\.$/, '') ?? 'a tensor cannot be read');
  return { dims: value.dims, kind, data: value.data instanceof Float32Array ? value.data : Float32Array.from(value.data) };
}

/** Constants written as plain attributes (value_float, value_ints and so on). */
function attributeValues(attributes: ReadonlyMap<string, Attribute>): Stored | undefined {
  for (const [name, attribute] of attributes) {
    if (name === 'value') return undefined;
    if (attribute.kind === 'float' || attribute.kind === 'int')
      return { dims: [], kind: attribute.kind, data: Float32Array.of(attribute.value) };
    if (attribute.kind === 'floats' || attribute.kind === 'ints')
      return {
        dims: [attribute.value.length],
        kind: attribute.kind === 'ints' ? 'int' : 'float',
        data: Float32Array.from(attribute.value),
      };
  }
  return undefined;
}
