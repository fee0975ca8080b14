import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import * as v from 'valibot';
import { afterAll, expect, test } from 'vitest';
import { createEnvironment } from '../../../solver-core/jobs/environment.ts';
import { checkJob } from '../../../solver-core/jobs/check.ts';
import { inspectJob } from '../../../solver-core/jobs/inspect.ts';
import { nodePlanWorld } from '../../../solver-core/jobs/plan-world.ts';
import { checkText } from '../../../solver-core/report/check-text.ts';
import { checkPlan } from '../../../solver-core/tiers/check.ts';
import { checkSchema, inspectSchema } from '../../cli/schemas.ts';
import { BlockModel, packedGatedBlock } from '../model/block-models.ts';

const folder = mkdtempSync(join(tmpdir(), 'tierwise-blocks-'));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

const model = new BlockModel();
const first = packedGatedBlock(model, model.embed());
const second = packedGatedBlock(model, first.out);
writeFileSync(join(folder, 'deep.onnx'), model.bytes(model.dense(second.out)));
writeFileSync(join(folder, 'input.txt'), 'abc');
writeFileSync(join(folder, 'package.json'), '{}');
writeFileSync(join(folder, 'words.json'), '[]');
writeFileSync(join(folder, 'vocab.json'), '[]');

test('inspect names blocks, and each layer has its block and role', async () => {
  const document = await inspectJob(createEnvironment('0', join(folder, 'solver.cjs')), { path: join(folder, 'deep.onnx') });
  expect(document.blocks?.map((block) => [block.index, block.kind, block.layers.length, block.output])).toEqual([
    [0, 'transformer', 5, first.out],
    [1, 'transformer', 5, second.out],
  ]);
  expect(document.layers.map((layer) => [layer.block, layer.role])).toEqual([
    ...[0, 1].flatMap((index) => ['qkv', 'out', 'gate', 'up', 'down'].map((role) => [index, role])),
    [undefined, undefined],
  ]);
  const parameters = document.layers.filter((layer) => layer.block === 1).reduce((sum, layer) => sum + layer.parameters, 0);
  expect(document.blocks?.[1]?.parameters).toBe(parameters);
  expect(JSON.parse(JSON.stringify(document))).toEqual(document);
  expect(v.safeParse(inspectSchema, document).success).toBe(true);
});

test('a check says what the modules of a compound section are', async () => {
  const environment = createEnvironment('0', join(folder, 'solver.cjs'));
  const text = 'model "deep.onnx"\ntext "input.txt" tokens "vocab.json"\ncompound c { lower blocks 0 }\n';
  const document = await checkJob(environment, { path: join(folder, 'plan.tiers'), text });
  expect(document.compound).toEqual({ name: 'c', lower: { kind: 'layers', layers: Object.keys(first.roles) }, upper: { kind: 'rest' } });
  expect(checkText(document)).toContain(
    `Compound c\n  lower module: everything up to ${Object.keys(first.roles).at(-1) ?? ''}\n  upper module: what follows the lower module\n`,
  );
  expect(v.safeParse(checkSchema, document).success).toBe(true);
});

test('a plan on disk sees the blocks, the texts and the vocabularies beside it', () => {
  const world = nodePlanWorld(join(folder, 'plan.tiers'));
  const head = 'model "deep.onnx"\ntext "input.txt" tokens "vocab.json"\n';
  const { plan, diagnostics } = checkPlan(`${head}compound c { lower blocks 0 }\n`, world);
  expect(diagnostics).toEqual([]);
  expect(plan?.compound?.lower).toEqual({ kind: 'layers', layers: Object.keys(first.roles) });
  expect(plan?.compound?.upper).toEqual({ kind: 'rest' });
  expect(checkPlan(`${head}compound c { lower blocks 0..2 }\n`, world).diagnostics.map((d) => [d.code, d.suggestions])).toEqual([
    ['unknown-block', ['blocks 0..1']],
  ]);
  expect(world.textsNearby?.()).toEqual(['input.txt']);
  expect(world.vocabulariesNearby?.()).toEqual(['vocab.json', 'words.json']);
});
