import { expect, it } from 'vitest';
import { farText } from '../../extension/far-text.ts';
import { hostileId, plainText } from './fixtures.ts';

it('says nothing about a file on a disk, and in one sentence why another one cannot be used', () => {
  expect(farText({ scheme: 'file', path: '/a/b.tiers' }, plainText)).toBeUndefined();
  expect(farText({ scheme: 'vscode-vfs', path: '/a/b.tiers' }, plainText)).toMatch(/^b\.tiers is in a virtual workspace: .*local disk/);
  expect(farText({ scheme: 'untitled', path: 'Untitled-1' }, plainText)).toMatch(/^Save Untitled-1 beside its model first/);
});

it('keeps the name of a file inert', () => {
  expect(farText({ scheme: 'memfs', path: `/${hostileId}` }, plainText)).not.toContain('$(');
});
