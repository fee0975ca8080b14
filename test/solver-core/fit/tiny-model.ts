import { create, toBinary } from '@bufbuild/protobuf';
import {
  AttributeProtoSchema,
  AttributeProto_AttributeType,
  GraphProtoSchema,
  ModelProtoSchema,
  NodeProtoSchema,
  OperatorSetIdProtoSchema,
  TensorProtoSchema,
  ValueInfoProtoSchema,
} from '../../../solver-core/onnx/gen/onnx_pb.ts';
import { createRandom } from '../../../solver-core/fit/prng.ts';

/** One node of a chain; the constants it reads are stored tensors with random values. */
export interface TinyNode {
  readonly op: string;
  readonly name?: string;
  readonly attributes?: Readonly<Record<string, number>>;
  /** Shapes of stored tensors it reads after the running value, by name. */
  readonly stored?: Readonly<Record<string, readonly number[]>>;
}

/** A chain of nodes from input "x" to output "y". Dimensions that are strings stay symbolic. */
export function tinyModel(
  inputShape: readonly (number | string)[],
  nodes: readonly TinyNode[],
  outputShape: readonly (number | string)[],
): Uint8Array {
  const random = createRandom(99, 'tiny model');
  const initializer = nodes.flatMap((node) =>
    Object.entries(node.stored ?? {}).map(([name, dims]) => {
      const floats = Float32Array.from({ length: dims.reduce((a, b) => a * b, 1) }, () => 0.1 * random.normal());
      return create(TensorProtoSchema, { name, dataType: 1, dims: dims.map(BigInt), rawData: new Uint8Array(floats.buffer) });
    }),
  );
  const node = nodes.map((n, i) =>
    create(NodeProtoSchema, {
      name: n.name ?? `n${i}`,
      opType: n.op,
      input: [i === 0 ? 'x' : `v${i - 1}`, ...Object.keys(n.stored ?? {})],
      output: [i === nodes.length - 1 ? 'y' : `v${i}`],
      attribute: Object.entries(n.attributes ?? {}).map(([name, value]) =>
        name.startsWith('trans')
          ? create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.INT, i: BigInt(value) })
          : create(AttributeProtoSchema, { name, type: AttributeProto_AttributeType.FLOAT, f: value }),
      ),
    }),
  );
  const value = (name: string, shape: readonly (number | string)[]) =>
    create(ValueInfoProtoSchema, {
      name,
      type: {
        value: {
          case: 'tensorType',
          value: {
            elemType: 1,
            shape: {
              dim: shape.map((d) => ({
                value: typeof d === 'number' ? { case: 'dimValue' as const, value: BigInt(d) } : { case: 'dimParam' as const, value: d },
              })),
            },
          },
        },
      },
    });
  const graph = create(GraphProtoSchema, {
    name: 'tiny',
    node,
    initializer,
    input: [value('x', inputShape)],
    output: [value('y', outputShape)],
  });
  return toBinary(
    ModelProtoSchema,
    create(ModelProtoSchema, { irVersion: 8n, graph, opsetImport: [create(OperatorSetIdProtoSchema, { domain: '', version: 17n })] }),
  );
}
