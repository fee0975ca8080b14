import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { layerFigures } from '../../extension/hint-text.ts';
import { isInside, nameOnLine } from '../../extension/plan-language/annotation-name.ts';
import { energyDetail, energyWords, layerListing } from '../../extension/plan-language/layer-words.ts';
import { planPath } from '../../extension/plan-language/plan-path.ts';
import { raisedBudget } from '../../extension/plan-language/raise-budget.ts';
import { layerLookup } from '../../extension/plan-snapshot.ts';
import { unquote } from '../../solver-core/tiers/text.ts';
import { check, energy, hostileId, inspect, plainText } from './fixtures.ts';

const snapshot = { path: '/models/digits.tiers', check, energy, inspect, fit: null, stale: false, error: null };
const layerOf = (id: string): (typeof energy.layers)[number] | undefined => energy.layers.find((layer) => layer.id === id);

describe('what a hover adds to a layer', () => {
  it('is a table of every figure with band, source and reference', async () => {
    const text = layerFigures(layerLookup(snapshot)('fc1', 'lower'), 'ecp5-85f', plainText).replaceAll('\u00a0', ' ');
    await expect(text).toMatchFileSnapshot('../cases/extension/layer-figures.md');
  });

  it('does not say again what the layer is', () => {
    const text = layerFigures(layerLookup(snapshot)(hostileId, 'upper'), 'ecp5-85f', plainText);
    expect(text).not.toContain('MACs');
    expect(text).not.toContain('command');
  });

  it('is nothing where nothing is known', () => {
    expect(layerFigures(layerLookup({ ...snapshot, energy: null })('fc1', 'lower'), '', plainText)).toBe('');
  });
});

describe('energy in completion', () => {
  it('is one value with its source; its band is in the hover', () => {
    expect(energyDetail(layerOf('fc1'), plainText)).toBe('610 nJ per inference (modelled)');
    expect(energyWords(layerOf('fc1'), plainText)).toBe('610 nJ, modelled');
  });

  it('is left out where it is not known', () => {
    expect(energyDetail(layerOf(hostileId), plainText)).toBeUndefined();
    expect(energyDetail(undefined, plainText)).toBeUndefined();
  });
});

describe('the listing of a model', () => {
  it('has a line for every layer, whatever its name', () => {
    const { text, lines } = layerListing(inspect, energy, plainText);
    const rows = text.split('\n');
    expect(rows).toHaveLength(inspect.layers.length + 3);
    for (const { id, op } of inspect.layers) expect(rows[lines.get(id) ?? -1]).toContain(op);
    expect(rows[lines.get('fc1') ?? -1]).toMatch(/^fc1 {3}.* \u2192 .* {3}610 nJ \(0.305 to 1.22 \u00b5J, modelled\)$/);
  });

  it('is a title alone where nothing is known', () => {
    expect(layerListing(null, null, plainText).text.split('\n')).toHaveLength(3);
  });
});

describe('a raised budget', () => {
  it('keeps unit and words, and rounds up to two digits', () => {
    expect(raisedBudget('budget 2 uJ per inference', 6.891e-6)).toBe('budget 6.9 uJ per inference');
    expect(raisedBudget('budget  0.5 mJ  per fit', 0.0171)).toBe('budget  18 mJ  per fit');
    expect(raisedBudget('budget 1 \u00b5J per layer', 3e-6)).toBe('budget 3 \u00b5J per layer');
  });

  it('is nothing for other texts and for budgets that are met', () => {
    expect(raisedBudget('budget 2 mW per fit', 1)).toBeUndefined();
    expect(raisedBudget('solve ridge', 1)).toBeUndefined();
    expect(raisedBudget('budget 2 J per fit', 1)).toBeUndefined();
    expect(raisedBudget('budget 2 J per fit', Infinity)).toBeUndefined();
  });

  it('is always enough, and never a tenth too much', () => {
    const amount = fc.double({ min: 1e-9, max: 1e9, noNaN: true });
    const unit = fc.constantFrom(['kJ', 1e3], ['J', 1], ['mJ', 1e-3], ['uJ', 1e-6], ['nJ', 1e-9], ['pJ', 1e-12]) as fc.Arbitrary<
      [string, number]
    >;
    fc.assert(
      fc.property(amount, unit, (energyJ, [symbol, factor]) => {
        const text = raisedBudget(`budget 1e-30 ${symbol} per fit`, energyJ);
        const raised = Number(/^budget (\S+) /.exec(text ?? '')?.[1]) * factor;
        expect(raised).toBeGreaterThanOrEqual(energyJ);
        expect(raised).toBeLessThanOrEqual(energyJ * 1.21);
      }),
      { seed: 20261121, numRuns: 300 },
    );
  });
});

describe('the name of a tier in an annotation', () => {
  const found = (line: string, name: string): string | undefined => {
    const span = nameOnLine(line, name);
    return span && `${line.slice(0, span.start)}[${line.slice(span.start, span.end)}]${line.slice(span.end)}`;
  };

  it('is found behind the line and on its own', () => {
    expect(found('x = f(name=head)  # tier: upper rls name=head', 'head')).toBe('x = f(name=head)  # tier: upper rls name=[head]');
    expect(found('    #tier: lower ridge name=a-b seed=1', 'a-b')).toBe('    #tier: lower ridge name=[a-b] seed=1');
  });

  it('is no other name, option or comment', () => {
    expect(found('# tier: upper rls name=header', 'head')).toBeUndefined();
    expect(found('# tier: upper rls surname=head', 'head')).toBeUndefined();
    expect(found('# name=head', 'head')).toBeUndefined();
  });
});

describe('a place in the header of a tier', () => {
  const at = (line: number, character: number): { readonly line: number; readonly character: number } => ({ line, character });
  const header = { start: at(3, 20), end: at(3, 32) };

  it('is in it from its first sign to behind its last', () => {
    expect([at(3, 20), at(3, 25), at(3, 32)].every((place) => isInside(place, header))).toBe(true);
  });

  it('is not in that of another tier on the same line', () => {
    expect([at(3, 19), at(3, 33), at(2, 25), at(4, 25)].some((place) => isInside(place, header))).toBe(false);
  });
});

describe('a chosen file in a plan', () => {
  const at = (path: string, fsPath = path): { readonly path: string; readonly fsPath: string } => ({ path, fsPath });

  it('is relative below the folder and absolute elsewhere', () => {
    expect(planPath(at('/plans'), at('/plans/data/rows.csv'))).toBe('"data/rows.csv"');
    expect(planPath(at('/plans'), at('/plans2/rows.csv'))).toBe('"/plans2/rows.csv"');
    expect(planPath(at('/c:/plans'), at('/d:/rows.csv', 'd:\\rows.csv'))).toBe('"d:\\\\rows.csv"');
  });

  it('is read back by the language, whatever its name', () => {
    fc.assert(
      fc.property(fc.string({ unit: 'binary', minLength: 1 }), (name) => {
        const written = planPath(at('/plans'), at(`/plans/${name}`));
        expect(written).not.toMatch(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/u);
        expect(unquote(written)).toBe(name);
      }),
      { seed: 20261121, numRuns: 200 },
    );
  });
});
