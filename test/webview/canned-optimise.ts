import type { OptimiseLayer, OptimisePoint, OptimiseTable, OptimiseView } from '../../webview/messages/index.ts';
import { figure } from './canned-figure.ts';

const percent = (share: number): string => `${share < 0 ? '\u2212' : ''}${(Math.abs(share) * 100).toFixed(1)} %`;
const lost = (drop: number): string =>
  drop === 0 ? 'nothing lost' : `${(Math.abs(drop) * 100).toFixed(1)} points ${drop > 0 ? 'lost' : 'gained'}`;

export function point(id: string, label: string, saving: number, drop: number, kind: OptimisePoint['kind'] = 'candidate'): OptimisePoint {
  return {
    id,
    label,
    kind,
    energy: figure(2e-8 * (1 - saving), 'simulated', 1.4),
    saving,
    savingText: percent(saving),
    qualityText: percent(0.982 - drop),
    drop,
    dropText: lost(drop),
    needed: drop,
    allowed: drop <= 0.01,
    chosen: id === 'energy-5',
  };
}

const points: readonly OptimisePoint[] = [
  point('int8', 'int8, rounded', 0, 0, 'baseline'),
  point('int4', 'int4, rounded', 0.223, 0.012, 'baseline'),
  point('int4-gptq', 'int4, compensated', 0.231, 0.003, 'baseline'),
  point('prune-50', 'half of the weights pruned', 0.326, 0.031, 'baseline'),
  point('set-16', '16 low-energy values', 0.477, 0.02, 'baseline'),
  point('energy-1', 'energy term, step 1', 0.31, -0.002),
  point('energy-2', 'energy term, step 2', 0.44, 0),
  point('energy-3', 'energy term, step 3', 0.53, 0.001),
  point('energy-4', 'energy term, step 4', 0.61, 0.003),
  point('energy-5', 'energy term, step 5', 0.68, 0.008),
  point('energy-6', 'energy term, step 6', 0.74, 0.016),
  point('energy-7', 'energy term, step 7', 0.79, 0.17),
];

const tables = (scale: number): readonly OptimiseTable[] =>
  [
    ['horowitz45', 'array', 0.701],
    ['aladdin40', 'array', 0.648],
    ['horowitz45', 'booth', 0.631],
    ['aladdin40', 'booth', 0.588],
  ].map(([table, cell, saving]) => ({
    table: String(table),
    cell: String(cell),
    before: figure(scale * (table === 'aladdin40' ? 3 : 1), 'simulated', 1.2),
    after: figure(scale * (table === 'aladdin40' ? 3 : 1) * (1 - Number(saving)), 'simulated', 1.2),
    saving: Number(saving),
    savingText: percent(Number(saving)),
  }));

const unchanged: readonly OptimiseTable[] = tables(5e-10).map((entry) => ({
  ...entry,
  after: entry.before,
  saving: 0,
  savingText: '0.0 %',
}));

const layer = (id: string, scale: number, patch: Partial<OptimiseLayer> = {}): OptimiseLayer => ({
  id,
  op: 'Gemm',
  bits: '8',
  values: '31',
  zeros: '61.0 %',
  error: '2.1 %',
  inputLevels: '28',
  mu: '0.0042',
  compensated: true,
  left: null,
  tables: tables(scale),
  ...patch,
});

/** A search that is over, and whose model was written. */
export const optimise: OptimiseView = {
  plan: 'examples/digits/digits.tiers',
  options: { maxDrop: 0.01, bits: 8, values: 'all', method: 'closed-form', cell: 'array' },
  running: null,
  metric: 'accuracy',
  metricText: 'accuracy',
  points,
  result: {
    options: { maxDrop: 0.01, bits: 8, values: 'all', method: 'closed-form', cell: 'array' },
    saving: {
      headline: '64 – 70 %',
      saves: true,
      baseline: 'int8 weights by rounding, weight-stationary, zeros not skipped',
      variant: 'int8 weights chosen with an energy term, the same mapping',
      tables: 'horowitz45, aladdin40',
      metricText: 'accuracy',
      before: '98.2 %',
      after: '97.4 %',
      rounded: '98.1 %',
      rowsText: '360 held-out rows',
      perTable: tables(2e-8),
    },
    savingMissing: '',
    whole: {
      target: 'ecp5-85f',
      int8: figure(6.3e-6, 'assumed', 8),
      multiplyAdds: figure(1e-7, 'modelled', 6),
      selected: figure(6.24e-6, 'assumed', 8),
    },
    layers: [
      layer('/fc1/Gemm', 6e-9),
      layer('/fc2/Gemm', 1.2e-8, { values: '44', zeros: '52.3 %', error: '3.4 %' }),
      layer('/fc3/Gemm', 5e-10, { left: 'its share of the energy is below 1 %', mu: '–', compensated: false, tables: unchanged }),
    ],
    rowsText: '958 rows steered the search, 479 others chose the point, 360 others judged it at the end',
    took: '14.2 s',
    stale: null,
  },
  written: { output: 'models/digits.selected.onnx', earlier: false, files: ['models/digits.selected.onnx', 'models/digits.selected.json'] },
  error: null,
  problems: [],
};

/** The same while it runs for the first time. */
export const optimiseLive: OptimiseView = {
  ...optimise,
  running: { message: 'energy term, step 3 of about 9', fraction: 0.37, stopping: false, writes: false },
  points: points.slice(0, 8),
  result: null,
  written: null,
};

/** Before anything was searched for. */
export const optimiseNew: OptimiseView = { ...optimise, points: [], result: null, written: null };
