import type { Attribute } from '../../model/graph.ts';
import { readTensor, type OnnxModel } from '../../onnx/index.ts';
import { runFailed } from './errors.ts';
import { kindOf, type ValueKind } from './values.ts';

/** Numbers stored in the model, all as float32. */
export interface Stored {
  readonly dims: readonly number[];
  readonly kind: ValueKind;
  readonly data: Float32Array;
}

/** A tensor that the main graph stores: an initializer, or the value of a Constant node; undefined when there is none of that name. */
export function storedTensor(model: OnnxModel, name: string): Stored | undefined {
  const { graph } = model;
  const info = graph.initializers.get(name);
  if (info === undefined) {
    const constant = graph.nodes.find((node) => node.op === 'Constant' && node.domain === '' && node.outputs[0] === name);
    if (constant === undefined) return undefined;
    const simple = attributeValues(constant.attributes);
    if (simple !== undefined) return simple;
  }
  const described = info ?? constantInfo(model, name);
  const kind = kindOf(described?.dtype ?? 'unknown');
  if (described === undefined || kind === undefined) return undefined;
  if (kind === 'float') {
    const { value, diagnostics } = readTensor(model, name);
    if (value === undefined) throw runFailed(diagnostics[0]?.message.replace(/\.$/, '') ?? 'a tensor cannot be read');
    return { dims: value.dims, kind, data: value.data instanceof Float32Array ? value.data : Float32Array.from(value.data) };
  }
  return described.values === null ? undefined : { dims: described.dims, kind, data: Float32Array.from(described.values) };
}

function constantInfo(model: OnnxModel, name: string) {
  const value = model.graph.nodes.find((node) => node.op === 'Constant' && node.outputs[0] === name)?.attributes.get('value');
  return value?.kind === 'tensor' ? value.value : undefined;
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
