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

test('the extension bundle holds no solver, no ONNX Runtime and no page', () => {
  const bundle = zipEntries(vsixUnderTest()).find((entry) => entry.name === 'extension/dist/extension.cjs');
  const text = bundle?.read().toString('utf8') ?? '';
  expect(text).not.toBe('');
  expect(text).not.toMatch(/require\(["']onnxruntime/);
  expect(text).not.toMatch(/require\(["']serialport/);
});
