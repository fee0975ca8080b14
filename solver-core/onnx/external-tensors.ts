import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { dtypeBits } from '../model/dtype-bits.ts';
import { exactElements } from '../model/elements.ts';
import { dtypeOf } from './dtype.ts';
import { validateExternalLocation, type ExternalLocation } from './external-data.ts';
import { TensorProto_DataLocation, type AttributeProto, type GraphProto, type TensorProto } from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';

/** An external tensor: where its bytes lie and how many it needs. */
export interface ExternalTensor {
  readonly location: ExternalLocation;
  readonly sizeBytes: number;
}

/** All tensors of a model whose bytes lie outside the file, subgraphs and functions included, and what is wrong with their entries. */
export function externalTensors(model: OnnxModel): Checked<readonly ExternalTensor[]> {
  const found: ExternalTensor[] = [];
  const diagnostics: Diagnostic[] = [];
  for (const tensor of storedTensors(model)) {
    if (tensor.dataLocation !== TensorProto_DataLocation.EXTERNAL) continue;
    const checked = validateExternalLocation(tensor, tensor.name ?? '');
    diagnostics.push(...checked.diagnostics);
    const sizeBytes = Math.ceil((exactElements(tensor.dims) * dtypeBits(dtypeOf(tensor.dataType))) / 8);
    if (checked.value !== undefined && Number.isSafeInteger(sizeBytes)) found.push({ location: checked.value, sizeBytes });
  }
  return { value: found, diagnostics };
}

function* storedTensors(model: OnnxModel): Generator<TensorProto> {
  yield* tensorsOf(model.proto.graph);
  for (const f of model.proto.functions) for (const node of f.node) for (const a of node.attribute) yield* attributeTensors(a);
}

function* tensorsOf(graph: GraphProto | undefined): Generator<TensorProto> {
  if (graph === undefined) return;
  yield* graph.initializer;
  for (const s of graph.sparseInitializer) {
    if (s.values !== undefined) yield s.values;
    if (s.indices !== undefined) yield s.indices;
  }
  for (const node of graph.node) for (const a of node.attribute) yield* attributeTensors(a);
}

function* attributeTensors(a: AttributeProto): Generator<TensorProto> {
  if (a.t !== undefined) yield a.t;
  yield* a.tensors;
  yield* tensorsOf(a.g);
  for (const g of a.graphs) yield* tensorsOf(g);
}
