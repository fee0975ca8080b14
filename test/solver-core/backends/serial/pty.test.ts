import { mkdtempSync, rmSync, symlinkSync, unlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, describe, expect, test } from 'vitest';
import { RemoteDevice } from '../../../../solver-core/backends/engine/remote-device.ts';
import type { LinkClock } from '../../../../solver-core/backends/serial/clock.ts';
import { processClock } from '../../../../solver-core/backends/serial/clock.ts';
import { openSerial } from '../../../../solver-core/backends/serial/open-serial.ts';
import { probePort } from '../../../../solver-core/backends/serial/probe.ts';
import { SerialLink } from '../../../../solver-core/backends/serial/serial-link.ts';
import { PortConnector, nativePort } from '../../../../solver-core/backends/serial/serial-port.ts';
import { nodeHost } from '../../../../solver-core/jobs/host.ts';
import { expectedSolve, smallSolve } from './bench-board.ts';
import type { BoardOptions } from './board-model.ts';
import { BoardModel } from './board-model.ts';
import { EngineMemory, testEngine } from './engine-memory.ts';
import type { PseudoTerminal } from './pseudo-terminal.ts';
import { hasPseudoTerminals, openPseudoTerminal } from './pseudo-terminal.ts';

const baud = 1_000_000;
const cleanups: (() => Promise<void> | void)[] = [];
afterEach(async () => {
  for (const cleanup of cleanups.splice(0).reverse()) await cleanup();
});

async function terminal(): Promise<PseudoTerminal> {
  const pty = await openPseudoTerminal();
  cleanups.push(() => pty.unplug());
  return pty;
}

function plug(board: BoardModel, pty: PseudoTerminal): void {
  board.send = (bytes) => pty.write(bytes);
  pty.onBytes((bytes) => board.push(bytes));
}

async function boardAtTerminal(options: BoardOptions = {}): Promise<{ board: BoardModel; pty: PseudoTerminal }> {
  const board = new BoardModel(new EngineMemory(testEngine), processClock, options);
  const pty = await terminal();
  plug(board, pty);
  return { board, pty };
}

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tierwise-serial-'));
  cleanups.push(() => rmSync(folder, { recursive: true, force: true }));
  return folder;
}

/** Ten times as fast: waits for what never comes are short. */
const hasty: LinkClock = { nowMs: () => 10 * processClock.nowMs(), after: (ms, call) => processClock.after(ms / 10, call) };

const probe = (path: string, factory = nativePort): ReturnType<typeof probePort> =>
  probePort(new PortConnector(path, baud, { factory }), baud, undefined, hasty);

const listing = { list: () => Promise.resolve([]) };

describe.skipIf(!hasPseudoTerminals)('over a real pseudo-terminal', () => {
  test('a whole solve has the bits of the model', async () => {
    const { pty } = await boardAtTerminal();
    const { device, link } = await openSerial(pty.path, { host: nodeHost, listing });
    cleanups.push(() => device.dispose());
    expect(await smallSolve(device)).toEqual(await expectedSolve());
    expect(link.counts.damagedFrames).toBe(0);
  });

  test('a port that somebody else has open is busy', async () => {
    const { pty } = await boardAtTerminal();
    const link = await SerialLink.open(new PortConnector(pty.path, baud), baud);
    cleanups.push(() => link.close());
    await expect(probe(pty.path)).rejects.toMatchObject({ code: 'serial-port-busy' });
    await link.close();
    await expect(probe(pty.path)).resolves.toMatchObject({ lanes: 8, max_features: 128 });
  });

  test('what is missing, a folder, a file or no port is told apart', async () => {
    const folder = scratch();
    const file = join(folder, 'file');
    writeFileSync(file, 'x');
    const code = async (path: string): Promise<unknown> => probe(path).catch((error: { code?: string }) => error.code);
    expect(await code(join(folder, 'nothing'))).toBe('serial-port-missing');
    expect(await code(folder)).toBe('serial-port-not-serial');
    expect(await code(file)).toBe('serial-port-not-serial');
    // Nothing listens behind it: the bytes go nowhere.
    const quiet = await terminal();
    expect(await code(quiet.path)).toBe('serial-silent');
  }, 20_000);

  test('something that talks otherwise is not taken for a board, an echo neither', async () => {
    const talker = await terminal();
    talker.onBytes(() => talker.write(Buffer.from('ERROR: unknown command\r\n')));
    const echo = await terminal();
    echo.onBytes((bytes) => echo.write(bytes));
    const [talks, echoes] = await Promise.all([talker, echo].map((pty) => probe(pty.path).catch((error: unknown) => error)));
    expect(talks).toMatchObject({ code: 'serial-garbage' });
    expect(echoes).toMatchObject({ code: 'serial-garbage' });
  }, 20_000);

  test('boards of another protocol say which one they speak', async () => {
    const old = await boardAtTerminal({ versions: [0, 0] });
    const young = await boardAtTerminal({ versions: [2, 3] });
    await expect(probe(old.pty.path)).rejects.toMatchObject({ code: 'board-protocol-old' });
    await expect(probe(young.pty.path)).rejects.toMatchObject({
      code: 'board-protocol-new',
      message: `The board at "${young.pty.path}" speaks protocol 2 to 3, this program 1.`,
    });
  });

  test('unplugged in the middle and plugged in under another terminal the solve goes on', async () => {
    const folder = scratch();
    const path = join(folder, 'board');
    const { board, pty } = await boardAtTerminal();
    symlinkSync(pty.path, path);
    const { device, link } = await openSerial(path, { host: nodeHost, listing });
    cleanups.push(() => device.dispose());
    let frames = 0;
    board.intercept = () => {
      if (++frames !== 9) return false;
      void (async () => {
        await pty.unplug();
        unlinkSync(path);
        const again = await terminal();
        plug(board, again);
        symlinkSync(again.path, path);
      })();
      return true;
    };
    expect(await smallSolve(device)).toEqual(await expectedSolve());
    expect(link.counts.bytesIn).toBeGreaterThan(0);
  }, 30_000);

  test('unplugged and not put back it is an error, and closing still works', async () => {
    // A name of our own: the number of a terminal that is gone may be another program's at once.
    const path = join(scratch(), 'board');
    const { board, pty } = await boardAtTerminal();
    symlinkSync(pty.path, path);
    const link = await SerialLink.open(new PortConnector(path, baud), baud, { replugMs: 600 });
    const device = new RemoteDevice(link);
    board.intercept = () => {
      rmSync(path, { force: true });
      void pty.unplug();
      return true;
    };
    await expect(smallSolve(device)).rejects.toMatchObject({ code: 'serial-unplugged' });
    await device.dispose();
    await device.dispose();
  }, 20_000);

  test('a write whose callback never comes holds nobody', async () => {
    const { pty } = await boardAtTerminal();
    const factory: typeof nativePort = async (path, rate) => {
      const port = await nativePort(path, rate);
      // As after an unplug: bytes vanish, no callback, no event.
      return new Proxy(port, {
        get: (target, key) => {
          if (key === 'write') return () => true;
          const value: unknown = Reflect.get(target, key);
          return typeof value === 'function' ? (value.bind(target) as unknown) : value;
        },
      });
    };
    await expect(probe(pty.path, factory)).rejects.toMatchObject({ code: 'serial-silent' });
  }, 20_000);
});
