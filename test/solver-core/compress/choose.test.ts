import { describe, expect, test } from 'vitest';
import { chooseCandidate, meetsRequest } from '../../../solver-core/compress/select/choose.ts';
import type { SelectCandidate, SelectOptions } from '../../../solver-core/compress/select/types.ts';

const options: SelectOptions = { bits: 8, values: { kind: 'all' }, maxDrop: 0.01, seed: 1 };

function point(id: string, integers: number[], energy: number, quality: number, allowed: boolean): SelectCandidate {
  const stored = {
    id: 'fc',
    bits: 8 as const,
    integers: Int8Array.from(integers),
    scales: Float64Array.of(1),
    biasChange: new Float64Array(1),
  };
  const layer = { stored, mu: null, values: 0, zeros: 0, compensated: true, outputError: 0, energy, left: null };
  const assessment = { metric: 'accuracy' as const, quality, divergence: 0, rows: 100 };
  return { id, label: id, kind: 'candidate', energy, saving: 0, assessment, allowed, layers: [layer] };
}

const int8 = point('int8', [127, -3, 5], 10, 0.9, true);
const four = point('four', [7, -7, 0], 6, 0.88, false);
const powers = point('powers', [64, -4, 0], 4, 0.87, false);

describe('the configuration that a search ends with', () => {
  test('is what was asked for', () => {
    expect(meetsRequest(int8, options)).toBe(true);
    expect(meetsRequest(int8, { ...options, bits: 4 })).toBe(false);
    expect(meetsRequest(four, { ...options, bits: 4 })).toBe(true);
    expect(meetsRequest(four, { ...options, values: { kind: 'powers-of-two' } })).toBe(false);
    expect(meetsRequest(powers, { ...options, values: { kind: 'powers-of-two' } })).toBe(true);
    expect(meetsRequest(int8, { ...options, values: { kind: 'set', size: 2 } })).toBe(false);
  });

  test('costs least of those allowed', () => {
    const cheap = point('cheap', [1, 1, 1], 5, 0.895, true);
    expect(chooseCandidate([int8, cheap, four], int8, options)).toBe(cheap);
  });

  test('is never a baseline of another kind: without an allowed one it is the nearest, and not allowed', () => {
    expect(chooseCandidate([int8, four, powers], int8, { ...options, bits: 4 })).toBe(four);
    const shifts = chooseCandidate([int8, four, powers], int8, { ...options, values: { kind: 'powers-of-two' } });
    expect(shifts).toBe(powers);
    expect(shifts.allowed).toBe(false);
    expect(chooseCandidate([int8], int8, { ...options, bits: 4 }).allowed).toBe(false);
  });
});
