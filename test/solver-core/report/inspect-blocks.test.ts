import { expect, test } from 'vitest';
import type { InspectBlock, InspectDocument } from '../../../solver-core/protocol/index.ts';
import { inspectText } from '../../../solver-core/report/inspect-text.ts';
import { expectGolden } from './golden.ts';
import { hostileName, inspect } from './samples.ts';

const block = (index: number, kind: InspectBlock['kind'], name: string, layers: readonly string[]): InspectBlock => ({
  index,
  name,
  kind,
  layers,
  input: `x${index}`,
  output: `x${index + 1}`,
  macs: null,
  parameters: 1,
});

/** Both layers in blocks: one with a role, one with a name that wants to be markup. */
const deep: InspectDocument = {
  ...inspect,
  layers: inspect.layers.map((layer, i) => (i === 0 ? { ...layer, block: 0, role: 'att.key' } : i === 1 ? { ...layer, block: 3 } : layer)),
  blocks: [
    block(0, 'rwkv', 'm.blocks.0', ['/fc1/Gemm']),
    block(1, 'rwkv', 'm.blocks.1', ['a']),
    block(2, 'repeated', 'block 2', ['b', 'c']),
    block(3, 'repeated', 'block 3', [hostileName]),
    block(4, 'transformer', hostileName, ['d', 'e']),
  ],
};

test('blocks have a line for each stretch and a column of their own', () => {
  expectGolden('report/inspect-blocks.txt', inspectText(deep));
  expect(inspectText(deep)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069\u200b-\u200f]/u);
});

test('a model without blocks reads as before', () => {
  expect(inspectText(inspect)).not.toContain('block');
});
