import { programPath } from '../../../solver-core/sensors/program-path.ts';
import { mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { obstacleOf } from '../../../solver-core/sensors/host.ts';
import { nodeSensorHost } from '../../../solver-core/sensors/node-host.ts';

const host = nodeSensorHost();
const patientMs = 30_000;

describe.skipIf(process.platform === 'win32')('this machine', () => {
  test('a program gives its output and status', async () => {
    expect(await host.run('sh', ['-c', 'echo out; echo err >&2; exit 3'], patientMs)).toEqual({
      kind: 'ended',
      status: 3,
      stdout: 'out\n',
    });
  });

  test('a program that is not there is missing, one that may not be started has failed', async () => {
    expect(await host.run('tierwise-no-such-program', [], patientMs)).toEqual({ kind: 'missing' });
    expect(await host.run('/', [], patientMs)).toMatchObject({ kind: 'failed' });
  });

  test('one that hangs is ended with all it has started', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tierwise-host-'));
    const script = `(while :; do :; done) & echo $! > ${join(folder, 'pid')}; wait`;
    const ran = host.run('sh', ['-c', script], 300);
    expect(await ran).toEqual({ kind: 'timeout', afterMs: 300 });
    const pid = Number(await host.files.read(join(folder, 'pid')));
    const isGone = await host.run(
      'sh',
      ['-c', `while kill -0 ${pid} 2>/dev/null && ! grep -q '^State:.Z' /proc/${pid}/status; do :; done`],
      patientMs,
    );
    expect(isGone.kind).toBe('ended');
    rmSync(folder, { recursive: true });
  });

  test('one that never stops writing is ended', async () => {
    expect(await host.run('sh', ['-c', 'while :; do echo 0123456789012345678901234567890123456789; done'], patientMs)).toMatchObject({
      kind: 'failed',
    });
  });

  test('files are read up to a bound, links are told, and what is missing has a code', async () => {
    const folder = mkdtempSync(join(tmpdir(), 'tierwise-host-'));
    writeFileSync(join(folder, 'long'), 'x'.repeat(100_000));
    symlinkSync('../device', join(folder, 'link'));
    expect(await host.files.read(join(folder, 'long'))).toHaveLength(1 << 16);
    expect(await host.files.link(join(folder, 'link'))).toBe('../device');
    expect([...(await host.files.list(folder))].sort()).toEqual(['link', 'long']);
    const error: unknown = await host.files.read(join(folder, 'none')).catch((e: unknown) => e);
    expect(obstacleOf(error)).toBe('absent');
    rmSync(folder, { recursive: true });
  });
});

test('rights, absence and the rest are told apart', () => {
  const of = (code: string): string => obstacleOf(Object.assign(new Error(code), { code }));
  expect(['EACCES', 'EPERM', 'ENOENT', 'ENODEV', 'EIO'].map(of)).toEqual([
    'not-permitted',
    'not-permitted',
    'absent',
    'absent',
    'malformed',
  ]);
  expect(obstacleOf('text')).toBe('malformed');
});

test('on Windows a program comes from an absolute folder of PATH, never from the current folder', () => {
  const found = (path: string, there: readonly string[], platform = 'win32'): string | null =>
    programPath('git', { platform, path, exists: (each) => there.includes(each) });
  const there = ['git.exe', '.\\git.exe', 'C:\\Git\\git.exe', '\\here\\git.exe', 'C:git.exe', '\\\\server\\tools\\git.com'];
  expect(found('.;;C:;\\here;"C:\\Git"', there)).toBe('C:\\Git\\git.exe');
  expect(found('.;\\\\server\\tools', there)).toBe('\\\\server\\tools\\git.com');
  expect(found('.;;C:;\\here', there)).toBeNull();
  expect(found('.', there, 'linux')).toBe('git');
});
