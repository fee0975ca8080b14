import type { Quantity, SavingDocument, SparsifyDocument, SparsifySiteDocument } from '../../../solver-core/protocol/index.ts';

const joules = (value: number): Quantity<'J'> => ({
  value,
  unit: 'J',
  low: value / 2,
  high: value * 2,
  source: 'modelled',
  ref: 'a table',
});
const seconds = (value: number): Quantity<'s'> => ({ value, unit: 's', low: value, high: value, source: 'modelled', ref: 'a table' });

function site(block: number, role: string, change: Partial<SparsifySiteDocument> = {}): SparsifySiteDocument {
  return {
    id: `/blocks.${block}/${role}`,
    layers: [`/blocks.${block}/${role}/MatMul`],
    block,
    role,
    channels: 128,
    macs: role.startsWith('ffn') ? 65_536 : 16_384,
    threshold: { low: 0.12, high: 0.48 },
    centred: role === 'att.key',
    naturalZeros: role === 'ffn.value' ? 0.9 : 0,
    zeros: role === 'ffn.value' ? 0.93 : 0.5 + block / 100,
    corrected: true,
    left: null,
    ...change,
  };
}

function saving(baseline: string, low: number, high: number): SavingDocument {
  return {
    baseline,
    variant: 'with thresholds',
    perTable: [],
    low,
    high,
    metric: 'cross-entropy',
    before: 1.5,
    after: 1.51,
    split: '8192 held-out tokens',
    rows: 8192,
    source: 'modelled',
  } as SavingDocument;
}

/** A run on a language model of two blocks. */
export function sparsification(change: Partial<SparsifyDocument> = {}): SparsifyDocument {
  return {
    schema: 'tierwise.sparsify/1',
    plan: '/p/rwkv.tiers',
    model: '/p/rwkv.onnx',
    output: '/p/rwkv.sparse.onnx',
    method: 'budget',
    maxLoss: 0.02,
    metric: 'cross-entropy',
    unit: 'token',
    rows: { calibration: 20_480, deciding: 10_240, heldOut: 8192 },
    sites: [
      site(0, 'att.key'),
      site(0, 'att.output', { threshold: null, zeros: 0, corrected: false, left: 'no threshold was worth its loss' }),
      site(0, 'ffn.value'),
      site(1, 'att.key'),
      site(1, 'att.output', { zeros: 0.75 }),
      site(1, 'ffn.value'),
    ],
    points: [
      { id: 'natural', label: 'as given', kind: 'baseline', sparsity: 0.52, loss: 1.5, lossIncrease: 0, allowed: true, chosen: false },
      {
        id: 'budget-1',
        label: 'budget 2 %',
        kind: 'candidate',
        sparsity: 0.74,
        loss: 1.52,
        lossIncrease: 0.0133,
        allowed: true,
        chosen: true,
      },
      {
        id: 'budget-3',
        label: 'budget 2.2 %',
        kind: 'candidate',
        sparsity: 0.75,
        loss: 1.529,
        lossIncrease: 0.0193,
        allowed: false,
        chosen: false,
      },
      {
        id: 'budget-2',
        label: 'budget 4 %',
        kind: 'candidate',
        sparsity: 0.8,
        loss: 1.58,
        lossIncrease: 0.0533,
        allowed: false,
        chosen: false,
      },
    ],
    evaluation: {
      loss: { before: 1.5, after: 1.51, increase: 0.00667 },
      accuracy: { before: 0.552, after: 0.549 },
      sparsity: { before: 0.52, after: 0.741 },
    },
    energy: {
      target: 'seneca-type',
      unit: 'token',
      macs: { dense: 204_800, natural: 100_000, sparse: 51_200 },
      costs: [
        { model: 'synaptic', dense: joules(5.7e-7), natural: joules(2.8e-7), sparse: joules(1.4e-7) },
        { model: 'instructions', dense: joules(2.9e-6), natural: joules(1.4e-6), sparse: joules(7e-7) },
      ],
      latency: { dense: seconds(4e-4), natural: seconds(2e-4), sparse: seconds(1e-4) },
      againstDense: saving('dense', 0.73, 0.75),
      againstNatural: saving('natural', 0.46, 0.5),
    },
    evaluations: 31,
    resumed: false,
    seconds: 42,
    hashes: { plan: 'a'.repeat(64), model: 'b'.repeat(64), data: 'c'.repeat(64), output: 'd'.repeat(64) },
    versions: { tierwise: '0.5.0' },
    diagnostics: [],
    ...change,
  };
}

/** A run on a plain network, which has no blocks. */
export function plainSparsification(): SparsifyDocument {
  const plain = { block: null, role: null, centred: false };
  return sparsification({
    unit: 'row',
    metric: 'mse',
    sites: [
      site(0, 'a', { ...plain, id: 'r1' }),
      site(0, 'b', { ...plain, id: 'r2', threshold: { low: 0.2, high: 0.2 }, naturalZeros: 0.4 }),
    ],
    energy: null,
    resumed: true,
    evaluation: { ...sparsification().evaluation!, accuracy: null },
  });
}

const nasty = '<img src=x>\u001b[31m\u202e[l](command:x)\n- item|`';

/** Names from files at their worst. */
export function hostileSparsification(): SparsifyDocument {
  const { points, sites, energy } = sparsification();
  return sparsification({
    model: `/p/${nasty}`,
    output: `/p/${nasty}`,
    sites: [
      ...sites.map((of) => ({ ...of, id: nasty, role: nasty, ...(of.left === null ? {} : { left: nasty }) })),
      { ...sites[0]!, id: nasty, block: null, role: null },
    ],
    points: points.map((of) => ({ ...of, label: nasty })),
    energy: { ...energy!, target: nasty },
    diagnostics: [{ severity: 'warning', code: 'held-out-loss', message: nasty, where: { path: nasty } }],
  });
}
