import { existsSync, lstatSync, readFileSync, readlinkSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { SerialPort } from 'serialport';
import * as v from 'valibot';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { linkMessages } from '../../solver-core/backends/serial/generated/link.ts';
import { boardFolder, FrameInbox, request } from '../solver-core/backends/board-sim/real-board.ts';
import { boardProcess } from './board-process.ts';
import { buildProduct, documentOf, errorCode } from './product.ts';
import type { Product } from './product.ts';
import { sensorsSchema } from './schemas.ts';

const { hello, info } = linkMessages;
const hasPty = process.platform === 'linux' || process.platform === 'darwin';
let product: Product;
beforeAll(async () => {
  await boardFolder();
  product = await buildProduct();
});
afterAll(() => product.remove());

/** Asks who is at a port. */
async function helloAt(path: string): Promise<number> {
  const port = new SerialPort({ path, baudRate: 115_200 });
  const inbox = new FrameInbox();
  port.on('data', (bytes: Uint8Array) => inbox.push(bytes));
  await new Promise((resolve) => port.once('open', resolve));
  port.write(request(hello.type, 1));
  const { type } = await inbox.nth(0);
  await new Promise((resolve) => port.close(resolve));
  return type;
}

test.runIf(hasPty)('its telemetry is read, and no joules are made up from it', async () => {
  const board = boardProcess(product, join(product.scratch(), 'board'));
  await board.ready;
  const ran = await product.run(['sensors', '--backend', `serial:${board.path}`, '--json']);
  const { sensors } = v.parse(sensorsSchema, documentOf(ran));
  const found = sensors.find(({ kind }) => kind === 'board');
  expect(found).toMatchObject({ id: `board:${board.path}`, state: 'absent', power: null });
  expect(found?.reason).toMatch(/clocks and toggles \(\d+ % busy over [\d.]+ s\) but no power/);
  await board.stop('SIGINT');
});

test.runIf(hasPty)('a board appears at the path, answers, replaces a stale link, and is gone after Ctrl-C', async () => {
  const path = join(product.scratch(), 'board');
  symlinkSync('/dev/pts/gone', path);
  const board = boardProcess(product, path, ['--json', '--verbose']);
  await board.ready;
  expect(readlinkSync(path)).toMatch(/^\/dev\//);
  expect(readlinkSync(path)).not.toBe('/dev/pts/gone');
  expect(await helloAt(path)).toBe(info.type);
  const ran = await board.stop('SIGINT');
  expect(ran.code).toBe(0);
  expect(existsSync(path)).toBe(false);
  expect(ran.stderr).toContain(`tierwise fit PLAN --backend serial:${path}`);
  expect(ran.stderr).toMatch(/-> hello #1 0 B\n<- info #1 48 B/);
  expect(documentOf({ ...ran, cpuMs: 0, maxRssBytes: 0 })).toMatchObject({ schema: 'tierwise.board-sim/1', jobs: 0, unplugs: 0 });
});

test.runIf(hasPty)('a board that nobody talks to takes no processor time', async () => {
  const board = boardProcess(product, join(product.scratch(), 'board'));
  await board.ready;
  expect(await helloAt(board.path)).toBe(info.type);
  await board.quiet();
  const before = board.cpuTicks();
  for (let i = 0; i < 3; i++) await new Promise((resolve) => setTimeout(resolve, 100));
  // A loop would take most of the 30 ticks; the runtime itself may take one for its own housekeeping.
  expect(board.cpuTicks() - before).toBeLessThan(5);
  await board.stop('SIGTERM');
});

test.runIf(hasPty)('an unplugged board comes back at the same path', async () => {
  const path = join(product.scratch(), 'board');
  const board = boardProcess(product, path, ['--unplug-after', '40', '--replug-after', '1', '--power-loss']);
  await board.ready;
  const port = new SerialPort({ path, baudRate: 115_200 });
  port.on('data', () => undefined);
  const gone = new Promise((resolve) => port.once('close', resolve));
  await new Promise((resolve) => port.once('open', resolve));
  port.write(request(hello.type, 1));
  await gone;
  await board.says('The board is back.');
  expect(board.said()).toContain('The board is unplugged for 1 ms, and has lost its power.');
  expect(await helloAt(path)).toBe(info.type);
  await board.stop('SIGTERM');
  expect(existsSync(path)).toBe(false);
});

test.runIf(hasPty)('a board that nobody listens to any more takes its link with it', async () => {
  const path = join(product.scratch(), 'board');
  const board = boardProcess(product, path, ['--verbose']);
  await board.ready;
  const port = new SerialPort({ path, baudRate: 115_200 });
  port.on('data', () => undefined);
  await new Promise((resolve) => port.once('open', resolve));
  const ended = board.deafen();
  // Each frame is told on stderr, which nobody reads.
  port.write(request(hello.type, 1));
  await ended;
  expect(lstatSync(path, { throwIfNoEntry: false })).toBeUndefined();
});

test('a file at the path is left alone', async () => {
  const path = join(product.scratch(), 'board');
  writeFileSync(path, 'mine');
  const ran = await product.run(['board-sim', '--pty', path, '--json']);
  expect([ran.code, hasPty ? errorCode(ran) : 'board-sim-path-taken']).toEqual([hasPty ? 2 : 3, 'board-sim-path-taken']);
  expect(lstatSync(path).isFile() && readFileSync(path, 'utf8')).toBe('mine');
});

test.each([
  [['board-sim'], /wants --pty PATH/],
  [['board-sim', '--pty', 'x', '--drop', '2'], /--drop wants a share of the bytes between 0 and 1, not "2"/],
  [['board-sim', '--pty', 'x', '--flip', 'often'], /--flip wants a share/],
  [['board-sim', '--pty', 'x', '--delay', '-1'], /--delay/],
  [['board-sim', '--pty', 'x', '--unplug-after', '0'], /--unplug-after wants a whole number between 1 and/],
  [['board-sim', '--pty', 'x', '--backend', 'cpu'], /does not take --backend/],
  [['fit', 'x.tiers', '--drop', '0.1'], /does not take --drop/],
])('%j is a mistake in the call', async (words, message) => {
  const ran = await product.run(words);
  expect(ran.code).toBe(2);
  expect(ran.stderr).toMatch(message);
});
