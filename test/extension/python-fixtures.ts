import type { PythonAnnotation, PythonDocument, PythonLayer, TextRange, TierKind } from '../../solver-core/protocol/index.ts';
import { joules } from './fixtures.ts';

/** A range on one line; one-based. */
export const on = (line: number, column: number, endColumn: number, endLine = line): TextRange => ({ line, column, endLine, endColumn });

export const annotation = (kind: TierKind, range: TextRange, more: Partial<PythonAnnotation> = {}): PythonAnnotation => ({
  kind,
  name: null,
  method: null,
  options: {},
  range,
  ...more,
});

/** A dense layer of a model that was exported. */
export const layer = (name: string, range: TextRange, more: Partial<PythonLayer> = {}): PythonLayer => ({
  name,
  model: 'Net',
  framework: 'torch',
  kind: 'Linear',
  range,
  tier: more.annotation?.kind ?? 'frozen',
  annotation: null,
  parameters: 4160,
  macs: 4096,
  layerId: `/${name}/Gemm`,
  basis: 'model',
  note: null,
  inference: joules(2.2e-6),
  retraining: { sgd: joules(0.13), solve: joules(0.017, 'simulated'), incremental: joules(2e-6) },
  ...more,
});

export const python = (layers: readonly PythonLayer[], more: Partial<PythonDocument> = {}): PythonDocument => ({
  schema: 'tierwise.annotations/1',
  path: '/models/model.py',
  model: '/models/digits.onnx',
  target: 'ecp5-85f',
  layers,
  assumptions: [],
  diagnostics: [],
  ...more,
});
