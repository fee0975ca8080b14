import { describe, expect, test } from 'vitest';
import { estimateEnergy } from '../../../solver-core/energy/estimate.ts';
import type { Quantity } from '../../../solver-core/protocol/quantity.ts';
import { inert } from '../../../solver-core/report/cells.ts';
import { checkText } from '../../../solver-core/report/check-text.ts';
import { energyCsv, textCell } from '../../../solver-core/report/energy-csv.ts';
import { energyHtml } from '../../../solver-core/report/energy-html.ts';
import { energyMarkdown, md } from '../../../solver-core/report/energy-markdown.ts';
import { energyText } from '../../../solver-core/report/energy-text.ts';
import { fitText } from '../../../solver-core/report/fit-text.ts';
import { inspectText } from '../../../solver-core/report/inspect-text.ts';
import { checkSarif } from '../../../solver-core/report/sarif.ts';
import { expectGolden } from './golden.ts';
import { check, evidencedEnergy, fit, hostileEnergy, hostileName, inspect, mlpBudgets, mlpEnergy } from './samples.ts';

const sarif = (): string => checkSarif(check, { version: '0.1.0', root: '/p' });

describe('golden files', () => {
  test.each([
    ['energy-mlp.txt', () => energyText(mlpEnergy(), mlpBudgets())],
    ['energy-hostile.txt', () => energyText(hostileEnergy())],
    ['energy-mlp.md', () => energyMarkdown(mlpEnergy(), { budgets: mlpBudgets(), fit, fitStale: true })],
    ['energy-hostile.md', () => energyMarkdown(hostileEnergy())],
    ['energy-mlp.csv', () => energyCsv(mlpEnergy())],
    ['energy-hostile.csv', () => energyCsv(hostileEnergy())],
    ['energy-mlp.html', () => energyHtml(mlpEnergy(), { budgets: mlpBudgets(), fit, version: '0.1.0' })],
    ['energy-hostile.html', () => energyHtml(hostileEnergy())],
    ['energy-evidence.txt', () => energyText(evidencedEnergy())],
    ['energy-evidence.md', () => energyMarkdown(evidencedEnergy())],
    ['energy-evidence.csv', () => energyCsv(evidencedEnergy())],
    ['energy-evidence.html', () => energyHtml(evidencedEnergy())],
    ['fit.txt', () => fitText(fit)],
    ['check.txt', () => checkText(check)],
    ['check.sarif', sarif],
    ['inspect.txt', () => inspectText(inspect)],
  ])('%s', (name, render) => {
    expect.hasAssertions();
    expectGolden(`report/${name}`, render());
  });
});

test('parts of a total are one line that adds up to it, and a text about tiles is whole', () => {
  const energy = mlpEnergy('systolic-64x64');
  const parts = /^ {2}of which +(.*)$/m.exec(energyText(energy))?.[1]?.split(', ') ?? [];
  expect(parts.map((part) => part.replace(/ [0-9].*/, '')).sort()).toEqual(
    [...new Set(energy.layers.flatMap((layer) => layer.components.map(({ name }) => name)))].sort(),
  );
  const warning = 'one tile does not fit the buffer; counted as if it did';
  const text = `${'a long way of laying it out, '.repeat(8)}${warning}${', and more of it'.repeat(8)}`;
  const layers = energy.layers.map((layer) => (layer.mapping === undefined ? layer : { ...layer, mapping: { ...layer.mapping, text } }));
  for (const shown of [energyText({ ...energy, layers }), energyMarkdown({ ...energy, layers }), energyHtml({ ...energy, layers })])
    expect(shown).toContain(warning);
});

describe('names from files are inert', () => {
  const outputs = {
    'energy.txt': energyText(hostileEnergy()),
    'energy.md': energyMarkdown(hostileEnergy()),
    'energy.csv': energyCsv(hostileEnergy()),
    'energy.html': energyHtml(hostileEnergy()),
    'evidence.txt': energyText(evidencedEnergy(hostileName)),
    'evidence.md': energyMarkdown(evidencedEnergy(hostileName)),
    'evidence.csv': energyCsv(evidencedEnergy(hostileName)),
    'evidence.html': energyHtml(evidencedEnergy(hostileName)),
    'check.txt': checkText(check),
    'check.sarif': sarif(),
    'inspect.txt': inspectText(inspect),
  };

  test.each(Object.entries(outputs))('%s has no control, direction or invisible character', (_, text) => {
    expect(text).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b-\u200f]/u);
  });

  test('markdown keeps markup in names literal', () => {
    expect(md('a|b*c`d[e](f)<g>')).toBe('a\\|b\\*c\\`d\\[e\\]\\(f\\)&lt;g&gt;');
    expect([outputs['energy.md'], outputs['evidence.md']].filter((text) => text.includes('<img'))).toEqual([]);
  });

  test('csv cells never start as a formula', () => {
    expect(['=1+1', '+1', '-1', '@x', 'plain', '\t=1', 'a"b,c'].map(textCell)).toEqual([
      "'=1+1",
      "'+1",
      "'-1",
      "'@x",
      'plain',
      '\\u{9}=1',
      '"a""b,c"',
    ]);
    for (const text of [outputs['energy.csv'], outputs['evidence.csv']]) {
      expect(text.split('\n').some((line) => /^"?[=+\-@]/.test(line))).toBe(false);
    }
  });

  test.each(['energy.html', 'evidence.html'] as const)(
    '%s holds no element, script or handler from a name, and nothing that loads',
    (name) => {
      const page = outputs[name];
      const tags = [...page.matchAll(/<[^>]*>/g)].map(([tag]) => tag);
      expect(tags.filter((tag) => /^<(img|script|link|iframe|object|a|base|form)\b/i.test(tag))).toEqual([]);
      // Attribute names only: values are quoted and hold no quote of their own.
      expect(tags.map((tag) => tag.replace(/"[^"]*"/g, '""')).filter((tag) => /\s(on[a-z]+|src|href|style)=/i.test(tag))).toEqual([]);
      expect(page.slice(0, page.indexOf('</style>'))).not.toMatch(/url\(|@import/);
      expect(page).toContain(`default-src 'none'`);
    },
  );

  test('a long name is cut in the middle after hidden characters were counted', () => {
    expect(inert('abcdefghij', 7)).toBe('abc…hij');
    expect(inert(hostileName)).toContain('\\u{1b}[31mred\\u{7}\\u{202e}evil');
  });
});

test('a model without layers says so in every form', () => {
  const { value } = estimateEnergy({ layers: [], targetId: 'up5k', modelPath: 'empty.onnx' });
  if (value === undefined) throw new Error('no estimate');
  for (const text of [energyText(value), energyMarkdown(value), energyHtml(value)]) {
    expect(text).toContain('no weight-bearing layers');
  }
  expect(energyCsv(value).split('\n')).toHaveLength(2);
});

describe('the page', () => {
  const page = energyHtml(evidencedEnergy(), { budgets: mlpBudgets(), fit, version: '0.1.0' });
  const count = (pattern: RegExp): number => [...page.matchAll(pattern)].length;

  test('has a language, a title, one main, one h1, and a name for each chart and table', () => {
    expect(page).toMatch(/<html lang="en">/);
    expect([count(/<title>Energy/g), count(/<main>/g), count(/<h1>/g)]).toEqual([1, 1, 1]);
    expect(count(/<table>/g)).toBe(count(/<caption>/g));
    expect(count(/role="img"/g)).toBe(count(/role="img" aria-label="[^"]{20,}"/g));
  });

  test('elements are balanced', () => {
    const open: string[] = [];
    for (const [, close, name = '', selfClosing] of page.matchAll(/<(\/?)([a-z][a-z0-9]*)\b[^>]*?(\/?)>/gi)) {
      if (/^(meta|br)$/.test(name) || selfClosing === '/') continue;
      if (close === '') open.push(name);
      else expect(open.pop()).toBe(name);
    }
    expect(open).toEqual([]);
  });

  test('every figure opens a drawer of its own with value, bounds, source and each reference, without a script', () => {
    const drawers = [...page.matchAll(/<div class="drawer" popover id="([^"]+)">/g)].map((m) => m[1]);
    expect(new Set(drawers).size).toBe(drawers.length);
    const opened = [...page.matchAll(/<button type="button" class="figure" popovertarget="([^"]+)">/g)].map((m) => m[1]);
    expect(new Set(opened)).toEqual(new Set(drawers));
    // Three layers of four figures, totals, budgets, machines, two lines of evidence, a solved layer, the fit both ways, six retrainings both ways.
    expect(drawers).toHaveLength(3 * 4 + 4 + 3 + 6 + 5 + 1 + 2 + 6 * 2);
    const drawer = page.slice(page.indexOf('id="f-evidence1-measured"'));
    expect(drawer.slice(0, drawer.indexOf('</div>'))).toMatch(
      /12 µJ[^]*lowest<\/dt><dd>11 µJ[^]*highest<\/dt><dd>13 µJ[^]*measured[^]*confidence interval of the mean[^]*<li>meter \/fc2\/Gemm<\/li>/,
    );
  });

  test('shows the value, band and source of each total', () => {
    const q = mlpEnergy().totals.inference;
    expect(q).not.toBeNull();
    expect(page).toContain('9.1 µJ');
    expect(page).toContain('1.7-140 µJ');
    expect(page).toContain('class="source assumed"');
  });
});

describe('break-even and what a fit saved', () => {
  const exactly = (value: number): Quantity<'J'> => ({ value, unit: 'J', low: value / 2, high: value * 2, source: 'modelled', ref: 'x' });
  const energy = mlpEnergy();
  const retraining = { sgd: exactly(1), solve: exactly(5), incremental: exactly(0.1) };

  test('the table has the retraining from which solving is cheaper, both ways with their bands', () => {
    const crossed = { ...energy, totals: { ...energy.totals, retraining, breakEvenRetrainings: 5 } };
    const told = energyMarkdown(crossed);
    expect(told).toContain('| 0 | 1.0 J (0.5-2 J, modelled) | 5.0 J (2.5-10 J, modelled) |');
    expect(told).toContain('| 5 | 6.0 J (3-12 J, modelled) | 5.5 J (2.8-11 J, modelled) |');
    expect(told).toContain(
      'cheaper after 5 retrainings by the central values; by the ends of the bands, after 1 retraining at best and after 32',
    );
    expect(energyHtml(crossed)).toContain('after 5 retrainings by the central values');
  });

  test('a figure that is missing leaves both out: a part is not the whole', () => {
    const [first, ...rest] = energy.layers;
    if (first === undefined) throw new Error('no layer');
    const without = {
      ...energy,
      layers: [{ ...first, retraining: { ...first.retraining, sgd: null } }, ...rest],
      totals: { ...energy.totals, retraining: { ...retraining, sgd: null }, breakEvenRetrainings: null },
    };
    for (const told of [energyMarkdown(without, { fit }), energyHtml(without, { fit })]) {
      expect(told).not.toMatch(/gradient descent from the start|Training the 2 solved layers once/);
      expect(told).toContain('Last fit');
    }
    expect(energyHtml(energy, { fit })).toMatch(/Training the 2 solved layers once[^]*gradient descent from the start/);
  });
});

test('sarif: required properties, relative and absolute locations, a fix', () => {
  const log = JSON.parse(sarif()) as {
    version: string;
    runs: {
      results: {
        level: string;
        ruleIndex: number;
        locations: { physicalLocation: { artifactLocation: { uri: string } } }[];
        fixes?: unknown[];
      }[];
      tool: { driver: { rules: { id: string }[] } };
    }[];
  };
  const run = log.runs[0];
  expect(log.version).toBe('2.1.0');
  expect(run?.results.map((r) => [r.level, r.locations[0]?.physicalLocation.artifactLocation.uri, r.fixes?.length ?? 0])).toEqual([
    ['error', 'digits.tiers', 1],
    ['warning', 'file:///elsewhere/a%20b.tiers', 0],
    ['note', 'digits.tiers', 0],
  ]);
  expect(run?.results.map((r) => run.tool.driver.rules[r.ruleIndex]?.id)).toEqual(['unknown-layer', 'budget-uncertain', 'node-unknown']);
});
