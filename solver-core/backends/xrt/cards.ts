import { constants } from 'node:fs';
import { access, readFile, readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { xrtError } from './failures.ts';
import type { XrtHost } from './host.ts';

/** PCI vendors whose accelerator cards XRT drives. */
const vendors: Readonly<Record<string, string>> = { '0x10ee': 'AMD/Xilinx', '0x13fe': 'Advantech', '0x1d0f': 'Amazon' };
const maxPciFunctions = 4096;

/** An accelerator card as the kernel's files describe it; nothing was opened. */
export interface PciCard {
  /** Bus address, e.g. 0000:65:00.1. */
  readonly bdf: string;
  readonly vendor: string;
  /** PCI device number, e.g. 0x5005. */
  readonly device: string;
  /** /dev/dri/renderDn; null when the driver made none. */
  readonly node: string | null;
  readonly state: 'ready' | 'no-driver' | 'no-node' | 'no-permission' | 'not-ready';
}

async function text(path: string): Promise<string | null> {
  try {
    return (await readFile(path, 'utf8')).slice(0, 256).trim();
  } catch {
    return null;
  }
}

async function names(folder: string): Promise<string[]> {
  try {
    return (await readdir(folder)).slice(0, maxPciFunctions);
  } catch {
    return [];
  }
}

/**
 * The user functions of accelerator cards, by bus address: those with a file `user_pf`, and functions of an AMD/Xilinx processing
 * accelerator (PCI class 0x12) that no driver has taken. Missing files are a state, never an error.
 */
export async function listPciCards(host: XrtHost): Promise<readonly PciCard[]> {
  const devices = join(host.fileRoot, 'sys/bus/pci/devices');
  const cards: PciCard[] = [];
  for (const bdf of (await names(devices)).sort()) {
    const card = await pciCard(host, join(devices, bdf), bdf);
    if (card !== null) cards.push(card);
  }
  return cards;
}

async function pciCard(host: XrtHost, folder: string, bdf: string): Promise<PciCard | null> {
  const vendor = vendors[(await text(join(folder, 'vendor'))) ?? ''];
  if (vendor === undefined) return null;
  const device = (await text(join(folder, 'device'))) ?? 'unknown';
  const described = { bdf, vendor, device };
  // The management function belongs to the same card and cannot compute.
  if ((await text(join(folder, 'mgmt_pf'))) !== null) return null;
  if ((await text(join(folder, 'user_pf'))) === null) {
    const isAccelerator = ((await text(join(folder, 'class'))) ?? '').startsWith('0x12');
    const hasDriver = (await names(join(folder, 'driver'))).length > 0;
    return isAccelerator && !hasDriver ? { ...described, node: null, state: 'no-driver' } : null;
  }
  const render = (await names(join(folder, 'drm'))).find((name) => /^renderD\d+$/.test(name));
  if (render === undefined) return { ...described, node: null, state: 'no-node' };
  const node = `/dev/dri/${render}`;
  try {
    await access(join(host.fileRoot, node), constants.R_OK | constants.W_OK);
  } catch (error) {
    const isMissing = (error as NodeJS.ErrnoException).code === 'ENOENT';
    return { ...described, node, state: isMissing ? 'no-node' : 'no-permission' };
  }
  const ready = await text(join(folder, 'ready'));
  return { ...described, node, state: ready === null || Number(ready) === 1 ? 'ready' : 'not-ready' };
}

/** Throws `xrt-no-card`, `xrt-no-permission` or `xrt-not-ready` unless some card can be opened; nothing is loaded or opened. */
export async function expectCard(host: XrtHost): Promise<readonly PciCard[]> {
  const cards = await listPciCards(host);
  if (cards.some((card) => card.state === 'ready')) return cards;
  const listed = cards.map(({ bdf, state }) => `${bdf} ${state}`).join(', ');
  const of = (state: PciCard['state']): PciCard | undefined => cards.find((card) => card.state === state);
  const forbidden = of('no-permission');
  if (forbidden !== undefined) {
    throw xrtError(
      'xrt-no-permission',
      `This user may not open ${forbidden.node} of the card at ${forbidden.bdf}.`,
      'Add the user to the group that owns the node (usually `render`): sudo usermod -aG render "$USER", then log in again.',
    );
  }
  if (of('not-ready') !== undefined) {
    throw xrtError('xrt-not-ready', `The driver is not ready (${listed}).`, 'Flash the platform of the card and start the machine again.');
  }
  const found = cards.length === 0 ? 'no PCI function of an accelerator card' : listed;
  throw xrtError(
    'xrt-no-card',
    `There is no accelerator card that XRT could open: ${found}.`,
    'Check that the card is seated and that the driver is loaded (`lsmod | grep xocl`); `backend sim` needs no card.',
  );
}
