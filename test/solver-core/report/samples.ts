import { evaluateBudgets, withLayerBudgets } from '../../../solver-core/energy/budgets.ts';
import { estimateEnergy } from '../../../solver-core/energy/estimate.ts';
import { evidence, withEvidence } from '../../../solver-core/energy/evidence.ts';
import { upper } from '../fit/digits.ts';
import type { LayerFit } from '../../../solver-core/energy/retraining.ts';
import type { Layer } from '../../../solver-core/model/layer.ts';
import type { Plan } from '../../../solver-core/model/plan.ts';
import type {
  BudgetDocument,
  CheckDocument,
  EnergyDocument,
  FitDocument,
  InspectDocument,
  Quantity,
} from '../../../solver-core/protocol/index.ts';

/** A name with everything that must stay inert: markup, a command link, a formula, escape sequences, a bell, a direction override, table and list marks. */
export const hostileName = '=HYPERLINK("x")<img src=x onerror=alert(1)>\u001b[31mred\u0007\u202Eevil|*b*`c`[l](command:x)\n- item';

/** A dense layer of d inputs and k outputs with bias, float32. */
export function dense(id: string, d: number, k: number, more: Partial<Layer> = {}): Layer {
  return {
    id,
    op: 'Gemm',
    nodeIndex: 0,
    inputShape: [1, d],
    outputShape: [1, k],
    macs: d * k,
    parameters: d * k + k,
    weightBytes: 4 * (d * k + k),
    weightBits: 32,
    activationBits: 32,
    inputElements: d,
    outputElements: k,
    weight: `${id}.weight`,
    bias: `${id}.bias`,
    input: 'x',
    preActivation: 'z',
    output: 'h',
    activation: 'Relu',
    norm: null,
    residual: null,
    averaged: false,
    linear: { inputs: d, outputs: k, groups: 1, transposed: true, alpha: 1, beta: 1, weightDims: [k, d], biasDims: [k], patches: null },
    notSolvable: null,
    ...more,
  };
}

/** A convolution of a LeNet: 6 maps of 5x5 on 28x28. */
export function conv(id: string): Layer {
  return dense(id, 25, 6, {
    op: 'Conv',
    inputShape: [1, 1, 28, 28],
    outputShape: [1, 6, 28, 28],
    macs: 117_600,
    parameters: 156,
    weightBytes: 624,
    inputElements: 784,
    outputElements: 4704,
    linear: null,
    notSolvable: 'its weight is not stored',
  });
}

const range = { line: 20, column: 1, endLine: 20, endColumn: 28 };

export const plan: Plan = {
  modelPath: '/p/digits.onnx',
  data: { path: 'digits.npz', inputs: 'x', labels: 'y', split: 0.8, seed: 1 },
  target: 'ecp5-85f',
  backend: { kind: 'sim' },
  lower: [
    {
      kind: 'lower',
      name: 'features',
      layers: ['/fc1/Gemm', '/fc2/Gemm'],
      budgets: [{ limitJ: 0.002, per: 'fit', range }],
      range,
      lambda: 30,
      targets: 'forward-projection',
      seed: 7,
    },
  ],
  upper: [upper(['/fc3/Gemm'])],
  budgets: [
    { limitJ: 15e-6, per: 'inference', range },
    { limitJ: 1, per: 'inference', range },
  ],
};

export const mlp: readonly Layer[] = [
  dense('/fc1/Gemm', 64, 256),
  dense('/fc2/Gemm', 256, 128),
  dense('/fc3/Gemm', 128, 10, { activation: null }),
];

const engine = { cycles: 1_634_120, gramCycles: 1_034_640, hostWords: 480_000, lanes: 8, wordBits: 18 };
const fits: ReadonlyMap<string, LayerFit> = new Map([['/fc1/Gemm', { rows: 1437, refinementPasses: 2, engine }]]);

/** The energy of the MLP on a target, from real estimates. */
export function mlpEnergy(targetId = 'ecp5-85f'): EnergyDocument {
  const { value } = estimateEnergy({
    layers: mlp,
    targetId,
    modelPath: '/p/digits.onnx',
    planPath: '/p/digits.tiers',
    plan,
    rows: 1437,
    fit: fits,
  });
  if (value === undefined) throw new Error('no estimate');
  return value;
}

/** The same with everything that may stand beside an estimate: evidence, a place on an array, a calibration, a budget per layer. */
export function evidencedEnergy(name = '/fc2/Gemm'): EnergyDocument {
  const energy = mlpEnergy();
  const q = (value: number, source: 'simulated' | 'measured'): Quantity<'J'> => ({
    value,
    unit: 'J',
    low: value * 0.9,
    high: value * 1.1,
    source,
    ref: source === 'measured' ? `meter ${name}` : `engine toggles of ${name}`,
  });
  const estimate = energy.totals.inference ?? q(1, 'measured');
  const measured = { energy: q(12e-6, 'measured'), repetitions: 10, sensor: `RAPL ${name}`, date: '2026-11-21T10:00:00.000Z' };
  const traffic = [{ level: `buffer ${name}`, readBits: 131_072, writeBits: 4096 }];
  const mapping = {
    dataflow: 'weight-stationary' as const,
    text: `4 x 2 tiles of 64 x 64, ${name}`,
    utilisation: 0.5,
    cycles: 1280,
    traffic,
  };
  const all = withEvidence(
    { ...energy, layers: energy.layers.map((layer, i) => (i === 1 ? { ...layer, id: name, mapping } : layer)) },
    new Map([[name, [evidence(`multiply-adds of ${name}`, estimate, { simulated: q(8e-6, 'simulated'), stale: `${name} changed` })]]]),
    [evidence('one inference', estimate, { simulated: q(8e-6, 'simulated'), measured })],
  );
  const perLayer: Plan = { ...plan, budgets: [{ limitJ: 2e-6, per: 'layer', range }] };
  const calibration = { path: `/p/.tierwise/calibrations/${name}.json`, date: '2026-11-20T09:00:00.000Z', stale: null };
  return { ...all, layers: withLayerBudgets(perLayer, all.layers), budgets: evaluateBudgets(perLayer, all), calibration };
}

export function mlpBudgets(): readonly BudgetDocument[] {
  return evaluateBudgets(plan, mlpEnergy());
}

/** A model with a convolution, a layer of unknown shape and a hostile name. */
export function hostileEnergy(): EnergyDocument {
  const layers = [
    conv('/conv1/Conv'),
    dense(hostileName, 100, 10),
    dense('/unknown/MatMul', 8, 8, { macs: null, inputElements: null, inputShape: null }),
  ];
  const { value } = estimateEnergy({ layers, targetId: 'systolic-64x64', modelPath: `/p/<b>\u202Emodel.onnx` });
  if (value === undefined) throw new Error('no estimate');
  return value;
}

export const fit: FitDocument = {
  schema: 'tierwise.fit/1',
  output: '/p/digits.fitted.onnx',
  plan: '/p/digits.tiers',
  backend: { kind: 'sim', device: 'bundled engine, 8 lanes of 18 bit, RTL as WebAssembly', image: 'ff40df66ba089c8e', note: null },
  layers: [
    {
      id: '/fc1/Gemm',
      tier: 'lower',
      rows: 1437,
      columns: 65,
      outputs: 256,
      lambda: 30,
      targets: 'forward-projection',
      conditionEstimate: 812.4,
      relativeResidual: 3.1e-13,
      refinementPasses: 2,
      cycles: 1_634_120,
      method: 'rtl-wasm + 2 refinement passes',
      seconds: 1.84,
      deadInputs: 3,
      energy: mlpEnergy().layers[0]?.retraining.solve ?? null,
    },
    {
      id: '/fc3/Gemm',
      tier: 'upper',
      rows: 1437,
      columns: 129,
      outputs: 10,
      lambda: 30,
      targets: 'labels',
      conditionEstimate: null,
      relativeResidual: 8e-14,
      refinementPasses: 2,
      cycles: null,
      method: 'cpu, double precision',
      seconds: 0.06,
      deadInputs: 0,
      energy: null,
    },
  ],
  evaluation: {
    dataset: '/p/digits.npz',
    split: 'held-out',
    rows: 360,
    metric: 'accuracy',
    before: 38 / 360,
    after: 349 / 360,
    correctBefore: 38,
    correctAfter: 349,
  },
  hashes: { plan: 'a1', model: 'b2', data: 'c3', output: 'd4' },
  versions: { tierwise: '0.1.0', 'onnxruntime-node': '1.30.0' },
  diagnostics: [],
};

export const check: CheckDocument = {
  schema: 'tierwise.check/1',
  plan: '/p/digits.tiers',
  model: '/p/digits.onnx',
  tiers: [
    { kind: 'lower', name: 'features', layers: ['/fc1/Gemm', hostileName] },
    { kind: 'upper', name: 'head', layers: [] },
  ],
  budgets: mlpBudgets(),
  diagnostics: [
    {
      code: 'unknown-layer',
      severity: 'error',
      message: `There is no layer "/fc9/Gemm". Did you mean "/fc1/Gemm"?`,
      where: { path: '/p/digits.tiers', range: { line: 8, column: 10, endLine: 8, endColumn: 21 } },
      suggestions: ['"/fc1/Gemm"'],
    },
    {
      code: 'budget-uncertain',
      severity: 'warning',
      message: 'The high end is above the limit.',
      where: { path: '/elsewhere/a b.tiers', range },
    },
    { code: 'node-unknown', severity: 'info', message: `Node ${hostileName}`, where: { node: hostileName } },
  ],
};

export const inspect: InspectDocument = {
  schema: 'tierwise.inspect/1',
  model: {
    path: '/p/digits.onnx',
    irVersion: 8,
    opsets: { '': 17, 'com.microsoft': 1 },
    sha256: 'e3b0c442',
    bytes: 154_698,
    producer: 'tierwise example',
    metadata: {},
    inputs: [{ name: 'input', dtype: 'float32', shape: ['batch', 64] }],
    outputs: [{ name: 'logits', dtype: 'float32', shape: ['batch', 10] }],
    nodes: 5,
  },
  totals: { layers: 3, macs: 16_384, macsComplete: false, parameters: 17_650, weightBytes: 70_600 },
  layers: [
    {
      id: '/fc1/Gemm',
      op: 'Gemm',
      inputShape: ['batch', 64],
      outputShape: ['batch', 256],
      macs: 16_384,
      parameters: 16_640,
      weightBytes: 66_560,
      weight: 'fc1.weight',
      fitted: 'lower, forward-projection, lambda 30',
    },
    {
      id: hostileName,
      op: 'Gemm',
      inputShape: [1, 100],
      outputShape: [1, 10],
      macs: null,
      parameters: 1010,
      weightBytes: 4040,
      weight: null,
      fitted: null,
    },
  ],
  diagnostics: [
    {
      code: 'shape-unknown',
      severity: 'warning',
      message: 'The shape of the input is not known.',
      where: { path: '/p/digits.onnx', node: '/x' },
    },
  ],
};
