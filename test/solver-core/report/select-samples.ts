import type { Quantity, SelectDocument, SelectPoint, TableSaving } from '../../../solver-core/protocol/index.ts';
import { hostileName } from './samples.ts';

const joules = (value: number, spread = 1.2): Quantity<'J'> => ({
  value,
  unit: 'J',
  low: value / spread,
  high: value * spread,
  source: 'modelled',
  ref: 'sample',
});

const saving = (table: string, cell: string, before: number, share: number): TableSaving => ({
  table,
  cell,
  before: joules(before),
  after: joules(before * (1 - share)),
  saving: share,
});

const perTable = (before: number, share: number): readonly TableSaving[] => [
  saving('horowitz45', 'array', before, share),
  saving('aladdin40', 'array', 2.9 * before, share + 0.02),
  saving('horowitz45', 'booth', before, share - 0.05),
  saving('aladdin40', 'booth', 2.8 * before, share - 0.03),
];

const point = (id: string, label: string, share: number, quality: number, more: Partial<SelectPoint> = {}): SelectPoint => ({
  id,
  label,
  kind: 'candidate',
  macEnergy: joules(15e-9 * (1 - share), 2),
  saving: share,
  metric: 'accuracy',
  quality,
  rows: 479,
  drop: 0.992 - quality,
  allowed: quality >= 0.982,
  chosen: false,
  ...more,
});

/** A selection of two layers, with a third that was left as it is. */
export function selection(more: Partial<SelectDocument> = {}): SelectDocument {
  const hash = '0'.repeat(64);
  return {
    schema: 'tierwise.select/1',
    plan: '/p/digits.tiers',
    model: '/p/digits.fitted.onnx',
    output: '/p/digits.selected.onnx',
    method: 'closed-form',
    values: 'all',
    bits: 8,
    maxDrop: 0.01,
    cell: 'array',
    rows: { calibration: 958, validation: 479, heldOut: 360 },
    layers: [
      { id: '/fc1/Gemm', op: 'Gemm', bits: 8, values: 25, zeros: 0.563, inputLevels: 32, mu: 0.035, compensated: true, outputError: 0.0823, perTable: perTable(2.7e-9, 0.496), left: null },
      { id: '/fc2/Gemm', op: 'Gemm', bits: 8, values: 201, zeros: 0.02, inputLevels: 256, mu: null, compensated: false, outputError: 0.004, perTable: perTable(5.9e-9, 0), left: null },
      { id: '/emb', op: 'MatMul', bits: 16, values: 0, zeros: 0, mu: null, compensated: false, outputError: 0, perTable: [], left: 'its weight is stored as float16; only float32 weights become integers' },
    ],
    points: [
      point('int8', 'int8, rounded', 0, 0.992, { kind: 'baseline' }),
      point('int8-levels', 'int8, rounded, on the same input levels', 0.21, 0.99, { kind: 'baseline' }),
    point('energy-1', 'energy term 0.10', 0.596, 0.973),
      point('energy-2', 'energy term 0.050', 0.539, 0.985, { chosen: true }),
      point('energy-3', 'larger energy term for /fc1/Gemm', 0.551, 0.984, { allowed: false }),
    ],
    saving: {
      baseline: 'int8 weights by rounding, uint8 inputs',
      variant: 'closed form, 8 bits, all values, inputs on 32 to 256 levels',
      perTable: perTable(8.6e-9, 0.53),
      low: 0.53,
      high: 0.55,
      metric: 'accuracy',
      before: 0.994,
      after: 0.989,
      split: 'held-out rows',
      rows: 360,
      source: 'modelled',
    },
    rounded: 0.994,
    whole: { target: 'ecp5-85f', given: joules(6.9e-6, 5), int8: joules(6.3e-6, 5), multiplyAdds: joules(0.2e-6, 5), selected: joules(6.2e-6, 5) },
    seconds: 57.4,
    hashes: { plan: hash, model: hash, data: hash, output: hash, cells: { array: hash, booth: hash } },
    versions: { tierwise: '0.1.0', node: '20.20.2', runtime: 'onnxruntime-node' },
    diagnostics: [
      { code: 'selection-base', severity: 'info', message: 'Selects from the fitted model digits.fitted.onnx.', where: { path: '/p/digits.tiers' } },
    ],
    ...more,
  }; // prettier-ignore
}

/** A selection that found nothing within the drop, of a model with a hostile layer name. */
export function hostileSelection(): SelectDocument {
  const base = selection();
  return {
    ...base,
    output: null,
    saving: null,
    rounded: null,
    whole: null,
    layers: base.layers.map((layer, at) => (at === 0 ? { ...layer, id: hostileName } : layer)),
    points: base.points.map((p) => ({ ...p, label: hostileName, allowed: false })),
    diagnostics: [
      { code: 'nothing-within-drop', severity: 'error', message: `No ${hostileName}`, where: { path: `/p/${hostileName}.tiers` } },
    ],
  };
}
