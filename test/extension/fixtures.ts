import type {
  CheckDocument,
  EnergyDocument,
  FitDocument,
  InspectDocument,
  PlanOutline,
  Quantity,
} from '../../solver-core/protocol/index.ts';
import type { Translate } from '../../extension/format.ts';

/** English texts, as vscode.l10n.t gives them without a bundle. */
export const plainText: Translate = (message, ...args) => message.replace(/\{(\d+)\}/g, (_, index: string) => String(args[Number(index)]));

export const joules = (value: number, source: Quantity['source'] = 'modelled'): Quantity<'J'> => ({
  value,
  unit: 'J',
  low: value / 2,
  high: value * 2,
  source,
  ref: 'table A; table B',
});

/** A name that would do harm where it is taken for markup. */
export const hostileId = '[x](command:workbench.action.quit) <img src=x onerror=alert(1)> | `a` $(flame)\n# h';

export const energy: EnergyDocument = {
  schema: 'tierwise.energy/1',
  model: '/models/digits.onnx',
  plan: '/models/digits.tiers',
  target: 'ecp5-85f',
  layers: [
    {
      id: 'fc1',
      op: 'Gemm',
      tier: 'lower',
      macs: 4096,
      parameters: 4160,
      inference: joules(6.1e-7),
      components: [
        { name: 'mac', energy: joules(4e-7) },
        { name: 'weights', energy: joules(2.1e-7, 'assumed') },
      ],
      retraining: { sgd: joules(3e-3), solve: joules(1.2e-5, 'simulated'), incremental: null },
      breakEvenRetrainings: 0,
    },
    {
      id: hostileId,
      op: 'Gemm',
      tier: 'upper',
      macs: null,
      parameters: 650,
      inference: null,
      components: [],
      retraining: { sgd: null, solve: null, incremental: joules(2e-6) },
      breakEvenRetrainings: null,
    },
  ],
  totals: {
    macs: 4096,
    parameters: 4810,
    inference: joules(6.1e-7),
    retraining: { sgd: joules(3e-3), solve: joules(1.2e-5, 'simulated'), incremental: joules(2e-6) },
    breakEvenRetrainings: 3,
  },
  assumptions: [{ name: 'on-chip weights', text: 'All weights fit on the chip.', dominates: true }],
  diagnostics: [],
};

export const check: CheckDocument = {
  schema: 'tierwise.check/1',
  plan: '/models/digits.tiers',
  model: '/models/digits.onnx',
  tiers: [
    { kind: 'lower', name: 'features', layers: ['fc1'] },
    { kind: 'upper', name: 'head', layers: [hostileId] },
  ],
  budgets: [
    {
      scope: 'plan',
      per: 'inference',
      limit: joules(1e-7),
      actual: joules(6.1e-7),
      status: 'exceeded',
      range: { line: 9, column: 1, endLine: 9, endColumn: 30 },
    },
  ],
  diagnostics: [
    {
      code: 'budget-exceeded',
      severity: 'error',
      message: 'Inference needs 610 nJ, the budget is 100 nJ.',
      where: { range: { line: 9, column: 1, endLine: 9, endColumn: 30 } },
    },
    { code: 'data-missing', severity: 'warning', message: 'No data.', where: {} },
  ],
};

export const inspect: InspectDocument = {
  schema: 'tierwise.inspect/1',
  model: {
    path: '/models/digits.onnx',
    irVersion: 10,
    opsets: { '': 21 },
    sha256: 'ab'.repeat(32),
    bytes: 21_000,
    producer: 'maker',
    metadata: {},
    inputs: [{ name: 'x', dtype: 'float32', shape: ['batch', 64] }],
    outputs: [{ name: 'y', dtype: 'float32', shape: ['batch', 10] }],
    nodes: 5,
  },
  totals: { layers: 3, macs: 4736, macsComplete: false, parameters: 4810, weightBytes: 19_240 },
  layers: [
    {
      id: 'fc1',
      op: 'Gemm',
      inputShape: ['batch', 64],
      outputShape: ['batch', 64],
      macs: 4096,
      parameters: 4160,
      weightBytes: 16_640,
      weight: 'fc1.weight',
      fitted: null,
    },
    {
      id: hostileId,
      op: 'Gemm',
      inputShape: null,
      outputShape: null,
      macs: null,
      parameters: 650,
      weightBytes: 2600,
      weight: 'fc2.weight',
      fitted: null,
    },
    {
      id: 'fc3',
      op: 'Gemm',
      inputShape: ['batch', 64],
      outputShape: ['batch', 10],
      macs: 640,
      parameters: 650,
      weightBytes: 2600,
      weight: 'fc3.weight',
      fitted: null,
    },
  ],
  diagnostics: [{ code: 'onnx-unknown-op', severity: 'warning', message: 'Operator Foo is not known.', where: { node: 'n1' } }],
};

export const fit: FitDocument = {
  schema: 'tierwise.fit/1',
  output: '/models/digits.fitted.onnx',
  plan: '/models/digits.tiers',
  backend: { kind: 'sim', device: 'engine', image: 'sha256:1', note: null },
  layers: [
    {
      id: 'fc1',
      tier: 'lower',
      rows: 1437,
      columns: 65,
      outputs: 64,
      lambda: 0.01,
      targets: 'forward-projection',
      conditionEstimate: 1.5e5,
      relativeResidual: 1.2e-9,
      refinementPasses: 2,
      cycles: 123456,
      method: 'rtl-wasm + 2 refinement passes',
      seconds: 1.5,
      deadInputs: 3,
      energy: joules(1.1e-5, 'simulated'),
    },
  ],
  evaluation: {
    dataset: 'digits.npz',
    split: 'held-out',
    rows: 360,
    metric: 'accuracy',
    before: 0.1,
    after: 0.9694,
    correctBefore: 36,
    correctAfter: 349,
  },
  hashes: { plan: 'a', model: 'b', data: 'c', output: 'd' },
  versions: { tierwise: '0.1.0' },
  diagnostics: [],
};

const range = (line: number, character: number, length: number): PlanOutline['tiers'][number]['headerRange'] => ({
  start: { line, character },
  end: { line, character: character + length },
});

export const outline: PlanOutline = {
  model: 'digits.onnx',
  target: 'ecp5-85f',
  hasErrors: false,
  tiers: [
    { kind: 'lower', name: 'features', headerRange: range(3, 0, 21), layers: [{ id: 'fc1', range: range(4, 9, 5) }] },
    { kind: 'upper', name: 'head', headerRange: range(7, 0, 16), layers: [{ id: hostileId, range: range(8, 9, 20) }] },
  ],
};
