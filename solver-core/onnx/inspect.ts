import type { Diagnostic } from '../model/diagnostic.ts';
import type { ValueInfo } from '../model/graph.ts';
import type { Layer } from '../model/layer.ts';
import { findLayers } from '../model/layers.ts';
import { inferShapes, type DimBindings } from '../model/shape-inference/infer.ts';
import type { Shape } from '../model/tensor.ts';
import { modelMetadata, type OnnxModel } from './model.ts';

/** What is known of the file that a model was read from. */
export interface ModelFile {
  readonly path: string;
  /** Hash of the file in hexadecimal. */
  readonly sha256: string;
  /** Size of the file. */
  readonly bytes: number;
}

/** A value of the model's signature. Symbolic dimensions keep their names. */
export interface SignatureValue {
  readonly name: string;
  readonly dtype: string;
  readonly shape: Shape;
}

/** One layer as `inspect` shows it. */
export interface LayerSummary {
  readonly id: string;
  readonly op: string;
  readonly inputShape: Shape;
  readonly outputShape: Shape;
  readonly macs: number | null;
  readonly parameters: number;
  readonly weightBytes: number;
  readonly weight: string | null;
  readonly fitted: string | null;
}

/** Everything `inspect` says about a model; has the fields of the document `tierwise.inspect/1` but its schema name. */
export interface ModelSummary {
  readonly model: {
    readonly path: string;
    readonly irVersion: number;
    readonly opsets: Readonly<Record<string, number>>;
    readonly sha256: string;
    readonly bytes: number;
    readonly producer: string;
    readonly metadata: Readonly<Record<string, string>>;
    readonly inputs: readonly SignatureValue[];
    readonly outputs: readonly SignatureValue[];
    readonly nodes: number;
  };
  readonly totals: {
    readonly layers: number;
    readonly macs: number;
    readonly macsComplete: boolean;
    readonly parameters: number;
    readonly weightBytes: number;
  };
  readonly layers: readonly LayerSummary[];
  readonly diagnostics: readonly Diagnostic[];
}

/** Metadata key under which a fit records how the weights of a layer came about. */
export function fitMetadataKey(layerId: string): string {
  return `tierwise.fit.${layerId}`;
}

/** Infers shapes with the given dimensions and summarises the model. `diagnostics`: findings made before, put first. */
export function inspectModel(
  model: OnnxModel,
  file: ModelFile,
  dims: DimBindings = {},
  diagnostics: readonly Diagnostic[] = [],
): ModelSummary {
  const shapes = inferShapes(model.graph, dims);
  return summarizeModel(model, findLayers(model.graph, shapes), file, [...diagnostics, ...shapes.diagnostics]);
}

/** Summarises a model whose layers were found already. A weight that several layers share counts once in the totals. */
export function summarizeModel(
  model: OnnxModel,
  layers: readonly Layer[],
  file: ModelFile,
  diagnostics: readonly Diagnostic[],
): ModelSummary {
  const { proto, graph } = model;
  const metadata = modelMetadata(model);
  const seen = new Set<string>();
  const totals = { layers: layers.length, macs: 0, macsComplete: true, parameters: 0, weightBytes: 0 };
  for (const layer of layers) {
    totals.macs += layer.macs ?? 0;
    totals.macsComplete &&= layer.macs !== null;
    if (layer.weight !== null && seen.has(layer.weight)) continue;
    if (layer.weight !== null) seen.add(layer.weight);
    totals.parameters += layer.parameters;
    totals.weightBytes += layer.weightBytes;
  }
  return {
    model: {
      ...file,
      irVersion: Number(proto.irVersion ?? 0n),
      opsets: plainRecord([...graph.opsets].map(([domain, version]) => [domain === '' ? 'ai.onnx' : domain, version])),
      producer: [proto.producerName, proto.producerVersion].filter((s) => s !== undefined && s !== '').join(' '),
      metadata: plainRecord([...metadata]),
      inputs: graph.inputs.map(signature),
      outputs: graph.outputs.map(signature),
      nodes: graph.nodes.length,
    },
    totals,
    layers: layers.map((layer) => layerSummary(layer, metadata)),
    diagnostics,
  };
}

function layerSummary(layer: Layer, metadata: ReadonlyMap<string, string>): LayerSummary {
  const { id, op, inputShape, outputShape, macs, parameters, weightBytes, weight } = layer;
  return { id, op, inputShape, outputShape, macs, parameters, weightBytes, weight, fitted: metadata.get(fitMetadataKey(id)) ?? null };
}

function signature({ name, dtype, shape }: ValueInfo): SignatureValue {
  return { name, dtype, shape };
}

/** Own properties only, whatever the keys are: names come from the file, and one of them may be __proto__. */
function plainRecord<T>(entries: readonly (readonly [string, T])[]): Readonly<Record<string, T>> {
  return Object.fromEntries(entries);
}
