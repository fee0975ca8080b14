import { chmodSync, existsSync, mkdirSync, mkdtempSync, readFileSync, readdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import fc from 'fast-check';
import { afterEach, expect, test } from 'vitest';
import { candidateBoards, knownBoards, udevRule } from '../../../../solver-core/backends/serial/board-data.ts';
import { matchPorts, parsePortSetting } from '../../../../solver-core/backends/serial/find-port.ts';
import { latencyNote } from '../../../../solver-core/backends/serial/latency-timer.ts';
import { findPort } from '../../../../solver-core/backends/serial/open-serial.ts';
import { portError } from '../../../../solver-core/backends/serial/port-errors.ts';
import type { PortListing } from '../../../../solver-core/backends/serial/ports.ts';
import { candidateNames, listPorts } from '../../../../solver-core/backends/serial/ports.ts';
import type { PortFactory, RawPort } from '../../../../solver-core/backends/serial/serial-port.ts';
import { PortConnector } from '../../../../solver-core/backends/serial/serial-port.ts';
import { fitsPattern } from '../../../../solver-core/backends/serial/wildcard.ts';
import { listSerial, openSerialBackend } from '../../../../solver-core/jobs/serial.ts';
import { BoardModel } from './board-model.ts';
import { EngineMemory, testEngine } from './engine-memory.ts';
import { projectRoot } from '../../../shared.ts';
import { VirtualClock } from './virtual-clock.ts';

const folders: string[] = [];
const oldPath = process.env['PATH'];
afterEach(() => {
  process.env['PATH'] = oldPath;
  for (const folder of folders.splice(0)) rmSync(folder, { recursive: true, force: true });
});

function scratch(): string {
  const folder = mkdtempSync(join(tmpdir(), 'tierwise-ports-'));
  folders.push(folder);
  return folder;
}

function put(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text);
}

const breaker = { vendorId: '0403', productId: '6010', serialNumber: 'FT12AB', manufacturer: '1BitSquared' };
const port = (path: string, more: Partial<PortListing> = {}): PortListing => ({
  path,
  vendorId: null,
  productId: null,
  serialNumber: null,
  manufacturer: null,
  usbInterface: null,
  ...more,
});
const twoPorts = [port('/dev/ttyUSB0', { ...breaker, usbInterface: 0 }), port('/dev/ttyUSB1', { ...breaker, usbInterface: 1 })];
const others = [port('/dev/ttyS0'), port('/dev/ttyACM0', { vendorId: '2341', productId: '0043', serialNumber: 'ARD' })];

test('what the package tells becomes our listing', async () => {
  const list = () =>
    Promise.resolve([
      {
        path: '/dev/ttyUSB1',
        vendorId: '0403',
        productId: '6010',
        serialNumber: 'FT12AB',
        manufacturer: '1BitSquared',
        pnpId: 'usb-1BitSquared_iCEBreaker-if01-port0',
      },
      { path: 'COM4', vendorId: '0403', productId: '6015' },
    ]);
  expect(await listPorts({ list })).toEqual([
    port('/dev/ttyUSB1', { ...breaker, usbInterface: 1 }),
    port('COM4', { vendorId: '0403', productId: '6015' }),
  ]);
});

test.skipIf(process.platform !== 'linux')('the package asks udevadm, found on PATH', async () => {
  const folder = scratch();
  const lines = [
    'P: /devices/x/ttyUSB7',
    'N: ttyUSB7',
    'E: DEVNAME=/dev/ttyUSB7',
    'E: ID_VENDOR_ID=0403',
    'E: ID_MODEL_ID=6010',
    'E: ID_SERIAL_SHORT=FTX',
    'E: DEVLINKS=/dev/serial/by-id/usb-X-if01-port0',
  ];
  const program = join(folder, 'udevadm');
  writeFileSync(program, `#!/bin/sh\ncat <<'END'\n${lines.join('\n')}\n\nEND\n`);
  chmodSync(program, 0o755);
  process.env['PATH'] = `${folder}:${oldPath ?? ''}`;
  expect(await listPorts()).toContainEqual(
    port('/dev/ttyUSB7', { vendorId: '0403', productId: '6010', serialNumber: 'FTX', usbInterface: 1 }),
  );
});

test('without udevadm the tree of the kernel is read', async () => {
  const root = scratch();
  const usb = join(root, 'devices/usb1/1-1');
  put(join(usb, 'idVendor'), '0403\n');
  put(join(usb, 'idProduct'), '6010\n');
  put(join(usb, 'serial'), 'FT12AB\n');
  put(join(usb, 'manufacturer'), '1BitSquared\n');
  put(join(usb, '1-1:1.1/bInterfaceNumber'), '01\n');
  mkdirSync(join(usb, '1-1:1.1/ttyUSB1'));
  mkdirSync(join(root, 'devices/serial8250'));
  const tty = join(root, 'class/tty');
  put(join(tty, 'ttyS4/type'), '0\n');
  put(join(tty, 'ttyS0/type'), '4\n');
  for (const name of ['ttyUSB1', 'tty1', 'ptmx']) mkdirSync(join(tty, name));
  symlinkSync(join(usb, '1-1:1.1/ttyUSB1'), join(tty, 'ttyUSB1/device'));
  for (const name of ['ttyS0', 'ttyS4']) symlinkSync(join(root, 'devices/serial8250'), join(tty, `${name}/device`));
  const list = () => Promise.reject(new Error('spawn udevadm ENOENT'));
  expect(await listPorts({ list, ttyFolder: tty, platform: 'linux' })).toEqual([
    port('/dev/ttyS0'),
    port('/dev/ttyUSB1', { ...breaker, usbInterface: 1 }),
  ]);
  expect(await listPorts({ list, ttyFolder: join(root, 'nothing'), platform: 'linux' })).toEqual([]);
  expect(await listPorts({ list, platform: 'win32' })).toEqual([]);
});

test('the boards file is sound and honest', () => {
  for (const board of knownBoards()) {
    for (const id of board.usb) expect(id).toMatch(/^[0-9a-f]{4}:[0-9a-f]{4}$/);
    expect(['not run on hardware', 'no bitstream', 'simulated']).toContain(board.status);
  }
  const numbers = knownBoards()
    .map((board) => board.number)
    .filter((n) => n !== 0);
  expect(new Set(numbers).size).toBe(numbers.length);
  expect(candidateBoards('0403', '6010').map((b) => b.name)).toEqual(['iCEBreaker', 'Arty A7']);
  expect(candidateNames(twoPorts[0]!)).toEqual([]);
  expect(candidateNames(twoPorts[1]!)).toEqual(['iCEBreaker', 'Arty A7']);
});

test('the boards of hdl/boards are known with their adapters', () => {
  const folder = join(projectRoot, 'hdl/boards');
  const files = readdirSync(folder)
    .map((name) => join(folder, name, 'board.json'))
    .filter((path) => existsSync(path));
  expect(files.length).toBeGreaterThan(2);
  for (const path of files) {
    const facts = JSON.parse(readFileSync(path, 'utf8')) as {
      name: string;
      baud: number;
      usb: { vid: string; pid: string; serialInterface: number };
    };
    const known = knownBoards().find((board) => facts.name.startsWith(board.name));
    expect(known, facts.name).toMatchObject({
      usb: [`${facts.usb.vid}:${facts.usb.pid}`],
      interface: facts.usb.serialInterface,
      baud: facts.baud,
    });
    expect(known?.number).toBeGreaterThan(0);
  }
});

test('a setting is a path, a pattern, a serial number or auto, with a rate behind it', async () => {
  const paths = async (setting: string): Promise<string[]> =>
    (await matchPorts(parsePortSetting(setting), [...others, ...twoPorts])).map(({ path, baud }) => `${path}@${baud}`);
  expect(await paths('/dev/ttyUSB1')).toEqual(['/dev/ttyUSB1@1000000']);
  expect(await paths('/dev/ttyUSB1@3000000')).toEqual(['/dev/ttyUSB1@3000000']);
  expect(await paths('/tmp/board')).toEqual(['/tmp/board@1000000']);
  expect(await paths('COM4')).toEqual(['COM4@1000000']);
  expect(await paths('/dev/ttyUSB*')).toEqual(['/dev/ttyUSB0@1000000', '/dev/ttyUSB1@1000000']);
  // Of the two ports of one chip, the one that is a UART on the boards known.
  expect(await paths('FT12AB')).toEqual(['/dev/ttyUSB1@1000000']);
  expect(await paths('ARD')).toEqual(['/dev/ttyACM0@1000000']);
  expect(await paths('auto')).toEqual(['/dev/ttyUSB1@1000000']);
  await expect(paths('NOSUCH')).rejects.toMatchObject({ code: 'serial-none-found' });
  await expect(paths('/nowhere/tty*')).rejects.toMatchObject({ code: 'serial-none-found' });
  await expect(matchPorts(parsePortSetting('auto'), others)).rejects.toMatchObject({ code: 'serial-none-found' });
});

test('a pattern finds names on disk too', async () => {
  const folder = scratch();
  for (const name of ['usb-A-if01', 'usb-B-if01', 'other']) writeFileSync(join(folder, name), '');
  const found = await matchPorts(parsePortSetting(`${folder}/usb-?-if*`), []);
  expect(found.map(({ path }) => path)).toEqual([join(folder, 'usb-A-if01'), join(folder, 'usb-B-if01')]);
});

test.each([
  ['Error: No such file or directory, cannot open /dev/ttyUSB9', 'serial-port-missing'],
  ['Opening COM9: File not found', 'serial-port-missing'],
  ['Error: Permission denied, cannot open /dev/ttyUSB1', 'serial-port-permission'],
  ['Opening COM4: Access denied', 'serial-port-busy'],
  ['Error Resource temporarily unavailable Cannot lock port', 'serial-port-busy'],
  ['Error: Inappropriate ioctl for device setting custom baud rate of 1000000', 'serial-port-not-serial'],
  ['Error: Is a directory, cannot open /dev', 'serial-port-not-serial'],
  ['bad file descriptor', 'serial-unplugged'],
  ['EIO: i/o error, write', 'serial-unplugged'],
  ['"baudRate" must be greater than 0: 0', 'serial-port-settings'],
  ['the moon is full', 'serial-port-failed'],
])('%s is %s', (text, code) => {
  const error = portError('/dev/tty\u001b[31m', new Error(text));
  expect(error.code).toBe(code);
  expect(error.category).toBe('backend');
  expect(error.message).not.toContain('\u001b');
  expect(error.advice.length).toBeGreaterThan(20);
});

test('missing permission comes with the rule for this very adapter', () => {
  const { advice } = portError('/dev/ttyUSB0', new Error('Permission denied'), { vendorId: '0403', productId: '6015' });
  expect(advice).toContain('dialout');
  expect(advice).toContain(udevRule('0403', '6015'));
  expect(udevRule('0403', '6015')).toBe('SUBSYSTEM=="tty", ATTRS{idVendor}=="0403", ATTRS{idProduct}=="6015", MODE="0660", TAG+="uaccess"');
});

/** Ports by path: a board behind it, an error on opening, or nobody. */
function factoryOf(clock: VirtualClock, behind: Readonly<Record<string, BoardModel | string | null>>, opened: string[] = []): PortFactory {
  return (path) => {
    const what = behind[path] ?? null;
    let onData: ((bytes: Uint8Array) => void) | undefined;
    let isOpen = false;
    const raw: RawPort = {
      get isOpen() {
        return isOpen;
      },
      open(done) {
        opened.push(path);
        isOpen = typeof what !== 'string';
        if (what !== null && typeof what !== 'string') what.send = (bytes) => void clock.after(1, () => onData?.(bytes));
        clock.after(1, () => done(typeof what === 'string' ? new Error(what) : null));
      },
      write(bytes) {
        if (what !== null && typeof what !== 'string') clock.after(1, () => what.push(bytes));
        return true;
      },
      close(done) {
        isOpen = false;
        onData = undefined;
        done?.(null);
      },
      on: (event: string, listener: (value: never) => void) => {
        if (event === 'data') onData = listener as unknown as (bytes: Uint8Array) => void;
      },
    };
    return Promise.resolve(raw);
  };
}

const raw = (listings: readonly PortListing[]) => () =>
  Promise.resolve(
    listings.map((p) => ({
      path: p.path,
      vendorId: p.vendorId ?? undefined,
      productId: p.productId ?? undefined,
      serialNumber: p.serialNumber ?? undefined,
      pnpId: p.usbInterface === null ? undefined : `usb-if0${p.usbInterface}`,
    })),
  );

function threeBoards(): { clock: VirtualClock; board: () => BoardModel; listings: readonly PortListing[] } {
  const clock = new VirtualClock();
  const board = (): BoardModel => new BoardModel(new EngineMemory(testEngine), clock);
  const ulx = (path: string, serialNumber: string): PortListing =>
    port(path, { vendorId: '0403', productId: '6015', serialNumber, usbInterface: 0 });
  return { clock, board, listings: [others[0]!, ulx('/dev/ttyUSB0', 'A'), ulx('/dev/ttyUSB1', 'B'), ulx('/dev/ttyUSB2', 'C')] };
}

test('an adapter that holds replies back is named with its remedy', async () => {
  const root = scratch();
  put(join(root, 'ttyUSB0/latency_timer'), '16\n');
  put(join(root, 'ttyUSB1/latency_timer'), '1\n');
  expect(await latencyNote('/dev/ttyUSB0', root)).toContain(`echo 1 | sudo tee ${join(root, 'ttyUSB0/latency_timer')}`);
  expect(await latencyNote('/dev/ttyUSB1', root)).toBeNull();
  expect(await latencyNote('/dev/ttyACM0', root)).toBeNull();
});

test('auto takes the only candidate that answers', async () => {
  const { clock, board, listings } = threeBoards();
  const opened: string[] = [];
  const factory = factoryOf(clock, { '/dev/ttyUSB0': null, '/dev/ttyUSB1': board(), '/dev/ttyUSB2': 'Permission denied' }, opened);
  const found = await clock.drive(findPort('auto', { clock, factory, listing: { list: raw(listings) } }));
  expect(found.path).toBe('/dev/ttyUSB1');
  expect(opened.sort()).toEqual(['/dev/ttyUSB0', '/dev/ttyUSB1', '/dev/ttyUSB2']);
});

test('auto with two that answer lists both; with none it lists why', async () => {
  const { clock, board, listings } = threeBoards();
  const listing = { list: raw(listings) };
  const two = factoryOf(clock, { '/dev/ttyUSB1': board(), '/dev/ttyUSB2': board() });
  await expect(clock.drive(findPort('auto', { clock, factory: two, listing }))).rejects.toMatchObject({
    code: 'serial-ambiguous',
    message: 'More than one board answers for "auto": Simulated board at /dev/ttyUSB1; Simulated board at /dev/ttyUSB2.',
  });
  const none = factoryOf(clock, { '/dev/ttyUSB1': 'Permission denied', '/dev/ttyUSB2': 'Cannot lock port' });
  await expect(clock.drive(findPort('auto', { clock, factory: none, listing }))).rejects.toMatchObject({
    code: 'serial-none-answers',
    message: expect.stringContaining('The port "/dev/ttyUSB2" is in use by another program.') as string,
  });
});

test('a plain list opens nothing; asking opens candidates only', async () => {
  const { clock, board, listings } = threeBoards();
  const opened: string[] = [];
  const factory = factoryOf(clock, { '/dev/ttyUSB0': board(), '/dev/ttyUSB1': 'Permission denied' }, opened);
  const seams = { clock, factory, listing: { list: raw(listings) } };
  const plain = await listSerial(undefined, { seams });
  expect(opened).toEqual([]);
  expect(plain.map((p) => p.answer.kind)).toEqual(['not-asked', 'not-asked', 'not-asked', 'not-asked']);
  const asked = await clock.drive(listSerial('all', { seams }));
  expect(opened).not.toContain('/dev/ttyS0');
  expect(asked.map((p) => (p.answer.kind === 'error' ? p.answer.code : p.answer.kind))).toEqual([
    'not-asked',
    'engine',
    'serial-port-permission',
    'serial-silent',
  ]);
  const one = await clock.drive(listSerial('B', { seams }));
  expect(one.filter((p) => p.answer.kind !== 'not-asked').map((p) => p.path)).toEqual(['/dev/ttyUSB1']);
});

test('a fit says before its first solve how long the link takes and what goes over it', async () => {
  const { clock, board, listings } = threeBoards();
  const seams = { clock, factory: factoryOf(clock, { '/dev/ttyUSB0': board() }), listing: { list: raw(listings) } };
  const said: string[] = [];
  const open = (rows: number) =>
    openSerialBackend('A', [{ features: 64, outputs: 8, rows }], { seams, onProgress: (event) => said.push(event.message) });
  const backend = await clock.drive(open(2000));
  expect(backend.info.kind).toBe('serial');
  expect(backend.info.note).toBe('over a serial line at 1000000 baud');
  await backend.dispose();
  const few = await clock.drive(open(20));
  await few.dispose();
  const link = said.filter((text) => text.includes('the link takes'));
  expect(link[0]).toMatch(
    /at 1000000 baud the link takes about [\d.]+ s; the host adds up the rows and sends the sums, which are fewer bytes$/,
  );
  expect(link[1]).toMatch(/; rows are sent$/);
  await expect(clock.drive(openSerialBackend('A', [{ features: 500, outputs: 1, rows: 9 }], { seams }))).rejects.toMatchObject({
    code: 'engine-too-small',
  });
});

test('without the ids of the adapter no rule is guessed', () => {
  for (const ids of [undefined, { vendorId: '0403', productId: null }, { vendorId: null, productId: '6015' }]) {
    const { advice } = portError('/dev/ttyUSB0', new Error('Permission denied'), ids);
    expect(advice).toContain('dialout');
    expect(advice).not.toContain('SUBSYSTEM');
  }
});

test('a port that opens after its deadline is closed again', async () => {
  const clock = new VirtualClock();
  let isOpen = false;
  const slow: RawPort = {
    get isOpen() {
      return isOpen;
    },
    open: (done) =>
      void clock.after(60_000, () => {
        isOpen = true;
        done(null);
      }),
    write: () => true,
    close(done) {
      isOpen = false;
      done?.(null);
    },
    on: () => undefined,
  };
  const connector = new PortConnector('/dev/ttyUSB0', 1_000_000, { clock, factory: () => Promise.resolve(slow) });
  const opening = connector.open({ onBytes: () => undefined, onGone: () => undefined });
  await expect(clock.drive(opening)).rejects.toMatchObject({ code: 'serial-port-failed' });
  await clock.drive(new Promise<void>((resolve) => void clock.after(60_000, resolve)));
  expect(isOpen).toBe(false);
});

test('a pattern fits what an expression fits, and many stars take no time', async () => {
  const letters = (chars: readonly string[], maxLength: number) =>
    fc.array(fc.constantFrom(...chars), { maxLength }).map((list) => list.join(''));
  fc.assert(
    fc.property(letters(['a', 'b', '/', '.'], 10), letters(['a', 'b', '/', '.', '*', '?'], 7), (text, pattern) => {
      const expression = pattern.replace(/\./g, '\\.').replace(/\*+/g, '[^/]*').replace(/\?/g, '[^/]');
      expect(fitsPattern(text, pattern)).toBe(new RegExp(`^${expression}$`).test(text));
    }),
    { seed: 11, numRuns: 20_000 },
  );
  expect(fitsPattern('/dev/ttyUSB0', '/dev/*')).toBe(true);
  expect(fitsPattern('/dev/x/ttyUSB0', '/dev/*')).toBe(false);
  const long = port(`/dev/${'a'.repeat(60)}`);
  await expect(matchPorts(parsePortSetting(`/dev/${'*a'.repeat(20)}b`), [long])).rejects.toMatchObject({ code: 'serial-none-found' });
  expect(await matchPorts(parsePortSetting(`/dev/${'*a'.repeat(20)}*`), [long])).toHaveLength(1);
});
