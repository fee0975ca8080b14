import type { EvidenceView, LayerView, ModelView, ReportView, TierRow, TiersView, ToWebview } from '../../webview/messages/index.ts';
import { figure } from './canned-figure.ts';
import { compound, hostileCompound, hostileSparsity, sparsity } from './canned-language.ts';
import { learning } from './canned-learning.ts';
import { optimise, point } from './canned-optimise.ts';

/** Names as in test material of hostile models: markup, command links, control and bidirectional characters, a very long name. */
export const hostileNames = [
  '<img src=x onerror=alert(1)>',
  '"><script>alert(1)</script>',
  '[run](command:workbench.action.terminal.new)',
  '</style><svg onload=alert(1)>',
  'fc\u202e1/mmeG\u202c\u001b[31m\u0000',
  `long/${'x'.repeat(5000)}/end`,
] as const;

export function layer(id: string, patch: Partial<LayerView> = {}): LayerView {
  const inference = figure(1.2e-7, 'modelled');
  return {
    id,
    op: 'Gemm',
    tier: 'frozen',
    shape: '64 → 256',
    macs: '16,384',
    parameters: '16,640',
    weightBytes: '65.0 KiB',
    inference,
    components: [
      { name: 'multiply-add', figure: figure(3.1e-8, 'modelled') },
      { name: 'weight traffic', figure: figure(8.2e-8, 'assumed') },
      { name: 'activation traffic', figure: figure(7e-9, 'assumed') },
    ],
    sgd: figure(4.2e-3, 'modelled', 4),
    solve: figure(1.1e-4, 'simulated', 2),
    incremental: figure(2.3e-6, 'assumed', 5),
    breakEven: 'at once',
    fitted: null,
    ...patch,
  };
}

const evidence: readonly EvidenceView[] = [
  {
    of: 'one inference',
    estimate: figure(3.7e-7, 'modelled'),
    simulated: figure(4.1e-7, 'simulated', 1.2),
    measured: figure(4.4e-7, 'measured', 1.05),
    measuredBy: 'RAPL package 0, 12 runs, 2026-11-21',
    error: '\u221216 %',
    stale: null,
  },
  {
    of: 'direct solve on the engine',
    estimate: figure(1.05e-3, 'modelled'),
    simulated: figure(9.8e-4, 'simulated', 1.1),
    measured: null,
    measuredBy: '',
    error: '+7.1 %',
    stale: 'the plan was changed after the simulation',
  },
];

const digitsLayers: readonly LayerView[] = [
  layer('/fc1/Gemm', {
    tier: 'lower',
    fitted: 'ridge, forward projection',
    mapping: 'weight-stationary, 1 x 4 tiles of 64 x 64; units busy 78 % of the time, 12,544 cycles',
    evidence,
    training: { name: 'Server-class CPU', sgd: figure(0.4, 'modelled', 4), solve: figure(7e-3, 'modelled', 3), incremental: null },
  }),
  layer('/fc2/Gemm', {
    tier: 'lower',
    shape: '256 → 128',
    macs: '32,768',
    parameters: '32,896',
    weightBytes: '128.5 KiB',
    fitted: 'ridge, forward projection',
    inference: figure(2.4e-7, 'modelled'),
    sgd: figure(8.3e-3, 'modelled', 4),
    solve: figure(9.4e-4, 'simulated', 2),
    incremental: null,
  }),
  layer('/fc3/Gemm', {
    tier: 'upper',
    shape: '128 → 10',
    macs: '1,280',
    parameters: '1,290',
    weightBytes: '5.0 KiB',
    inference: figure(9.6e-9, 'assumed', 8),
    sgd: figure(3.3e-4, 'modelled', 4),
    solve: null,
    incremental: figure(8.8e-7, 'measured', 1.2),
    breakEven: '3',
  }),
];

export const report: ReportView = {
  title: 'digits.tiers',
  model: 'digits.onnx',
  target: 'ecp5-85f',
  layers: digitsLayers,
  totals: {
    macs: '50,432',
    parameters: '50,826',
    inference: figure(3.7e-7, 'modelled'),
    sgd: figure(1.28e-2, 'modelled', 2),
    solve: figure(1.05e-3, 'simulated', 2),
    incremental: figure(3.2e-6, 'assumed', 5),
    breakEven: 'at once',
  },
  assumptions: [
    { name: 'Training passes', text: 'Gradient descent is taken to need 20 passes over 1,437 rows.', dominates: false },
    { name: 'Memory', text: 'Weights come from external DDR3 once per inference; nothing is cached on chip.', dominates: true },
  ],
  budgets: [
    { scope: 'plan', per: 'inference', limit: '15 µJ', actual: '0.37 µJ', status: 'met' },
    { scope: 'features', per: 'fit', limit: '1 mJ', actual: '1.05 mJ', status: 'exceeded' },
    {
      scope: 'plan',
      per: 'layer',
      limit: '0.1 µJ',
      actual: '0.24 µJ',
      status: 'exceeded',
      detail: '2 of 3 layers exceed it, most /fc2/Gemm with 240 nJ',
    },
    { scope: 'head', per: 'update', limit: '2 µJ', actual: '0.88 µJ', status: 'uncertain' },
  ],
  problems: [
    {
      severity: 'warning',
      code: 'budget-exceeded',
      message: 'tier "features" needs 1.05 mJ per fit, the budget is 1 mJ: lower the number of rows or raise the budget',
    },
    { severity: 'info', code: 'layer-frozen', message: '2 layers are in no tier and stay as they are' },
  ],
  fit: {
    backend: 'sim: RTL as WebAssembly, 4 lanes x 24 bit',
    note: '/fc2/Gemm has 257 unknowns: the functional model stood in for the RTL; both agree in every bit.',
    output: 'models/out/digits.fitted.onnx',
    stale: true,
    metric: 'accuracy',
    before: '9.7 %',
    after: '97.2 %',
    rowsText: '360 held-out rows',
    layers: [
      {
        id: '/fc1/Gemm',
        rows: '1,437',
        lambda: '0.01',
        condition: '2.1e5',
        residual: '3.4e-12',
        passes: '2',
        cycles: '4,218,906',
        method: 'rtl-wasm + 2 refinement passes',
        energy: figure(1.1e-4, 'simulated', 2),
      },
      {
        id: '/fc2/Gemm',
        rows: '1,437',
        lambda: '0.01',
        condition: '8.8e6',
        residual: '9.1e-12',
        passes: '3',
        cycles: '61,448,120',
        method: 'functional + 3 refinement passes',
        energy: null,
      },
    ],
  },
  changes: [
    {
      kind: 'fit',
      of: 'retraining the lower tier once',
      energyBefore: figure(1.25e-2, 'modelled', 4),
      energyAfter: figure(1.05e-3, 'simulated', 2),
      saving: '',
      quality: 'accuracy',
      qualityBefore: '9.7 %',
      qualityAfter: '97.2 %',
      rowsText: '360 held-out rows',
      stale: true,
    },
    {
      kind: 'select',
      of: 'multiply-adds of one inference against int8',
      energyBefore: figure(3.1e-7, 'modelled', 1.1),
      energyAfter: figure(2.2e-7, 'modelled', 1.1),
      saving: '24 % to 31 % less, by the tables',
      quality: 'accuracy',
      qualityBefore: '97.2 %',
      qualityAfter: '96.9 %',
      rowsText: '360 held-out rows',
      stale: false,
    },
  ],
  evidence,
  trainingMachine: {
    name: 'Server-class CPU',
    sgd: figure(0.82, 'modelled', 4),
    solve: figure(1.4e-2, 'modelled', 3),
    incremental: null,
    breakEven: 'at once',
  },
  calibration: { text: 'Constants fitted to measurements of 2026-11-20', path: '.tierwise/calibrations/ecp5-85f.json', stale: null },
};

export function tierRow(id: string, patch: Partial<TierRow> = {}): TierRow {
  return { id, op: 'Gemm', shape: '1 × 128', parameters: 16_640, energy: figure(5e-7, 'modelled'), budget: null, ...patch };
}

export const tiers: TiersView = {
  plan: 'examples/digits/digits.tiers',
  model: 'digits.onnx',
  backend: 'sim',
  target: 'ecp5-85f',
  tiers: [
    { kind: 'upper', name: 'head', canFit: false, canLearn: true },
    { kind: 'lower', name: 'features', canFit: true },
  ],
  rows: [
    tierRow('/conv1/Conv', { op: 'Conv', shape: '1 × 16 × 28 × 28' }),
    tierRow('/conv2/Conv', { op: 'Conv', shape: '1 × 32 × 14 × 14', energy: null }),
    tierRow('/fc1/Gemm', { energy: figure(1.2e-7, 'modelled'), budget: { status: 'met', limit: '200 nJ' } }),
    tierRow('/fc2/Gemm', { energy: figure(2.4e-7, 'modelled'), budget: { status: 'exceeded', limit: '200 nJ' } }),
    tierRow('/fc3/Gemm', { shape: '1 × 10', parameters: 1290, energy: figure(9.6e-9, 'assumed', 8) }),
  ],
  placement: [-1, -1, 1, 1, 0],
  cursor: null,
  answer: null,
  fitting: null,
  lastFit: { before: '9.7 %', after: '97.2 %', stale: false },
  errors: 0,
  unreadable: null,
};

export const model: ModelView = {
  path: 'examples/digits/digits.onnx',
  summary: [
    { name: 'Format', value: 'ONNX IR 8, opset 17' },
    { name: 'Producer', value: 'tierwise' },
    { name: 'Input', value: 'x float32 [N, 64]' },
    { name: 'Output', value: 'logits float32 [N, 10]' },
    { name: 'Size', value: '199.1 KiB' },
    { name: 'SHA-256', value: '5f70bf18a086007016e948b04aed3b82103a36bea41755b6cddfaf10ace3c6ef' },
  ],
  layers: digitsLayers,
  diagnostics: [
    {
      severity: 'warning',
      code: 'unknown-op',
      message: 'operator com.example.Wavelet is not known: its MACs are not counted',
      where: 'node /wavelet',
    },
    { severity: 'info', code: 'dynamic-dim', message: 'dimension N is dynamic and was taken as 1', where: 'input x' },
  ],
  totals: { layers: '3', macs: '50,432', parameters: '50,826', weightBytes: '198.5 KiB', inference: figure(3.7e-7, 'modelled') },
};

/** `n` layers as in a large transformer, with numbers that sort differently from their names. */
export function manyLayers(n: number): LayerView[] {
  return Array.from({ length: n }, (_, index) => {
    const macs = ((index * 7919) % 1_000_003) + 1;
    return layer(`/encoder/layers.${index}/attention/MatMul`, {
      op: index % 3 === 0 ? 'Conv' : 'MatMul',
      macs: macs.toLocaleString('en'),
      macsCount: macs,
      inference: figure(macs * 7e-12, 'modelled'),
      components: [],
    });
  });
}

/** The three views with every text from a hostile file. */
export function hostileMessages(): readonly ToWebview[] {
  const [markup = '', script = '', link = '', style = '', bidi = '', long = ''] = hostileNames;
  const bad = hostileNames.map((name, index) =>
    layer(name, { op: script, shape: style, tier: index < 2 ? 'lower' : 'frozen', fitted: markup }),
  );
  return [
    {
      kind: 'report',
      strings: {},
      view: {
        ...report,
        title: markup,
        model: bidi,
        target: style,
        layers: bad,
        assumptions: [{ name: markup, text: long, dominates: true }],
        problems: [{ severity: 'error', code: link, message: script }],
        budgets: [{ scope: bidi, per: style, limit: '1 mJ', actual: '?', status: 'unknown' }],
        fit:
          report.fit === null
            ? null
            : {
                ...report.fit,
                backend: script,
                note: markup,
                output: bidi,
                layers: report.fit.layers.map((solved) => ({ ...solved, id: markup, method: bidi })),
              },
      },
    },
    {
      kind: 'tiers',
      strings: {},
      view: {
        ...tiers,
        plan: bidi,
        model: markup,
        backend: script,
        target: style,
        tiers: [{ kind: 'lower', name: markup, canFit: true }],
        rows: [...hostileNames, ...hostileNames.map((name) => `${name}2`)].map((name) => tierRow(name, { op: script, shape: style })),
        placement: hostileNames.flatMap(() => [0, -1]),
      },
    },
    {
      kind: 'model',
      strings: {},
      view: {
        ...model,
        path: bidi,
        summary: hostileNames.map((name) => ({ name, value: name })),
        layers: bad,
        diagnostics: [{ severity: 'error', code: link, message: script, where: bidi }],
      },
    },
    {
      kind: 'learning',
      strings: {},
      view: {
        ...learning,
        plan: bidi,
        data: markup,
        tier: script,
        policy: style,
        batches: learning.batches.slice(0, 3).map((batch) => ({ ...batch, reason: script, signals: bidi })),
        result: { output: bidi, state: markup, resumed: true, heldOut: null },
        problems: [{ severity: 'error', code: link, message: script }],
      },
    },
    {
      kind: 'report',
      strings: {},
      view: {
        ...report,
        title: bidi,
        evidence: evidence.map((one) => ({ ...one, of: markup, measuredBy: script, stale: long })),
        trainingMachine: { name: script, sgd: null, solve: null, incremental: null, breakEven: markup },
        calibration: { text: bidi, path: link, stale: long },
      },
    },
    {
      kind: 'optimise',
      strings: {},
      view: {
        ...optimise,
        plan: bidi,
        points: [...optimise.points, point(markup, script, 0.5, 0.002), point(bidi, long, 0.1, 0.001, 'baseline')],
        result: optimise.result && {
          ...optimise.result,
          stale: style,
          rowsText: markup,
          saving: optimise.result.saving && {
            ...optimise.result.saving,
            baseline: script,
            variant: bidi,
            tables: link,
            perTable: optimise.result.saving.perTable.map((entry) => ({ ...entry, table: markup, cell: script })),
          },
          layers: optimise.result.layers.map((entry, i) => ({ ...entry, id: hostileNames[i] ?? long, op: script, left: markup })),
        },
        written: { earlier: false, output: bidi, files: [bidi, markup] },
        error: { code: link, message: script, advice: long },
        problems: [{ severity: 'error', code: link, message: script }],
      },
    },
    { kind: 'sparsity', strings: {}, view: hostileSparsity({ markup, script, bidi, link, long }) },
    { kind: 'compound', strings: {}, view: hostileCompound({ markup, script, bidi, link, long }) },
    { kind: 'error', code: markup, message: script, advice: long },
    {
      kind: 'empty',
      message: markup,
      hint: bidi,
      action: { label: style, command: 'open-sample' },
      more: [{ label: script, command: 'create-plan' }],
    },
  ];
}

export const messages: Readonly<Record<'report' | 'tiers' | 'model' | 'learning' | 'optimise' | 'sparsity' | 'compound', ToWebview>> = {
  sparsity: { kind: 'sparsity', strings: {}, view: sparsity },
  compound: { kind: 'compound', strings: {}, view: compound },
  learning: { kind: 'learning', strings: {}, view: learning },
  optimise: { kind: 'optimise', strings: {}, view: optimise },
  report: { kind: 'report', strings: {}, view: report },
  tiers: { kind: 'tiers', strings: {}, view: tiers },
  model: { kind: 'model', strings: {}, view: model },
};
