import { dirname, resolve } from 'node:path';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Layer } from '../model/layer.ts';
import { findLayers, inferShapes } from '../model/index.ts';
import type { InferredShapes } from '../model/index.ts';
import { readModel } from '../onnx/index.ts';
import type { OnnxModel } from '../onnx/index.ts';
import { checkExternal } from '../runtime/external-files.ts';
import type { Environment } from './environment.ts';
import { maxModelBytes, readRegularFile, sha256 } from './files.ts';

/** A model file with everything that is derived from it. */
export interface OpenedModel {
  readonly path: string;
  readonly sizeBytes: number;
  readonly sha256: string;
  /** Undefined when the file is not a usable model; `diagnostics` says why. */
  readonly content: { readonly model: OnnxModel; readonly shapes: InferredShapes; readonly layers: readonly Layer[] } | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

/**
 * Reads a model file. A bad model is a value without content; throws TierwiseError only when the file cannot be read.
 * `dims` gives symbolic dimensions a size (default 1). The result is shared and must not be changed.
 */
export function openModel(environment: Environment, path: string, dims: Readonly<Record<string, number>> = {}): Promise<OpenedModel> {
  return environment.models.get(path, () => read(path, dims), JSON.stringify(dims));
}

async function read(path: string, dims: Readonly<Record<string, number>>): Promise<OpenedModel> {
  const absolute = resolve(path);
  const bytes = await readRegularFile(absolute, maxModelBytes);
  const common = { path: absolute, sizeBytes: bytes.length, sha256: sha256(bytes) };
  const decoded = readModel(bytes);
  if (decoded.value === undefined) return { ...common, content: undefined, diagnostics: withPath(absolute, decoded.diagnostics) };
  const model = decoded.value;
  const shapes = inferShapes(model.graph, { named: dims });
  const layers = findLayers(model.graph, shapes);
  return {
    ...common,
    content: { model, shapes, layers },
    diagnostics: withPath(absolute, [...decoded.diagnostics, ...checkExternal(model, dirname(absolute)), ...shapes.diagnostics]),
  };
}

function withPath(path: string, diagnostics: readonly Diagnostic[]): readonly Diagnostic[] {
  return diagnostics.map((d) => ({ ...d, where: { path, ...d.where } }));
}
