import { expect, test } from 'vitest';
import { vsixProblems, zipEntries } from '../../../.ci/vsix-contents.mjs';
import { vsixUnderTest } from '../driver/session.ts';

const target = `${process.platform}-${process.arch}`;

test('the package holds what runs, nothing else, for this platform alone', () => {
  expect(vsixProblems(vsixUnderTest(), target).join('\n')).toBe('');
});

test('the check notices binaries of another platform', () => {
  expect(vsixProblems(vsixUnderTest(), 'win32-arm64').join('\n')).toContain('is a binary of another platform');
});

test('the bundles of the extension hold no solver, no ONNX Runtime and no page', () => {
  const bundles = zipEntries(vsixUnderTest()).filter((entry) => /^extension\/dist\/extension[\w-]*\.cjs$/.test(entry.name));
  expect(bundles).toHaveLength(3);
  const text = bundles.map((bundle) => bundle.read().toString('utf8')).join('');
  expect(text).not.toMatch(/require\(["']onnxruntime/);
  expect(text).not.toMatch(/require\(["']serialport/);
});
