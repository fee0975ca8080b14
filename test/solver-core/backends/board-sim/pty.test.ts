import { execFileSync } from 'node:child_process';
import { closeSync, constants, existsSync, openSync, readSync, writeSync } from 'node:fs';
import { expect, test } from 'vitest';
import { loadLibc } from '../../../../solver-core/backends/board-sim/libc.ts';
import type { ByteLine } from '../../../../solver-core/backends/board-sim/line.ts';
import { openPty } from '../../../../solver-core/backends/board-sim/pty.ts';

const hasPty = process.platform === 'linux' || process.platform === 'darwin';
const all = Uint8Array.from({ length: 256 }, (_, i) => i);

/** A pseudo-terminal that collects what arrives. */
class Collector {
  readonly bytes: number[] = [];
  private waiting: { readonly count: number; readonly resolve: () => void }[] = [];

  async open(): Promise<ByteLine> {
    return openPty({
      onBytes: (bytes) => {
        this.bytes.push(...bytes);
        this.waiting = this.waiting.filter(({ count, resolve }) => this.bytes.length < count || void resolve());
      },
      onError: (error) => {
        throw error;
      },
    });
  }

  async got(count: number): Promise<number[]> {
    if (this.bytes.length < count) await new Promise<void>((resolve) => this.waiting.push({ count, resolve }));
    return this.bytes;
  }
}

function openClient(path: string): number {
  return openSync(path, constants.O_RDWR | constants.O_NOCTTY | constants.O_NONBLOCK);
}

test.runIf(hasPty)('every byte value passes unchanged in both directions, for one client after the other', async () => {
  const collector = new Collector();
  const line = await collector.open();
  for (let client = 1; client <= 3; client++) {
    const fd = openClient(line.path);
    writeSync(fd, all);
    expect((await collector.got(256 * client)).slice(-256)).toEqual([...all]);
    line.write(all);
    const answer = new Uint8Array(256);
    expect(readSync(fd, answer)).toBe(256);
    expect(answer).toEqual(all);
    closeSync(fd);
  }
  await line.close();
});

test.runIf(hasPty)('bytes nobody reads neither block nor pile up', async () => {
  const line = await new Collector().open();
  const block = new Uint8Array(1 << 16);
  for (let i = 0; i < 64; i++) line.write(block);
  await line.close();
  expect(existsSync(line.path)).toBe(false);
});

test.runIf(hasPty)('a slow reader gets everything that fits, in order', async () => {
  const line = await new Collector().open();
  const bytes = Uint8Array.from({ length: 100_000 }, (_, i) => (i * 31) & 255);
  line.write(bytes);
  const fd = openClient(line.path);
  const got: number[] = [];
  const chunk = new Uint8Array(4096);
  while (got.length < bytes.length) {
    try {
      const count = readSync(fd, chunk);
      for (const byte of chunk.subarray(0, count)) got.push(byte);
    } catch (error) {
      expect((error as NodeJS.ErrnoException).code).toBe('EAGAIN');
      await new Promise((resolve) => setImmediate(resolve));
    }
  }
  expect(Uint8Array.from(got)).toEqual(bytes);
  closeSync(fd);
  await line.close();
});

test.runIf(process.platform === 'linux')('a client sees the port vanish', async () => {
  const line = await new Collector().open();
  const fd = openClient(line.path);
  await line.close();
  await line.close();
  expect(() => writeSync(fd, all)).toThrow(/EIO/);
  closeSync(fd);
});

test.runIf(hasPty)('the port is raw: no echo, no line editing', async () => {
  const line = await new Collector().open();
  const settings = execFileSync('stty', [process.platform === 'linux' ? '-F' : '-f', line.path, '-a'], { encoding: 'utf8' });
  expect(settings).toMatch(/-icanon/);
  expect(settings).toMatch(/-echo\b/);
  expect(settings).toMatch(/-opost/);
  await line.close();
});

test('elsewhere the error says what to do instead', async () => {
  await expect(loadLibc('win32')).rejects.toMatchObject({
    code: 'pty-not-available',
    category: 'backend',
    message: expect.stringContaining('on Linux only') as string,
    advice: expect.not.stringContaining('macOS') as string,
  });
});
