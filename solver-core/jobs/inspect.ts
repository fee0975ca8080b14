import type { InspectDocument } from '../protocol/index.ts';
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
  return { schema: 'tierwise.inspect/1', ...summarizeModel(model, layers, file, opened.diagnostics) };
}
