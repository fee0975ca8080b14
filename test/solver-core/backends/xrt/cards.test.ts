import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { expectCard, listPciCards } from '../../../../solver-core/backends/xrt/cards.ts';
import type { XrtHost } from '../../../../solver-core/backends/xrt/host.ts';
import { xrtHost } from '../../../../solver-core/backends/xrt/host.ts';
import { listXrtCards } from '../../../../solver-core/backends/xrt/list-cards.ts';
import type { Shim } from '../../../xrt-shim/build-shim.ts';
import { buildShim, shimMissing } from '../../../xrt-shim/build-shim.ts';
import { buildWorker, failure, scratch, shimHost } from './rig.ts';

const folder = scratch();
afterAll(() => folder.remove());

const machine = join(folder.path, 'machine');
const host: XrtHost = { ...xrtHost(), fileRoot: machine };

/** Files of one PCI function; `node` makes its device node too. */
function pci(bdf: string, files: Readonly<Record<string, string>>, render?: number, node = true): void {
  const device = join(machine, 'sys/bus/pci/devices', bdf);
  mkdirSync(device, { recursive: true });
  for (const [name, value] of Object.entries(files)) writeFileSync(join(device, name), `${value}\n`);
  if (render === undefined) return;
  mkdirSync(join(device, `drm/renderD${render}`), { recursive: true });
  mkdirSync(join(machine, 'dev/dri'), { recursive: true });
  if (node) writeFileSync(join(machine, `dev/dri/renderD${render}`), '');
}

const user = { vendor: '0x10ee', device: '0x5005', class: '0x120000', user_pf: '' };

describe('cards in the files of the kernel', () => {
  beforeEach(() => rmSync(machine, { recursive: true, force: true }));

  test('a machine without any files has no cards', async () => {
    expect(await listPciCards(host)).toEqual([]);
    expect((await failure(expectCard(host))).code).toBe('xrt-no-card');
  });

  test('finds user functions and leaves out other devices and management functions', async () => {
    pci('0000:00:01.0', { vendor: '0x8086', device: '0x1237', class: '0x060000' });
    pci('0000:65:00.0', { vendor: '0x10ee', device: '0x5004', class: '0x120000', mgmt_pf: '' });
    pci('0000:65:00.1', { ...user, ready: '0x1' }, 128);
    expect(await listPciCards(host)).toEqual([
      { bdf: '0000:65:00.1', vendor: 'AMD/Xilinx', device: '0x5005', node: '/dev/dri/renderD128', state: 'ready' },
    ]);
    expect(await expectCard(host)).toHaveLength(1);
  });

  test.each([
    { state: 'no-driver', code: 'xrt-no-card', make: () => pci('0000:65:00.1', { vendor: '0x10ee', device: '0x5005', class: '0x120000' }) },
    { state: 'no-node', code: 'xrt-no-card', make: () => pci('0000:65:00.1', user) },
    { state: 'no-node', code: 'xrt-no-card', make: () => pci('0000:65:00.1', user, 128, false) },
    { state: 'not-ready', code: 'xrt-not-ready', make: () => pci('0000:65:00.1', { ...user, ready: '0x0' }, 128) },
  ])('a card that is $state is $code', async ({ state, code, make }) => {
    make();
    expect((await listPciCards(host))[0]!.state).toBe(state);
    const error = await failure(expectCard(host));
    expect(error.code).toBe(code);
    expect(error.advice).not.toBe('');
    const listing = await listXrtCards({ host, workerFile: '/nonexistent' });
    expect(listing.cards).toEqual([]);
    expect(listing.notes[0]).toContain('0000:65:00.1');
  });

  test('several cards have numbers but no addresses, because XRT orders them itself', async () => {
    pci('0000:03:00.1', { ...user, ready: '0x1' }, 129);
    pci('0000:65:00.1', { ...user, ready: '0x1' }, 128);
    const { cards, notes } = await listXrtCards({ host, workerFile: '/nonexistent' });
    expect(cards.map(({ index, bdf, answer }) => [index, bdf, answer.kind])).toEqual([
      [0, null, 'not-asked'],
      [1, null, 'not-asked'],
    ]);
    expect(notes[0]).toContain('0000:03:00.1, 0000:65:00.1');
    const beyond = await listXrtCards({ host, workerFile: '/nonexistent', ask: 2 });
    expect(beyond.cards.map(({ answer }) => answer.kind)).toEqual(['not-asked', 'not-asked']);
    expect(beyond.notes[0]).toBe('There is no card 2: only 2 can be opened.');
  });
});

describe.skipIf(shimMissing() !== null)('asking the simulated card', () => {
  let shim: Shim;
  let workerFile: string;
  beforeAll(async () => {
    shim = await buildShim('fake');
    workerFile = buildWorker(folder.path);
  });

  test('it answers with its engine, and with the reason why it has no power reading', async () => {
    const { cards } = await listXrtCards({ host: shimHost(shim, { PATH: '' }), workerFile, xclbin: shim.xclbin, ask: 'all' });
    expect(cards).toHaveLength(1);
    expect(cards[0]).toMatchObject({ index: 0, bdf: '0000:65:00.1', answer: { kind: 'engine', info: { lanes: 8 } }, powerW: null });
    expect(cards[0]!.powerNote).toContain('installed');
  });

  test('without an xclbin it is opened and nothing more', async () => {
    const { cards } = await listXrtCards({ host: shimHost(shim, { PATH: '' }), workerFile, ask: 0 });
    expect(cards[0]!.answer).toMatchObject({ kind: 'error', code: 'xrt-no-xclbin' });
    const mute = shimHost(shim, { PATH: '', TIERWISE_SHIM_FAULT: 'open-null' });
    expect((await listXrtCards({ host: mute, workerFile, ask: 0 })).cards[0]!.answer).toMatchObject({
      kind: 'error',
      code: 'xrt-open-failed',
    });
  });
});
