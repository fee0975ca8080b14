import type { SelectDocument, SelectPoint, TableSaving } from '../../solver-core/protocol/index.ts';
import { hostileId, joules } from './fixtures.ts';

export const point = (id: string, patch: Partial<SelectPoint> = {}): SelectPoint => ({
  id,
  label: id,
  kind: 'candidate',
  macEnergy: joules(1e-8, 'simulated'),
  saving: 0.5,
  metric: 'accuracy',
  quality: 0.98,
  rows: 479,
  drop: 0.004,
  allowed: true,
  chosen: false,
  ...patch,
});

const entry = (table: string, cell: string, saving: number): TableSaving => ({
  table,
  cell,
  before: joules(2e-8, 'simulated'),
  after: joules(2e-8 * (1 - saving), 'simulated'),
  saving,
});

/** A search that wrote its model. */
export const selection: SelectDocument = {
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
    {
      id: hostileId,
      op: 'Gemm',
      bits: 8,
      values: 25,
      zeros: 0.563,
      mu: 0.035,
      compensated: true,
      outputError: 0.082,
      perTable: [entry('horowitz45', 'array', 0.496), entry('aladdin40', 'array', 0.511)],
      left: null,
    },
  ],
  points: [
    point('int8', { kind: 'baseline', saving: 0, quality: 0.984, drop: 0 }),
    point('energy-1', { saving: 0.6, quality: 0.97, drop: 0.014, allowed: false }),
    point('energy-2', { saving: 0.54, chosen: true }),
  ],
  saving: {
    baseline: 'int8 weights by rounding',
    variant: 'closed form, 8 bits',
    perTable: [
      entry('horowitz45', 'array', 0.531),
      entry('aladdin40', 'array', 0.547),
      entry('horowitz45', 'booth', 0.512),
      entry('aladdin40', 'booth', 0.537),
    ],
    low: 0.531,
    high: 0.547,
    metric: 'accuracy',
    before: 0.9944,
    after: 0.9889,
    split: '360 held-out rows',
    rows: 360,
    source: 'simulated',
  },
  rounded: 0.9944,
  whole: {
    target: 'ecp5-85f',
    given: joules(6.9e-6),
    int8: joules(6.3e-6),
    multiplyAdds: joules(1e-7),
    selected: joules(6.25e-6),
  },
  seconds: 38.2,
  hashes: { plan: 'p', model: 'm', data: 'd', output: 'o', cells: { array: 'a' } },
  versions: { tierwise: '0.1.0' },
  diagnostics: [{ severity: 'info', code: 'selection-base', message: 'Selects from the fitted model.', where: {} }],
};
