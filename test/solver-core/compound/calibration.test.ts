import { spawnSync } from 'node:child_process';
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { calibrationError, fitTemperature, temperatureLoss } from '../../../solver-core/compound/calibration.ts';
import type { ScoredRows } from '../../../solver-core/compound/calibration.ts';
import { largestLoss, opinionOf } from '../../../solver-core/compound/softmax.ts';
import { createRandom } from '../../../solver-core/fit/prng.ts';
import { tolerances } from '../../tolerances.ts';
import { near } from './toy.ts';

/** Scores whose softmax at `temperature` is what the labels were drawn from. */
function drawn(rows: number, outputs: number, temperature: number, seed: number): ScoredRows {
  const random = createRandom(seed, 'calibration');
  const scores = Float32Array.from({ length: rows * outputs }, () => 2 * random.normal() * temperature);
  const labels = Int32Array.from({ length: rows }, (_, r) => {
    const weights = Array.from(scores.subarray(r * outputs, (r + 1) * outputs), (s) => Math.exp(s / temperature));
    let rest = random.uniform() * weights.reduce((a, b) => a + b, 0);
    return Math.max(
      0,
      weights.findIndex((w) => (rest -= w) < 0),
    );
  });
  return { rows, outputs, scores, labels };
}

const python = '/usr/bin/python3';
const hasScipy = spawnSync(python, ['-c', 'import scipy.optimize, scipy.special']).status === 0;
const script = `
import sys, json, numpy as np
from scipy.optimize import minimize_scalar
from scipy.special import log_softmax
q = json.load(sys.stdin); out = []
for p in q:
    z = np.array(p['scores']).reshape(p['rows'], -1); y = np.array(p['labels']); s = p['smoothing']
    def loss(b):
        l = log_softmax(z * b, axis=1)
        return -np.mean((1 - s) * l[np.arange(len(y)), y] + s * l.mean(axis=1))
    r = minimize_scalar(loss, bounds=(1e-4, 200), method='bounded', options={'xatol': 1e-12})
    out.append({'temperature': 1 / r.x, 'loss': float(r.fun)})
print(json.dumps(out))
`;

describe('temperature', () => {
  test.skipIf(!hasScipy)('as scipy finds it in the inverse temperature', () => {
    const cases = [
      { ...drawn(400, 5, 1, 1), smoothing: 0 },
      { ...drawn(400, 5, 0.1, 2), smoothing: 0 },
      { ...drawn(300, 10, 7, 3), smoothing: 0 },
      { ...drawn(200, 3, 0.3, 4), smoothing: 0.02 },
    ];
    const input = JSON.stringify(cases.map((c) => ({ ...c, scores: [...c.scores], labels: Array.from(c.labels) })));
    const run = spawnSync(python, ['-c', script], { input, encoding: 'utf8' });
    const oracle = JSON.parse(run.stdout) as { temperature: number; loss: number }[];
    cases.forEach(({ smoothing, ...rows }, i) => {
      const { temperature } = fitTemperature(rows, { smoothing });
      expect(Math.abs(temperature / oracle[i]!.temperature - 1)).toBeLessThan(tolerances.temperature.relative);
      expect(Math.abs(temperatureLoss(rows, temperature, smoothing) - oracle[i]!.loss)).toBeLessThan(tolerances.sumFp64.relative * 100);
    });
  });

  test('no temperature of a fine grid is better; the one that labels were drawn with is found', () => {
    for (const [temperature, seed] of [
      [0.05, 5],
      [1, 6],
      [20, 7],
    ] as const) {
      const rows = drawn(3000, 4, temperature, seed);
      const found = fitTemperature(rows);
      for (let i = -300; i <= 300; i++) expect(temperatureLoss(rows, temperature * 1.02 ** i)).toBeGreaterThanOrEqual(found.after);
      expect(Math.abs(found.temperature / temperature - 1)).toBeLessThan(tolerances.drawnTemperature.relative);
      expect(found.after).toBeLessThanOrEqual(found.before);
    }
  });

  test('rows that are all right ask for no certainty when labels are smoothed', () => {
    const rows = {
      rows: 64,
      outputs: 3,
      scores: Float32Array.from({ length: 192 }, (_, i) => (i % 3 === 0 ? 1 : 0)),
      labels: new Int32Array(64),
    };
    const certain = fitTemperature(rows);
    const careful = fitTemperature(rows, { smoothing: 1 / 66 });
    expect(opinionOf(rows.scores, 0, 3, certain.temperature, null).confidence).toBe(1);
    const { confidence } = opinionOf(rows.scores, 0, 3, careful.temperature, null);
    expect(confidence).toBeGreaterThan(0.97);
    expect(confidence).toBeLessThan(0.995);
  });

  test('labels that are no scores and scores that are no numbers do not count', () => {
    const rows = drawn(200, 4, 1, 8);
    const scores = Float32Array.from([...rows.scores, 1, NaN, 0, 0, 5, 0, 0, 0]);
    const labels = Int32Array.from([...Array.from(rows.labels), 0, 4]);
    expect(fitTemperature({ rows: 202, outputs: 4, scores, labels })).toEqual(fitTemperature(rows));
    expect(fitTemperature({ rows: 1, outputs: 4, scores: scores.slice(0, 4), labels: [9] }, { fallback: 0.3 })).toMatchObject({
      temperature: 0.3,
      rows: 0,
    });
  });
});

describe('opinions', () => {
  test('confidence and loss are those of the plain softmax', () => {
    fc.assert(
      fc.property(
        fc.array(fc.double({ min: -20, max: 20, noNaN: true }), { minLength: 1, maxLength: 6 }),
        fc.double({ min: 0.2, max: 5, noNaN: true }),
        (values, temperature) => {
          const scores = Float32Array.from(values);
          const exps = Array.from(scores, (s) => Math.exp(s / temperature));
          const sum = exps.reduce((a, b) => a + b, 0);
          values.forEach((_, label) => {
            const { best, confidence, loss } = opinionOf(scores, 0, values.length, temperature, label);
            expect(best).toBe(scores.indexOf(Math.max(...scores)));
            near(confidence, exps[best]! / sum);
            near(loss, Math.min(largestLoss, -Math.log(exps[label]! / sum)));
          });
        },
      ),
      { seed: 20261121, numRuns: 200 },
    );
    expect(opinionOf(Float32Array.of(1, 2), 0, 2, 1, 7).loss).toBe(largestLoss);
    expect(opinionOf(Float32Array.of(NaN, NaN), 0, 2, 1, 0)).toEqual({ best: -1, confidence: 0, loss: largestLoss });
    expect(opinionOf(new Float32Array(0), 0, 0, 1, null)).toEqual({ best: -1, confidence: 0, loss: 0 });
  });
});

describe('expected calibration error', () => {
  test('two bins by hand', () => {
    // 0.9 and 0.95 share the bin from 14/15 on only in part: 0.9 lies in bin 13, 0.95 in bin 14.
    near(calibrationError([0.9, 0.9, 0.95, 0.95], [1, 0, 1, 1]), (0.8 + 0.1) / 4);
    expect(calibrationError([1, 1, 1], [1, 1, 1])).toBe(0);
    expect(calibrationError([1, 1], [0, 0])).toBe(1);
    expect(calibrationError([], [])).toBe(0);
  });

  test('temperature lowers it where scores were overconfident', () => {
    const rows = drawn(4000, 5, 1, 9);
    const hot = { ...rows, scores: rows.scores.map((s) => 4 * s) };
    const errorAt = (temperature: number): number => {
      const opinions = Array.from({ length: hot.rows }, (_, r) => opinionOf(hot.scores, r, 5, temperature, null));
      return calibrationError(
        opinions.map(({ confidence }) => confidence),
        opinions.map(({ best }, r) => (best === hot.labels[r] ? 1 : 0)),
      );
    };
    expect(errorAt(fitTemperature(hot).temperature)).toBeLessThan(0.25 * errorAt(1));
  });
});
