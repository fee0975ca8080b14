import type { ModelGraph } from '../model/graph.ts';
import type { ModelProto } from './gen/onnx_pb.ts';

/** A model as read from a file. Never changed in place: the functions of write.ts return changed copies that share buffers. */
export interface OnnxModel {
  /** The decoded messages; unknown fields are kept in them. Only files of this folder look inside. */
  readonly proto: ModelProto;
  /** The same model without any notion of how it is stored. */
  readonly graph: ModelGraph;
  /** Size of the file it came from. */
  readonly sizeBytes: number;
}

/** Metadata of a model (`metadata_props`); the last of equal keys wins. */
export function modelMetadata(model: OnnxModel): ReadonlyMap<string, string> {
  return new Map(model.proto.metadataProps.map((e) => [e.key ?? '', e.value ?? '']));
}
