import { findBlocks } from '../model/index.ts';
import type { Block, Layer } from '../model/index.ts';
import type { InspectBlock, InspectDocument } from '../protocol/index.ts';
import { summarizeModel } from '../onnx/index.ts';
import type { Environment } from './environment.ts';
import { openModel } from './open-model.ts';

/** What is in a model file. A bad model is a document with diagnostics and no layers; only an unreadable file is an error. */
export async function inspectJob(
  environment: Environment,
  params: { readonly path: string; readonly dims?: Readonly<Record<string, number>> },
): Promise<InspectDocument> {
  const opened = await openModel(environment, params.path, params.dims);
  const file = { path: opened.path, sha256: opened.sha256, bytes: opened.sizeBytes };
  if (opened.content === undefined) {
    return {
      schema: 'tierwise.inspect/1',
      model: { ...file, irVersion: 0, opsets: {}, producer: '', metadata: {}, inputs: [], outputs: [], nodes: 0 },
      totals: { layers: 0, macs: 0, macsComplete: false, parameters: 0, weightBytes: 0 },
      layers: [],
      diagnostics: opened.diagnostics,
    };
  }
  const { model, layers } = opened.content;
  const summary = summarizeModel(model, layers, file, opened.diagnostics);
  return { schema: 'tierwise.inspect/1', ...withBlocks(summary, findBlocks(model.graph, layers), layers) };
}

/** The summary with the repeated blocks of the model and each layer's place in them. */
function withBlocks(
  summary: Omit<InspectDocument, 'schema' | 'blocks'>,
  blocks: readonly Block[],
  layers: readonly Layer[],
): Omit<InspectDocument, 'schema'> {
  if (blocks.length === 0) return summary;
  const blockOf = new Map(blocks.flatMap((block) => block.layers.map((id) => [id, block] as const)));
  const known = new Map(layers.map((layer) => [layer.id, layer]));
  return {
    ...summary,
    layers: summary.layers.map((layer) => {
      const block = blockOf.get(layer.id);
      const role = block?.roles.get(layer.id);
      return { ...layer, ...(block === undefined ? {} : { block: block.index }), ...(role === undefined ? {} : { role }) };
    }),
    blocks: blocks.map(({ roles: _, ...block }): InspectBlock => {
      const own = block.layers.flatMap((id) => known.get(id) ?? []);
      const macs = own.reduce<number | null>((sum, { macs }) => (sum === null || macs === null ? null : sum + macs), 0);
      return { ...block, macs, parameters: own.reduce((sum, layer) => sum + layer.parameters, 0) };
    }),
  };
}
