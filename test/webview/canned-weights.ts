import type { CompareView, WeightsView } from '../../webview/messages/index.ts';
import { figure } from './canned-figure.ts';

const bins = 32;
const edges = Array.from({ length: bins + 1 }, (_, i) => -0.4 + (0.8 * i) / bins);
const bell = (shift: number, size: number): number[] =>
  Array.from({ length: bins }, (_, i) => Math.round(size * Math.exp(-(((i - bins / 2 - shift) / 5) ** 2))));
const rows = (zeros: string): WeightsView['after']['rows'] => [
  { name: 'Values', value: '16,384' },
  { name: 'Exact zeros', value: zeros },
  { name: 'Smallest', value: '-0.4' },
  { name: 'Largest', value: '0.4' },
  { name: 'Standard deviation', value: '0.11' },
];

/** The weights of one layer; a fifth are exactly zero. */
export const weights: WeightsView = {
  tensor: 'fc1.weight',
  dtype: 'float32',
  shape: '256 × 64',
  edges,
  after: { name: 'digits.onnx', rows: rows('3,277 (20 %)'), counts: bell(0, 1800), count: 16384, zeros: 900 },
  before: null,
  change: '',
  note: '',
};

/** The same beside an earlier model. */
export const comparedWeights: WeightsView = {
  ...weights,
  before: { name: 'digits.before.onnx', rows: rows('0 (0 %)'), counts: bell(2, 1500), count: 16384, zeros: 0 },
  change: '12 %',
};

/** The canned model beside an earlier one: one layer changed, one only here, one only there. */
export const compare: CompareView = {
  name: 'digits.before.onnx',
  title: 'digits.before.onnx before, digits.onnx after',
  running: null,
  layers: [
    ['/fc1/Gemm', 'changed'],
    ['/fc2/Gemm', 'added'],
    ['/fc3/Gemm', 'same'],
    ['/gone/Gemm', 'removed'],
  ].map(([id, status]): CompareView['layers'][number] => ({
    id: id ?? '',
    idBefore: null,
    op: 'Gemm',
    status: status as CompareView['layers'][number]['status'],
    parametersBefore: status === 'added' ? '–' : '16,640',
    parametersAfter: '16,640',
    inferenceBefore: status === 'added' ? null : figure(2.4e-7, 'modelled'),
    inferenceAfter: status === 'removed' ? null : figure(1.2e-7, 'modelled'),
    factor: status === 'changed' ? '0.5×' : status === 'same' ? '1×' : '',
    factorBand: status === 'changed' ? '0.48× to 0.51×' : '',
    ratio: status === 'changed' ? 0.5 : null,
    weights: status === 'changed' ? '12 %' : status === 'same' ? 'unchanged' : status === 'added' ? 'only here' : 'only before',
    weightChange: status === 'changed' ? 0.12 : null,
    zerosBefore: '0 (0 %)',
    zerosAfter: '3,277 (20 %)',
    zeroShare: 0.2,
  })),
  notes: ['The weights of 2 layers were left out to stay quick; open a row to compare them.'],
  total: { before: figure(7e-7, 'modelled'), after: figure(3.7e-7, 'modelled'), factor: '0.53×', factorBand: '0.5× to 0.55×' },
};
