import { create } from '@bufbuild/protobuf';
import { inferShapes } from '../model/index.ts';
import type { Dtype } from '../model/tensor.ts';
import { TensorProto_DataType, ValueInfoProtoSchema, type ValueInfoProto } from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { graphOf } from './write.ts';

/** Two sizes for each symbol that no model has by chance, so that a size which follows a symbol can be told from one that does not. */
const probes = [
  [10_007, 10_009, 10_037, 10_039, 10_061, 10_067, 10_069, 10_079],
  [20_011, 20_021, 20_023, 20_029, 20_047, 20_051, 20_063, 20_071],
] as const;

/** Declares an inner value as an input or output: as the model does, else as inferred, with the symbols of the model's inputs where its sizes follow them. */
export function declaredLike(model: OnnxModel, name: string): ValueInfoProto {
  const graph = graphOf(model);
  const declared = [...graph.valueInfo, ...graph.output].find((value) => value.name === name && value.type?.value.case === 'tensorType');
  if (declared !== undefined) return declared;
  const symbols = new Set<string>();
  for (const { shape } of model.graph.inputs) for (const dim of shape ?? []) if (typeof dim === 'string') symbols.add(dim);
  const names = [...symbols].slice(0, probes[0].length);
  const facts = probes.map((sizes) =>
    inferShapes(model.graph, {
      named: Object.fromEntries(names.map((symbol, i) => [symbol, sizes[i] ?? 1])),
      fallback: sizes[sizes.length - 1] ?? 1,
    }).values.get(name),
  );
  const [first, second] = facts;
  const elemType = elementType(first?.dtype);
  const shape = first?.shape ?? null;
  const dim = shape?.map((size, i) => {
    const other = second?.shape?.[i];
    const at = names.findIndex((_, s) => size === probes[0][s] && other === probes[1][s]);
    if (at >= 0) return { value: { case: 'dimParam' as const, value: names[at] ?? '' } };
    return typeof size === 'number' && size === other ? { value: { case: 'dimValue' as const, value: BigInt(size) } } : {};
  });
  return create(ValueInfoProtoSchema, {
    name,
    type: { value: { case: 'tensorType', value: { elemType, ...(dim === undefined ? {} : { shape: { dim } }) } } },
  });
}

/** Values between layers are floats of one of these kinds. */
function elementType(dtype: Dtype | undefined): TensorProto_DataType {
  if (dtype === 'float64') return TensorProto_DataType.DOUBLE;
  return dtype === 'float16' ? TensorProto_DataType.FLOAT16 : TensorProto_DataType.FLOAT;
}
