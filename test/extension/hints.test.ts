import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { hintPlaces } from '../../extension/hint-place.ts';
import { breakEvenText, hintLabel, hintTooltip } from '../../extension/hint-text.ts';
import { escapeMarkdown } from '../../extension/markdown.ts';
import { layerLookup, type PlanSnapshot } from '../../extension/plan-snapshot.ts';
import { check, energy, fit, hostileId, inspect, outline, plainText } from './fixtures.ts';

const snapshot = (more: Partial<PlanSnapshot> = {}): PlanSnapshot => ({
  path: '/models/digits.tiers',
  check,
  energy,
  inspect,
  fit: null,
  stale: false,
  error: null,
  ...more,
});
const both = { energy: true, retraining: true };
const label = (state: PlanSnapshot, options = both, id = 'fc1', tier: 'lower' | 'upper' = 'lower'): string | undefined =>
  hintLabel(layerLookup(state)(id, tier), options, plainText);

describe('hint label', () => {
  it('changes visibly with a fit, and again when the fit no longer belongs to the plan', () => {
    expect(label(snapshot())).toBe('610 nJ \u00b7 solve 12.0 \u00b5J');
    expect(label(snapshot({ fit }))).toBe('fitted \u00b7 610 nJ \u00b7 solved for 11.0 \u00b5J');
    expect(label(snapshot({ fit, stale: true }))).toBe('fit out of date \u00b7 610 nJ \u00b7 solve 12.0 \u00b5J');
  });

  it('shows an update in an upper tier, and says when energy is unknown', () => {
    expect(label(snapshot(), both, hostileId, 'upper')).toBe('energy unknown \u00b7 update 2.00 \u00b5J');
  });

  it('shows only what the settings ask for', () => {
    expect(label(snapshot({ fit }), { energy: true, retraining: false })).toBe('fitted \u00b7 610 nJ');
    expect(label(snapshot(), { energy: false, retraining: true })).toBe('solve 12.0 \u00b5J');
  });

  it('is absent for a layer about which nothing is known', () => {
    expect(label(snapshot({ energy: null }))).toBeUndefined();
  });
});

describe('hint tooltip', () => {
  it('gives every figure with band, source and reference', () => {
    const text = hintTooltip(layerLookup(snapshot({ fit }))('fc1', 'lower'), 'ecp5-85f', plainText).replaceAll('\u00a0', ' ');
    expect(text).toContain('| one inference | **610 nJ** | 0.305 to 1.22 \u00b5J | modelled | 1, 2 |');
    expect(text).toContain('| retrain: direct solve | 12.0 \u00b5J | 6.00 to 24.0 \u00b5J | simulated |');
    expect(text).toContain('| this fit | **11.0 \u00b5J** |');
    expect(text).toContain('\\[1\\] table A  \n\\[2\\] table B');
    expect(text).toContain('4,096 MACs');
    expect(text).toContain('relative residual 1.2e-9');
  });

  it('keeps a hostile name from becoming a link, an image, a table cell or a heading', () => {
    const first = hintTooltip(layerLookup(snapshot())(hostileId, 'upper'), 'x', plainText).split('\n')[0] ?? '';
    expect(first).toMatch(/^\*\*\\\[x\\\]\\\(command\\:/);
    expect(first).toContain('\\# h');
  });
});

describe('escapeMarkdown', () => {
  it('escapes every ASCII punctuation mark and leaves one short line', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', maxLength: 400 }), (text) => {
        const escaped = escapeMarkdown(text);
        expect(escaped.replace(/\\[!-/:-@[-`{-~]/g, '')).not.toMatch(/[!-/:-@[-`{-~\n\r\u2028\u202e]/);
      }),
      { seed: 20260102, numRuns: 300 },
    );
  });
});

describe('hint places', () => {
  it('puts the hint of a single reference at the end of its line', () => {
    expect(hintPlaces(outline).map(({ line, character, tier }) => ({ line, character, tier }))).toEqual([
      { line: 4, character: undefined, tier: 'lower' },
      { line: 8, character: undefined, tier: 'upper' },
    ]);
  });

  it('puts hints behind each reference when a line has several, and joins the layers of a range', () => {
    const at = (start: number, end: number) => ({ start: { line: 4, character: start }, end: { line: 4, character: end } });
    const tier = {
      kind: 'lower' as const,
      name: 'f',
      headerRange: at(0, 1),
      layers: [
        { id: 'a', range: at(9, 12) },
        { id: 'b', range: at(14, 24) },
        { id: 'c', range: at(14, 24) },
      ],
    };
    expect(hintPlaces({ model: null, target: null, hasErrors: false, tiers: [tier] })).toEqual([
      { tier: 'lower', ids: ['a'], line: 4, character: 12 },
      { tier: 'lower', ids: ['b', 'c'], line: 4, character: 24 },
    ]);
  });
});

describe('break-even', () => {
  it.each([
    [null, 'never or unknown'],
    [0, 'at once'],
    [1, 'after 1 retraining'],
    [1200, 'after 1,200 retrainings'],
  ])('%s reads %s', (value, text) => {
    expect(breakEvenText(value, plainText)).toBe(text);
  });
});
