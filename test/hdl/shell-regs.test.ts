import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { generateRegs } from '../../.ci/gen-regs.mjs';
import {
  linkDescriptorBytes,
  linkFrameBytes,
  linkHeaderBytes,
  linkMaxPayload,
  linkMessages,
} from '../../solver-core/backends/serial/generated/link.ts';
import { projectRoot } from '../shared.ts';

const files = generateRegs();

test.each(Object.keys(files))('%s is what .ci/gen-regs.mjs writes', (path) => {
  expect(readFileSync(join(projectRoot, path), 'utf8')).toBe(files[path]);
});

test('the layouts of the link have the sizes the protocol promises', () => {
  expect(linkFrameBytes).toBe(linkHeaderBytes);
  expect(linkDescriptorBytes).toBe(20);
  const types = Object.values(linkMessages).map((m) => m.type);
  expect(new Set(types).size).toBe(types.length);
  for (const message of Object.values(linkMessages)) expect(message.sizeBytes).toBeLessThanOrEqual(linkMaxPayload);
});
