import type { JoulesView, LearningBatchView, LearningView } from '../../webview/messages/index.ts';
import { figure } from './canned-figure.ts';

const decisions = ['skip', 'update', 'update', 'refit', 'restored', 'skip'] as const;
const reasons = {
  skip: 'The error of 4.2 % is within the reference of 5.0 %; nothing to gain.',
  update: 'Expected gain of 12 errors avoided over 100 batches for 2.1 µJ: 5.7e6 per joule, above the plan’s 0.5.',
  refit: 'Page-Hinkley raised an alarm; solving anew with a shorter memory is worth 31 errors avoided.',
  restored: 'The update made the newest 64 labelled rows worse by 3 errors; it was taken back.',
} as const;

function batch(index: number): LearningBatchView {
  const decision = decisions[index % decisions.length] ?? 'skip';
  const energy = figure(decision === 'skip' ? 4e-9 : 2.1e-6, 'assumed', 4);
  return {
    index,
    rows: '64',
    decision,
    reason: reasons[decision],
    before: `${(82 + (index % 15)).toFixed(1)} %`,
    after: `${(86 + (index % 13)).toFixed(1)} %`,
    running: `${(84 + Math.min(11, index / 3)).toFixed(1)} %`,
    gain: decision === 'skip' ? 'not estimated' : '12 errors avoided',
    energy,
    signals: index === 15 ? 'page-hinkley, new classes 7, 8' : '',
  };
}

const batches = Array.from({ length: 40 }, (_, index) => batch(index));

/** Joules spent up to a batch, that one included. */
function spentUpTo(index: number): JoulesView {
  const sum = (pick: 'value' | 'low' | 'high'): number =>
    batches.slice(0, index + 1).reduce((total, { energy }) => total + energy[pick], 0);
  return { value: sum('value'), unit: 'J', low: sum('low'), high: sum('high'), source: 'assumed', ref: 'update policy' };
}

/** A run that is over. */
export const learning: LearningView = {
  plan: 'examples/digits/digits.tiers',
  data: 'examples/digits/new-digits.npz',
  tier: 'head',
  policy: 'as the plan says',
  metric: 'accuracy',
  metricText: 'accuracy',
  running: null,
  batches: batches.toReversed(),
  batchCount: 40,
  points: batches.map(({ index, decision }) => ({
    index,
    decision,
    batch: 0.82 + (index % 15) / 100 - (index > 13 ? 0.2 / (index - 12) : 0),
    running: (index < 14 ? 0.84 + index / 120 : 0.72 + (index - 14) / 110) + 0.01 * Math.sin(index),
    spent: spentUpTo(index),
  })),
  totals: {
    rows: '2,560',
    updates: '20',
    skips: '14',
    quality: '95.0 %',
    energy: figure(4.3e-5, 'assumed', 4),
    always: figure(8.4e-5, 'assumed', 4),
  },
  result: {
    output: 'examples/digits/digits.learned.onnx',
    state: 'examples/digits/digits.learned.state',
    resumed: false,
    heldOut: { before: '97.5 %', after: '98.9 %', rows: '360' },
  },
  problems: [
    { severity: 'info', code: 'learn-base', message: 'Learning starts from digits.fitted.onnx, whose record still matches the plan.' },
  ],
};

/** The same run while it is under way. */
export const learningLive: LearningView = {
  ...learning,
  tier: '–',
  running: { message: 'batch 40 of about 120', fraction: 0.33, stopping: false },
  totals: { ...learning.totals, always: null },
  result: null,
  problems: [],
};
