import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { annotationOffer } from '../../extension/python/annotation-offer.ts';
import { annotationInsertion, changedComment, holderLine } from '../../extension/python/annotation-text.ts';
import { layerLabel, layerTooltip } from '../../extension/python/layer-hint.ts';
import { layersByLine, sumJoules } from '../../extension/python/line-layers.ts';
import { orderModels, steps } from '../../extension/python/model-order.ts';
import { joinCells, pythonOfCell } from '../../extension/python/notebook-text.ts';
import { differences, saysTheSame } from '../../extension/python/plan-difference.ts';
import { mayBuildLayers } from '../../extension/python/relevance.ts';
import { ofLastCell } from '../../extension/python/text-places.ts';
import { energy, hostileId, joules, plainText } from './fixtures.ts';
import { annotation, layer, on, python } from './python-fixtures.ts';

const both = { energy: true, retraining: true };

describe('a Python text', () => {
  it.each([
    ['import torch', true],
    ['from tensorflow import keras', true],
    ['x = 1  # tier: lower', true],
    ['x = 1  #tier:lower', true],
    ['import numpy as np\nprint("frontier: upper")', false],
    ['storch = 1', false],
    ['', false],
  ])('%j is looked at: %s', (text, expected) => {
    expect(mayBuildLayers(text)).toBe(expected);
  });

  it('is left alone when it is very long', () => {
    expect(mayBuildLayers(`import torch\n${'x'.repeat(1_000_000)}`)).toBe(false);
  });
});

describe('cells of a notebook', () => {
  it('are joined with the earlier ones in front', () => {
    expect(joinCells(['import torch', 'a = 1\nb = 2'], 'net = 3')).toEqual({
      text: 'import torch\na = 1\nb = 2\nnet = 3\n',
      linesBefore: 3,
    });
    expect(joinCells([], 'x')).toEqual({ text: 'x\n', linesBefore: 0 });
  });

  it('keep the nearest ones where all would be too long', () => {
    expect(joinCells(['a'.repeat(50), 'b = 1'], 'c', 20)).toEqual({ text: 'b = 1\nc\n', linesBefore: 1 });
  });

  it('comment out what is no Python, without moving anything', () => {
    expect(pythonOfCell('%matplotlib inline\n  !pip install torch\nx = 5 % 3')).toBe('#matplotlib inline\n  #pip install torch\nx = 5 % 3');
    expect(pythonOfCell('%%bash\nls\n\necho')).toBe('#%bash\n#s\n\n#cho');
    expect(pythonOfCell('%%time\nnet = 1')).toBe('#%time\nnet = 1');
  });

  it('map every place of the last cell back to itself', () => {
    const cell = fc.array(fc.constantFrom('a = 1', '%magic', '', '    x = nn.Linear(1, 2)', '!ls'), { maxLength: 6 });
    fc.assert(
      fc.property(fc.array(cell, { maxLength: 4 }), cell, (earlier, lines) => {
        const { text, linesBefore } = joinCells(
          earlier.map((one) => one.join('\n')),
          lines.join('\n'),
        );
        const joined = text.split('\n');
        lines.forEach((line, index) => expect(joined[linesBefore + index]).toHaveLength(line.length));
        const places = lines.map((_, index) => layer(`l${index}`, on(linesBefore + index + 1, 1, 2)));
        const before = Array.from({ length: linesBefore }, (_, index) => layer(`e${index}`, on(index + 1, 1, 2)));
        const kept = ofLastCell(python([...before, ...places]), linesBefore).layers;
        expect(kept.map(({ range }) => range.line)).toEqual(lines.map((_, index) => index + 1));
      }),
      { seed: 20260105, numRuns: 200 },
    );
  });

  it('keep annotations and findings of their own only', () => {
    const document = python(
      [
        layer('a', on(5, 3, 9), { annotation: annotation('lower', on(2, 1, 8)) }),
        layer('b', on(6, 3, 9, 7), { annotation: annotation('upper', on(6, 12, 20)) }),
      ],
      {
        diagnostics: [
          { code: 'x', severity: 'error', message: 'm', where: { range: on(1, 1, 2) } },
          { code: 'y', severity: 'error', message: 'm', where: { range: on(6, 1, 2) } },
          { code: 'z', severity: 'error', message: 'm', where: {} },
        ],
      },
    );
    const own = ofLastCell(document, 4);
    expect(own.layers.map(({ range, annotation: said }) => [range.line, range.endLine, said?.range.line ?? null])).toEqual([
      [1, 1, null],
      [2, 3, 2],
    ]);
    expect(own.diagnostics.map(({ code, where }) => [code, where.range?.line])).toEqual([['y', 2]]);
  });
});

describe('models for a Python file', () => {
  it('stand in the order folder, plan, nearest; what was made from a model behind all', () => {
    const found = [
      '/w/b/far.onnx',
      '/w/src/net.fitted.onnx',
      '/w/src/other.onnx',
      '/w/src/net.onnx',
      '/w/src/deep/er/x.onnx',
      '/w/top.onnx',
    ];
    expect(orderModels('/w/src/net.py', found, ['/w/b/far.onnx', '/elsewhere/p.onnx'])).toEqual([
      '/w/src/net.onnx',
      '/w/src/other.onnx',
      '/w/b/far.onnx',
      '/elsewhere/p.onnx',
      '/w/top.onnx',
      '/w/src/deep/er/x.onnx',
      '/w/src/net.fitted.onnx',
    ]);
  });

  it('are bounded and never stand twice', () => {
    const many = Array.from({ length: 30 }, (_, index) => `/w/${index}.onnx`);
    expect(orderModels('/w/a.py', [...many, ...many], many, 5)).toHaveLength(5);
  });

  it('are as far as the folders on the way', () => {
    expect(steps('/w/src', '/w/src')).toBe(0);
    expect(steps('/w/src', '/w/b/c')).toBe(3);
  });
});

describe('layers of a line', () => {
  it('are grouped, and summed with the weakest source and the whole band', () => {
    const lines = layersByLine([layer('b', on(9, 1, 2)), layer('a', on(3, 1, 2)), layer('c', on(9, 5, 6))]);
    expect(lines.map(({ line, layers }) => [line, layers.map(({ name }) => name)])).toEqual([
      [2, ['a']],
      [8, ['b', 'c']],
    ]);
    const sum = sumJoules([joules(2, 'measured'), null, joules(4, 'assumed')]);
    expect(sum).toMatchObject({ value: 6, low: 3, high: 12, source: 'assumed', ref: 'table A; table B' });
    expect(sumJoules([null])).toBeNull();
  });
});

describe('the hint behind a line', () => {
  const label = (layers: Parameters<typeof layer>[2][], options = both): string | undefined =>
    layerLabel({ line: 0, layers: layers.map((more, index) => layer(`fc${index}`, on(1, 1, 2), more)) }, options, plainText);

  it('says what an inference and a retraining cost', () => {
    expect(label([{ annotation: annotation('lower', on(1, 9, 12)) }])).toBe('2.20 \u00b5J modelled \u00b7 SGD 130 mJ \u00b7 solve 17.0 mJ');
    expect(label([{ annotation: annotation('upper', on(1, 9, 12)), tier: 'upper' }])).toBe(
      '2.20 \u00b5J modelled \u00b7 SGD 130 mJ \u00b7 update 2.00 \u00b5J',
    );
    expect(label([{ annotation: annotation('frozen', on(1, 9, 12)) }])).toBe('2.20 \u00b5J modelled');
  });

  it('sums several layers and says how many', () => {
    expect(label([{}, {}, {}])).toBe('3 layers \u00b7 6.60 \u00b5J modelled \u00b7 SGD 390 mJ \u00b7 solve 51.0 mJ');
    const unknown = { inference: null, retraining: { sgd: null, solve: null, incremental: null } };
    expect(label([{}, unknown])).toBe('1 of 2 layers \u00b7 2.20 \u00b5J modelled \u00b7 SGD 130 mJ \u00b7 solve 17.0 mJ');
  });

  it('is quiet about a layer without figures, unless it is annotated', () => {
    const unknown = { inference: null, retraining: { sgd: null, solve: null, incremental: null }, basis: 'none' as const, layerId: null };
    expect(label([unknown])).toBeUndefined();
    expect(label([{ ...unknown, annotation: annotation('lower', on(1, 9, 12)) }])).toBe('export the model to see joules');
  });

  it('shows only what the settings ask for', () => {
    expect(label([{}], { energy: true, retraining: false })).toBe('2.20 \u00b5J modelled');
    expect(label([{}], { energy: false, retraining: true })).toBe('SGD 130 mJ \u00b7 solve 17.0 mJ');
  });

  it('has a tooltip with band, source and reference of every figure', () => {
    const text = layerTooltip(
      { line: 0, layers: [layer('fc1', on(1, 1, 2), { note: 'batch of 1 assumed' })] },
      'ecp5-85f',
      plainText,
    ).replaceAll('\u00a0', ' ');
    expect(text).toContain('| one inference | **2.20 \u00b5J** | 1.10 to 4.40 \u00b5J | modelled | 1, 2 |');
    expect(text).toContain('| retrain: direct solve | 17.0 mJ | 8.50 to 34.0 mJ | simulated |');
    expect(text).toContain('of the layer in the exported model');
    expect(text).toContain('batch of 1 assumed');
    expect(text).toContain('\\[1\\] table A');
  });

  it('marks an estimate from the arguments, and bounds a long line', () => {
    const text = layerTooltip({ line: 0, layers: [layer('fc1', on(1, 1, 2), { basis: 'arguments', layerId: null })] }, 'x', plainText);
    expect(text).toContain('**estimated from the arguments**');
    const many = Array.from({ length: 50 }, (_, index) => layer(`b${index}`, on(1, 1, 2)));
    expect(layerTooltip({ line: 0, layers: many }, 'x', plainText)).toContain('and 46 more');
  });

  it('keeps a hostile name from becoming markup', () => {
    const text = layerTooltip({ line: 0, layers: [layer(hostileId, on(1, 1, 2), { layerId: hostileId, kind: '<b>' })] }, 'x', plainText);
    expect(text).not.toMatch(/(?<!\\)\[x|(?<!\\)<|(?<!\\)\$\(/);
  });
});

describe('an annotation that is added', () => {
  const insert = (lines: readonly string[], range: ReturnType<typeof on>) =>
    annotationInsertion((line) => lines[line] ?? '', range, 'lower');

  it('goes behind the line of the constructor', () => {
    expect(insert(['        self.fc1 = nn.Linear(64, 64)   '], on(1, 20, 37))).toEqual({
      line: 0,
      character: 36,
      text: '  # tier: lower ridge',
    });
    expect(insert(['    nn.Linear(64, 64),'], on(1, 5, 22))).toEqual({ line: 0, character: 22, text: '  # tier: lower ridge' });
  });

  it.each([
    [['    x = nn.Linear(1, 2)  # the first'], on(1, 9, 24)],
    [['    x = nn.Linear(1,', '                  2)'], on(1, 9, 21, 2)],
    [['    x = nn.Linear(1, 2) + \\'], on(1, 9, 24)],
  ])('goes above %j, indented alike', (lines, range) => {
    expect(insert(lines, range)).toEqual({ line: 0, character: 0, text: '    # tier: lower ridge\n' });
  });

  it('keeps the name of the tier when the tier changes', () => {
    expect(changedComment('# tier: lower ridge lambda=1 name=head', 'upper')).toBe('# tier: upper rls name=head');
    expect(changedComment('# tier: lower', 'frozen')).toBe('# tier: frozen');
  });

  it('is offered behind a layer, and on an empty line above it', () => {
    const lines = ['class Net:', '    ', '    a = nn.Linear(1, 2)', '    b = nn.Linear(1, 2)  #', 'x = 1'];
    const layers = [layer('a', on(3, 9, 24)), layer('b', on(4, 9, 24))];
    const offer = (line: number, character = lines[line]?.length ?? 0) =>
      annotationOffer((at) => lines[at] ?? '', lines.length, { line, character }, layers);
    expect(offer(1)).toEqual({ from: 4, space: '' });
    expect(offer(2)).toEqual({ from: 23, space: '  ' });
    expect(offer(3)).toEqual({ from: 25, space: '' });
    expect(offer(2, 8)).toBeUndefined();
    expect(offer(4)).toBeUndefined();
    expect(offer(0)).toBeUndefined();
    // Annotated by its class: a comment of its own may say otherwise.
    const ofClass = [layer('a', on(3, 9, 24), { annotation: annotation('lower', on(1, 1, 9)) })];
    expect(annotationOffer((at) => lines[at] ?? '', 5, { line: 2, character: 23 }, ofClass)).toBeDefined();
    const own = [layer('a', on(3, 9, 24), { annotation: annotation('lower', on(2, 5, 9)) })];
    expect(annotationOffer((at) => lines[at] ?? '', 5, { line: 2, character: 23 }, own)).toBeUndefined();
  });
});

describe('the holder of layers', () => {
  it('is found by its name', () => {
    const lines = ['import torch', 'class Network(nn.Module):', '  pass', 'net = Network()', 'model == 3', 'model: nn.Module = f()'];
    expect(holderLine(lines, 'Network')).toBe(1);
    expect(holderLine(lines, 'net')).toBe(3);
    expect(holderLine(lines, 'model')).toBe(5);
    expect(holderLine(lines, 'Net')).toBeNull();
    expect(holderLine(lines, 'a(b')).toBeNull();
  });
});

describe('plan and annotations', () => {
  it('say the same when every layer is where its line says', () => {
    const layers = [
      layer('a', on(1, 1, 8), { annotation: annotation('lower', on(1, 9, 12)), layerId: 'fc1' }),
      layer('b', on(2, 1, 8), { annotation: annotation('upper', on(2, 9, 12)), layerId: hostileId }),
    ];
    expect(saysTheSame(layers, energy.layers)).toBe(true);
    expect(saysTheSame(layers.slice(1), energy.layers)).toBe(false);
  });

  it('differ only where both speak of the layer', () => {
    const said = annotation('upper', on(1, 9, 12));
    const layers = [
      layer('fc1', on(1, 1, 8), { annotation: said, layerId: 'fc1' }),
      layer('fc2', on(1, 1, 8), { annotation: said, layerId: 'unknown' }),
      layer('fc3', on(2, 1, 8), { layerId: 'fc1' }),
      layer('fc4', on(3, 1, 8), { annotation: annotation('upper', on(3, 9, 12)), layerId: hostileId }),
    ];
    expect(differences(layers, energy.layers)).toEqual([{ range: on(1, 9, 12), annotated: 'upper', planned: 'lower', layers: ['fc1'] }]);
  });
});
