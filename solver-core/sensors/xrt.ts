import type { SensorDocument } from '../protocol/measure-documents.ts';
import type { FoundSensor } from './found.ts';
import { momentaryPower, unusable } from './found.ts';
import type { MeterClock } from './host.ts';
import type { Reading, Sensor } from './types.ts';

/** The card's own answer about its power: watts, or why there are none. */
export type CardPower = { readonly kind: 'power'; readonly watts: number } | { readonly kind: 'none'; readonly reason: string };

/** An accelerator card whose power can be asked for; jobs bind it to XRT's tool. */
export interface CardSource {
  /** Bus address. */
  readonly bdf: string;
  readonly name: string;
  /** Null when the card can be used, else why not. */
  readonly obstacle: { readonly state: 'absent' | 'not-permitted'; readonly reason: string } | null;
  /** Asks once; never rejects. */
  read(): Promise<CardPower>;
}

/** XRT's tool takes about this long per answer, and the card renews its figures about as often. */
const updateIntervalMs = 1000;

/** The cards as meters. Each card is asked once; what it does not tell is a reason, never 0. */
export async function findXrt(cards: readonly CardSource[], clock: MeterClock): Promise<readonly FoundSensor[]> {
  if (cards.length === 0) return [unusable('xrt', 'card', 'absent', 'No accelerator card that XRT drives is in this machine.')];
  const found: FoundSensor[] = [];
  for (const card of cards) found.push(await look(card, clock));
  return found;
}

async function look(card: CardSource, clock: MeterClock): Promise<FoundSensor> {
  const change = { id: `xrt:${card.bdf}`, name: card.name, domain: `accelerator card at ${card.bdf}, whole card`, updateIntervalMs };
  if (card.obstacle !== null) return unusable('xrt', 'card', card.obstacle.state, card.obstacle.reason, change);
  const answer = await card.read();
  if (answer.kind === 'none') return unusable('xrt', 'card', stateOf(answer.reason), `${answer.reason}.`, change);
  const info: SensorDocument = {
    ...change,
    kind: 'xrt',
    state: 'ready',
    reading: 'power',
    power: momentaryPower(answer.watts, `the card at ${card.bdf}, as XRT's tool reports it`),
    reason: null,
  };
  return { info, covers: 'card', open: () => Promise.resolve(new CardSensor(card, clock, info)) };
}

/** What the words of a missing report mean. */
function stateOf(reason: string): 'absent' | 'stale' | 'malformed' {
  if (/did not end/.test(reason)) return 'stale';
  return /not JSON|names no devices|empty|characters|does not speak|no electrical/.test(reason) ? 'malformed' : 'absent';
}

class CardSensor implements Sensor {
  readonly info: SensorDocument;
  private readonly card: CardSource;
  private readonly clock: MeterClock;

  constructor(card: CardSource, clock: MeterClock, info: SensorDocument) {
    this.card = card;
    this.clock = clock;
    this.info = info;
  }

  async read(): Promise<Reading> {
    const startMs = this.clock.nowMs();
    const answer = await this.card.read();
    if (answer.kind === 'none') return { kind: 'invalid', why: answer.reason };
    return { kind: 'power', watts: answer.watts, timeMs: (startMs + this.clock.nowMs()) / 2 };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}
