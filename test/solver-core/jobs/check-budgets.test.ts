import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkJob } from '../../../solver-core/jobs/check.ts';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { renderEnergy } from '../../../solver-core/jobs/report.ts';
import type { CheckDocument, DiagnosticDocument } from '../../../solver-core/protocol/index.ts';
import { checkText } from '../../../solver-core/report/check-text.ts';
import { checkSarif } from '../../../solver-core/report/sarif.ts';
import { floats, modelBytes, node, value } from '../onnx/build-model.ts';

let folder = '';
beforeAll(() => {
  folder = mkdtempSync(join(tmpdir(), 'tierwise-budgets-'));
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

/** Two convolutions behind a node that nobody knows, so that nobody knows how often they run. */
function unknownShapes(): Uint8Array {
  return modelBytes({
    input: [value('x', ['n', 1, 'h', 'w'])],
    output: [value('y', ['n', 4, 'h', 'w'])],
    initializer: [floats('k', [4, 1, 3, 3]), floats('m', [4, 4, 3, 3])],
    node: [
      node('Mystery', ['x'], ['u']),
      node('Conv', ['u', 'k'], ['c'], { pads: [1, 1, 1, 1] }, 'first'),
      node('Conv', ['c', 'm'], ['y'], { pads: [1, 1, 1, 1] }, 'second'),
    ],
  });
}

/** Dense layers of rising size. */
function chain(count: number): Uint8Array {
  const width = (i: number): number => 8 + i;
  const layers = Array.from({ length: count }, (_, i) => i);
  return modelBytes({
    input: [value('x0', ['n', width(0)])],
    output: [value(`x${count}`, ['n', width(count)])],
    initializer: layers.map((i) => floats(`w${i}`, [width(i), width(i + 1)])),
    node: layers.map((i) => node('Gemm', [`x${i}`, `w${i}`], [`x${i + 1}`], {}, `fc${i}`)),
  });
}

function planOf(model: Uint8Array, clauses: string): string {
  writeFileSync(join(folder, 'm.onnx'), model);
  const path = join(folder, 'p.tiers');
  writeFileSync(path, `model "m.onnx"\ntarget "ecp5-85f"\nbackend cpu\n${clauses}\n`);
  return path;
}

const environment = () => createEnvironment('0', join(folder, 'cli.cjs'));
const checked = (path: string): Promise<CheckDocument> => checkJob(environment(), { path });
const found = ({ diagnostics }: CheckDocument, code: string): readonly DiagnosticDocument[] => diagnostics.filter((d) => d.code === code);

describe('a budget that cannot be judged', () => {
  test('is a warning that names the layers, in text and in SARIF, and the missing shapes are said', async () => {
    const document = await checked(planOf(unknownShapes(), 'budget 1 pJ per inference\nbudget 1 pJ per layer'));
    expect(document.budgets.map(({ status, missing }) => [status, missing])).toEqual([
      ['unknown', { total: 2, layers: ['first', 'second'] }],
      ['unknown', { total: 2, layers: ['first', 'second'] }],
    ]);
    const unknown = found(document, 'budget-unknown');
    expect(unknown.map((d) => [d.severity, d.where.range?.line])).toEqual([
      ['warning', 4],
      ['warning', 5],
    ]);
    const message = 'model: the budget of 1 pJ per inference cannot be judged: there is no figure for "first", "second"';
    expect(unknown[0]?.message).toContain(message);
    expect(found(document, 'energy-incomplete')).toHaveLength(1);
    expect(checkText(document)).toContain(`warning budget-unknown: ${message}`);
    const sarif = JSON.parse(checkSarif(document, { version: '0', root: folder })) as {
      runs: [{ results: { ruleId: string; level: string; properties?: unknown }[] }];
    };
    expect(sarif.runs[0].results.map((r) => [r.ruleId, r.level])).toContainEqual(['budget-unknown', 'warning']);
    expect(sarif.runs[0].results.find((r) => r.ruleId === 'budget-unknown')?.properties).toMatchObject({ budget: { status: 'unknown' } });
  });

  test('is none where every figure is there, or the plan has no budget', async () => {
    for (const clauses of ['budget 1 J per inference\nbudget 1 J per layer', ''])
      expect(found(await checked(planOf(chain(3), clauses)), 'budget-unknown')).toEqual([]);
  });

  test('of a fit that has nothing to fit says so', async () => {
    const document = await checked(planOf(chain(3), 'budget 1 J per fit'));
    expect(found(document, 'budget-unknown').map((d) => d.message)).toEqual([expect.stringContaining('no layer that it counts is known')]);
  });
});

test('CSV has the strictest limit of every layer, however many are exceeded', async () => {
  const tier = 'lower tier few { layers "fc0" .. "fc12" solve ridge budget 0.001 pJ per layer }';
  const clauses = `data "d.npz" inputs x labels y split 0.8\n${tier}\nbudget 1 J per layer`;
  writeFileSync(join(folder, 'd.npz'), '');
  const path = planOf(chain(15), clauses);
  const { text } = await renderEnergy(environment(), { path }, 'csv');
  const [header = [], ...rows] = text
    .trimEnd()
    .split('\n')
    .map((line) => line.match(/("(?:[^"]|"")*"|[^,]*)(?:,|$)/g)?.map((c) => c.replace(/,$/, '')) ?? []);
  const at = (row: readonly string[], name: string): string | undefined => row[header.indexOf(name)];
  expect(rows.map((row) => [at(row, 'budget_per_layer_J'), at(row, 'budget_per_layer_status')])).toEqual([
    ...Array.from({ length: 13 }, () => ['1e-15', 'exceeded']),
    ['1', 'met'],
    ['1', 'met'],
  ]);
});
