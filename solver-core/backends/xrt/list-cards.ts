import type { AbortFlag } from '../../model/abort.ts';
import { TierwiseError } from '../../model/error.ts';
import type { EngineLinkInfo } from '../engine/link.ts';
import type { PciCard } from './cards.ts';
import { listPciCards } from './cards.ts';
import type { Reading } from './electrical.ts';
import { refusedStep, xrtError } from './failures.ts';
import { findXrt } from './find-xrt.ts';
import type { XrtHost } from './host.ts';
import type { ElectricalAnswer } from './read-electrical.ts';
import { readElectrical } from './read-electrical.ts';
import { WorkerProcess } from './worker-process.ts';
import { XrtLink } from './xrt-link.ts';

/** What asking a card gave; `not-asked`: nothing was opened. */
export type CardAnswer =
  | { readonly kind: 'not-asked' }
  | { readonly kind: 'engine'; readonly info: EngineLinkInfo }
  | { readonly kind: 'error'; readonly code: string; readonly message: string; readonly advice: string };

/** A card as `backend xrt N` numbers it. */
export interface ListedCard {
  readonly index: number;
  /** Bus address; null with several cards, because XRT numbers them in an order of its own and does not tell. */
  readonly bdf: string | null;
  readonly name: string | null;
  readonly answer: CardAnswer;
  readonly powerW: number | null;
  readonly rails: readonly { readonly name: string; readonly volts: number | null; readonly amps: number | null }[];
  /** Why there is no power; null when there is. */
  readonly powerNote: string | null;
}

export interface CardListing {
  readonly cards: readonly ListedCard[];
  /** Cards that cannot be used, and why; one sentence each. */
  readonly notes: readonly string[];
}

export interface ListOptions {
  readonly host: XrtHost;
  readonly workerFile: string;
  /** Absent: a card that is asked is only opened and closed. */
  readonly xclbin?: string;
  /** Which cards to ask, which loads the xclbin; default none. */
  readonly ask?: 'all' | number;
  readonly timeoutMs?: number;
  readonly abort?: AbortFlag;
}

const defaultTimeoutMs = 20_000;
const states: Readonly<Record<PciCard['state'], string>> = {
  ready: 'is ready',
  'no-driver': 'has no driver: install XRT with its kernel module xocl',
  'no-node': 'has no device node under /dev/dri: its driver is not loaded',
  'no-permission': 'may not be opened by this user: join the group of its device node, usually render',
  'not-ready': 'is not ready: flash its platform and start the machine again',
};

/**
 * The cards of this machine, from the kernel's files; XRT itself has no call to list them. Nothing is opened but the cards asked for, and
 * their power is read then too. Rejects with AbortError, never for what the machine is or does.
 */
export async function listXrtCards(options: ListOptions): Promise<CardListing> {
  const found = await listPciCards(options.host);
  const ready = found.filter((card) => card.state === 'ready');
  const notes = found
    .filter((card) => card.state !== 'ready')
    .map((card) => `The ${card.vendor} card ${card.device} at ${card.bdf} ${states[card.state]}.`);
  const cards: ListedCard[] = [];
  for (const [index, card] of ready.entries()) {
    const isAlone = ready.length === 1;
    const isAsked = options.ask === 'all' || options.ask === index;
    cards.push({
      index,
      bdf: isAlone ? card.bdf : null,
      name: isAlone ? `${card.vendor} ${card.device}` : null,
      answer: isAsked ? await ask(options, index) : { kind: 'not-asked' },
      ...(await power(options.host, isAlone ? card.bdf : null, isAsked)),
    });
  }
  if (typeof options.ask === 'number' && options.ask >= ready.length) {
    notes.push(`There is no card ${options.ask}: ${ready.length === 0 ? 'no card' : `only ${ready.length}`} can be opened.`);
  }
  if (ready.length > 1) {
    notes.push(`XRT numbers these cards in an order of its own: ${ready.map((card) => card.bdf).join(', ')}.`);
  }
  return { cards, notes };
}

async function ask(options: ListOptions, index: number): Promise<CardAnswer> {
  try {
    if (options.xclbin === undefined) {
      await probe(options, index);
      throw noXclbin(`Card ${index} opens, but no xclbin is chosen, so its engine cannot be asked.`);
    }
    const link = await XrtLink.open({ ...options, xclbin: options.xclbin, index });
    await link.close();
    return { kind: 'engine', info: link.info };
  } catch (error) {
    if (!(error instanceof TierwiseError)) throw error;
    const { code, message, advice } = error;
    return { kind: 'error', code, message, advice };
  }
}

/** The error for a card without an xclbin. */
export function noXclbin(message: string): TierwiseError {
  const advice = 'Set TIERWISE_XCLBIN, or the setting tierwise.board.xclbin, to the file built for this card.';
  return xrtError('xrt-no-xclbin', message, advice);
}

/** Opens cards up to `index`, without loading anything; rejects when that one cannot be opened. */
async function probe({ host, workerFile, timeoutMs = defaultTimeoutMs }: ListOptions, index: number): Promise<void> {
  const xrt = await findXrt(host);
  let worker: WorkerProcess | undefined;
  try {
    worker = await WorkerProcess.start({ file: workerFile, env: xrt.env });
    const request = { kind: 'probe', library: xrt.library, count: index + 1 } as const;
    const { reply } = await worker.request(request, new Uint8Array(0), timeoutMs, 'looking for cards');
    const asked = { index, xclbin: '', kernel: '' };
    if (reply.kind === 'failed') throw refusedStep(reply.step, reply.message, await worker.lastWords(), asked);
    if (reply.kind !== 'probed' || reply.opened[index] !== true) throw refusedStep('open', '', await worker.lastWords(), asked);
  } finally {
    await worker?.close();
    await xrt.dispose();
  }
}

type Power = Pick<ListedCard, 'powerW' | 'rails' | 'powerNote'>;

async function power(host: XrtHost, bdf: string | null, isAsked: boolean): Promise<Power> {
  if (!isAsked) return { powerW: null, rails: [], powerNote: 'not asked' };
  if (bdf === null) return { powerW: null, rails: [], powerNote: 'with several cards it is not known which one this is' };
  return cardPower(await readElectrical(host, bdf));
}

/** Power and rails of a report; what the card does not tell is null, with a note, and never 0. */
export function cardPower(answer: ElectricalAnswer): Power {
  if (answer.kind === 'none') return { powerW: null, rails: [], powerNote: answer.reason };
  const { powerW, rails } = answer.report;
  const value = (reading: Reading): number | null => (reading.kind === 'value' ? reading.value : null);
  return {
    powerW: value(powerW),
    rails: rails.map((rail) => ({ name: rail.id, volts: value(rail.voltageV), amps: value(rail.currentA) })),
    powerNote: powerW.kind === 'value' ? null : powerW.reason,
  };
}
