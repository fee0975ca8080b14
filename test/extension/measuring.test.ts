import { readdirSync, readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import type { CalibrationDocument, SensorDocument } from '../../solver-core/protocol/index.ts';
import { calibrationMarkdown } from '../../extension/calibration-text.ts';
import { signedPercent } from '../../extension/format.ts';
import { nextSteps } from '../../extension/next-steps.ts';
import { validRevision } from '../../extension/revision-text.ts';
import { noSensorText, sensorItem, sortedSensors } from '../../extension/sensor-text.ts';
import { targetFromTemplate, targetIdPattern } from '../../extension/target-text.ts';
import { hostileId, joules, plainText } from './fixtures.ts';

const sensor = (patch: Partial<SensorDocument>): SensorDocument => ({
  id: 'rapl:0',
  kind: 'rapl',
  name: 'RAPL package 0',
  state: 'ready',
  domain: 'processor package 0',
  reading: 'counter',
  updateIntervalMs: 1,
  power: { value: 12.3, unit: 'W', low: 12.3, high: 12.3, source: 'measured', ref: 'RAPL' },
  reason: null,
  ...patch,
});

describe('sensors', () => {
  it('tell their state apart: not permitted is not absent', () => {
    const lines = (['ready', 'not-permitted', 'absent', 'stale', 'malformed'] as const).map(
      (state) => sensorItem(sensor({ state, power: null, reason: state === 'ready' ? null : 'do this' }), plainText).description,
    );
    expect(new Set(lines).size).toBe(5);
    expect(lines[1]).toContain('there, but not permitted');
    expect(lines[2]).toContain('not there');
  });

  it('show watts and how often a ready one tells, and what to do about another', () => {
    expect(sensorItem(sensor({}), plainText)).toEqual({
      label: '$(pass) RAPL package 0',
      description: 'processor package 0 \u00b7 ready \u00b7 12.3 W now',
      detail: 'counts joules, a new value every 1 ms',
    });
    expect(sensorItem(sensor({ state: 'not-permitted', reason: 'make it readable $(flame)' }), plainText).detail).toBe(
      'make it readable $ (flame)',
    );
  });

  it('come ready ones first, then those that a permission would help', () => {
    const sorted = sortedSensors([sensor({ state: 'absent' }), sensor({ state: 'not-permitted' }), sensor({ state: 'ready' })]);
    expect(sorted.map(({ state }) => state)).toEqual(['ready', 'not-permitted', 'absent']);
  });

  it('say in a sentence why nothing can be measured', () => {
    expect(noSensorText([sensor({ state: 'absent' })], plainText)).toMatch(/no energy meter/);
    expect(noSensorText([sensor({ state: 'not-permitted' })], plainText)).toMatch(/RAPL package 0, but this user may not/);
  });
});

describe('a calibration', () => {
  const calibration: CalibrationDocument = {
    schema: 'tierwise.calibration/1',
    target: 'server-cpu',
    targetHash: 'h',
    constants: [{ name: 'arithmeticFactor', factor: { value: 1.31, unit: '1', low: 1.1, high: 1.5, source: 'measured', ref: 'RAPL' } }],
    residuals: [
      {
        model: `/p/${hostileId}`,
        modelHash: 'm',
        measured: joules(2e-3, 'measured'),
        before: joules(1e-3),
        after: joules(1.9e-3),
        error: -0.05,
      },
    ],
    leaveOneOut: 0.08,
    date: '2026-11-21',
    output: '/p/.tierwise/calibrations/server-cpu.json',
    diagnostics: [],
  };

  it('shows constants, residuals and where it was written, with names inert', () => {
    const text = calibrationMarkdown(calibration, plainText);
    expect(text).toContain('| 1.31 | 1.10 to 1.50 | measured |');
    expect(text).toContain('| 2.00 mJ | 1.00 mJ | 1.90 mJ | \u22125 % |');
    expect(text).toContain('left out of the fit: 8 %');
    expect(text).toContain('server\\-cpu\\.json');
    expect(text).not.toMatch(/\]\(command:|(^|[^\\])</m);
  });

  it.each([
    [0.123, '+12 %'],
    [-0.034, '\u22123.4 %'],
    [0, '0 %'],
    [1.5, '+150 %'],
  ])('an error of %f reads %s', (share, text) => {
    expect(signedPercent(share)).toBe(text);
  });
});

describe('a target of the user\u2019s own', () => {
  it('starts as a copy of any that ships, with another id and name and nothing else changed', () => {
    const folder = new URL('../../solver-core/energy/targets/', import.meta.url);
    const files = readdirSync(folder).filter((name) => name.endsWith('.json') && !name.endsWith('.schema.json'));
    expect(files.length).toBeGreaterThan(3);
    for (const name of files) {
      const text = readFileSync(new URL(name, folder), 'utf8');
      const copy = JSON.parse(targetFromTemplate(text, 'my-own', 'My "own"')) as Record<string, unknown>;
      const original = JSON.parse(text) as Record<string, unknown>;
      expect(copy).toEqual({ ...original, id: 'my-own', name: 'My "own"' });
    }
  });

  it('has an id that a plan can name', () => {
    expect(['my-ecp5', 'a', '9b.c_d'].every((id) => targetIdPattern.test(id))).toBe(true);
    expect(['', '-a', 'A', 'a b', '../x', 'a'.repeat(65)].some((id) => targetIdPattern.test(id))).toBe(false);
  });
});

describe('revisions', () => {
  it('are no options, paths or lists', () => {
    expect(['HEAD', 'main~3', 'v1.0^{}', 'feature/x', '@{upstream}'].every(validRevision)).toBe(true);
    expect(['', '-x', '--output=x', 'a b', 'HEAD:file', 'a\nb'].some(validRevision)).toBe(false);
  });

  it('that cannot be had lead to comparing with something else', () => {
    for (const code of ['not-a-repository', 'no-git', 'unknown-revision'])
      expect(nextSteps(code, plainText)[0]?.command).toBe('tierwise.compareWith');
  });
});
