import * as fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { analysePython, annotationItems } from '../../../solver-core/python/index.ts';
import { maxLayers } from '../../../solver-core/python/machine.ts';
import { torchSources } from './torch-sources.ts';

const start = 'import torch.nn as nn\n';

describe('source from strangers', () => {
  test('any text is read without an exception', () => {
    const piece = fc.constantFrom(
      ...[
        'class Net(nn.Module):',
        '    def __init__(self, d=3):',
        '        self.a = nn.Linear(d, 2)',
        '  ',
        '\n',
        '(',
        ')',
        '[',
        ']',
        ':',
        '=',
        '*',
        '**',
      ],
      ...[
        'for i in range(3):',
        'if x:',
        'else:',
        '# tier: lower',
        '# tier: ',
        'lambda x: x',
        'f"{',
        '"""',
        "'",
        '@',
        'import ',
        'from . import *',
        'nn.',
      ],
      ...[
        'nn.Sequential(',
        'self.',
        'super().__init__()',
        'x = ',
        '1e999',
        '0x',
        '\\',
        'def f(',
        'return ',
        ',',
        'in ',
        'not ',
        '\u0000',
        '\ud800',
        'é',
        '\t',
      ],
    );
    fc.assert(
      fc.property(fc.array(fc.oneof(piece, fc.string({ maxLength: 5 })), { maxLength: 60 }), (parts) => {
        const text = start + parts.join('');
        const { layers, findings } = analysePython(text);
        expect(layers.length).toBeLessThanOrEqual(text.length);
        expect(Array.isArray(findings.list())).toBe(true);
        expect(Array.isArray(annotationItems(text, 1, 3))).toBe(true);
      }),
      { numRuns: 1500, seed: 7 },
    );
  });

  test('every cut of a good source is read, and shows no other layers than the whole', () => {
    const text = torchSources['nested'] ?? '';
    const names = new Set(analysePython(text).layers.map(({ instance }) => instance.type));
    for (let end = 0; end < text.length; end += 7) {
      for (const { instance } of analysePython(text.slice(0, end)).layers) expect(names).toContain(instance.type);
    }
  });

  test('a broken line does not hide the layers around it', () => {
    const text = `${start}class Net(nn.Module):\n    def __init__(self):\n        self.a = nn.Linear(1, 2)\n        self.b = = nn.Linear(2,\n        self.c = nn.Linear(3, 4)\n`;
    expect(analysePython(text).layers.map(({ facts }) => facts.inputs)).toEqual(expect.arrayContaining([1, 3]));
  });

  test.each([
    ['a huge range', 'l = [nn.Linear(1, 1) for i in range(10**9)]\n'],
    [
      'loops in loops',
      `${'for a in range(1000):\n '.replace(/\n $/, '\n')}    for b in range(1000):\n        for c in range(1000):\n            x = a + b\n`,
    ],
    [
      'a class inside of itself',
      'class A(nn.Module):\n    def __init__(self):\n        self.a = A()\n        self.b = A()\n        self.l = nn.Linear(1, 2)\n',
    ],
    ['functions that call each other', 'def f(n):\n    g(n)\n    g(n)\ndef g(n):\n    f(n)\n    f(n)\nf(3)\n'],
    ['a list that doubles', `x = [1]\n${'x = x + x\n'.repeat(60)}`],
    ['a number that grows', `x = 10\n${'x = x ** x\n'.repeat(20)}`],
    ['classes that derive from each other', 'class A(B): pass\nclass B(A): pass\nclass A(B): pass\nclass B(A): pass\nB()\n'],
    ['deep brackets', `x = ${'('.repeat(5000)}1${')'.repeat(5000)}\n`],
    ['brackets too deep for any parser', `x = ${'('.repeat(200_000)}`],
    ['deep modules', `m = ${'nn.Sequential('.repeat(3000)}nn.Linear(1, 2)${')'.repeat(3000)}\n`],
    ['deep blocks', `${Array.from({ length: 300 }, (_, i) => `${' '.repeat(i)}if x:\n`).join('')}${' '.repeat(300)}y = nn.Linear(1, 2)\n`],
    [
      'calls in deep brackets in calls',
      Array.from({ length: 40 }, (_, i) => `def f${i}():\n    return ${'['.repeat(200)}f${i + 1}()${']'.repeat(200)}\n`).join('') +
        'f0()\n',
    ],
    ['lambdas in lambdas', `x = ${'(lambda: '.repeat(500)}nn.Linear(1, 2)${')()'.repeat(500)}\n`],
    ['a container that holds itself', 'm = nn.ModuleList()\nm.append(m)\nm.append(nn.Linear(1, 2))\n'],
    [
      'a list that holds itself',
      'x = []\nx.append(x)\nclass A(nn.Module):\n    def __init__(self):\n        self.x = x\n        self.l = nn.Linear(1, 2)\n',
    ],
  ])('%s ends', (_name, text) => {
    const { layers } = analysePython(start + text);
    expect(layers.length).toBeLessThanOrEqual(maxLayers);
  });

  test('more layers than are told are said to be left out', () => {
    const many = `${start}class Net(nn.Module):\n    def __init__(self):\n        self.l = nn.ModuleList([nn.Linear(2, 2) for _ in range(9000)])\n`;
    const { layers, findings } = analysePython(many);
    // Those that are told keep their names, which an export is matched by.
    expect(layers.map(({ name }) => name)).toEqual(Array.from({ length: maxLayers }, (_, i) => `l.${i}`));
    expect(findings.list().map(({ code }) => code)).toEqual(['source-too-large']);
    const all = analysePython(many.replace('9000', String(maxLayers)));
    expect([all.layers.length, all.findings.list()]).toEqual([maxLayers, []]);
  });

  test('names of Object are names like any other', () => {
    const text = `${start}class Net(nn.Module):\n    def __init__(self, constructor=3):\n        self.__proto__ = nn.Linear(constructor, 2)\n        self.toString = nn.constructor(1)\n        self.hasOwnProperty = nn.__proto__(2)\n`;
    expect(analysePython(text).layers.map(({ name }) => name)).toEqual(['__proto__']);
  });
});
