import type { SensorDocument } from '../protocol/measure-documents.ts';
import type { FoundSensor } from './found.ts';
import { momentaryPower, unusable } from './found.ts';
import type { CommandResult, SensorHost } from './host.ts';
import type { Reading, Sensor } from './types.ts';

const program = 'nvidia-smi';
const timeoutMs = 5000;
const maxCards = 32;

/** What is asked of a card, best first: joules counted since the driver was loaded, power at one moment, power as the driver averages it. */
const fields = [
  { name: 'total_energy_consumption', reading: 'counter', intervalMs: 100, note: 'counted by the card' },
  { name: 'power.draw.instant', reading: 'power', intervalMs: 100, note: 'power of the moment' },
  { name: 'power.draw', reading: 'power', intervalMs: 1000, note: 'an average over up to 1 s' },
] as const;

type Field = (typeof fields)[number];

/**
 * NVIDIA cards through their own tool in a process of its own: no C library enters this one. The energy counter is used where the tool
 * offers it, else power. On some cards only a quarter of the time is sampled (arXiv:2312.02741): docs/measuring.md.
 */
export async function findNvml(host: SensorHost): Promise<readonly FoundSensor[]> {
  let answer: CommandResult | undefined;
  for (const field of fields) {
    answer = await host.run(program, query(field), timeoutMs);
    if (answer.kind !== 'ended') break;
    // An unknown field ends the tool with a status of its own, and older versions with 0 and a sentence.
    if (answer.status !== 0 || /not a valid field/i.test(answer.stdout)) continue;
    const found = cardsOf(host, field, answer.stdout);
    if (found.some(({ info }) => info.state === 'ready') || field === fields.at(-1)) return found;
  }
  return [failure(answer)];
}

const query = (field: Field): readonly string[] => [`--query-gpu=index,name,${field.name}`, '--format=csv,noheader,nounits'];

function failure(answer: CommandResult | undefined): FoundSensor {
  switch (answer?.kind) {
    case 'missing':
      return unusable('nvml', 'gpu', 'absent', 'The program nvidia-smi is not there: no NVIDIA driver is installed.');
    case 'timeout':
      return unusable(
        'nvml',
        'gpu',
        'stale',
        `nvidia-smi did not end within ${answer.afterMs / 1000} s and was stopped; the driver may hang.`,
      );
    case 'failed':
      return unusable('nvml', 'gpu', 'absent', `nvidia-smi could not be started: ${answer.why}.`);
    default:
      return unusable(
        'nvml',
        'gpu',
        'absent',
        'nvidia-smi is there but finds no card that tells its power; check that the driver is loaded.',
      );
  }
}

function cardsOf(host: SensorHost, field: Field, text: string): readonly FoundSensor[] {
  const lines = text.split('\n').filter((line) => line.trim() !== '');
  if (lines.length === 0) return [failure(undefined)];
  return lines.slice(0, maxCards).map((line): FoundSensor => {
    const cells = cellsOf(line);
    if (cells === null) return unusable('nvml', 'gpu', 'malformed', `nvidia-smi wrote "${plain(line)}", which is no card.`);
    const value = valueOf(cells.value);
    const change = { id: `nvml:${cells.index}`, name: plain(cells.name), domain: `graphics card ${cells.index}, ${field.note}` };
    if (value === null)
      return unusable('nvml', 'gpu', 'absent', `The card does not tell its power: nvidia-smi writes "${plain(cells.value)}".`, change);
    const info: SensorDocument = {
      ...change,
      kind: 'nvml',
      state: 'ready',
      reading: field.reading,
      updateIntervalMs: field.intervalMs,
      power: field.reading === 'power' ? momentaryPower(value, `nvidia-smi ${field.name}`) : null,
      reason: null,
    };
    return { info, covers: 'gpu', open: () => Promise.resolve(new NvmlSensor(host, field, cells.index, info)) };
  });
}

class NvmlSensor implements Sensor {
  readonly info: SensorDocument;
  private readonly host: SensorHost;
  private readonly field: Field;
  private readonly index: string;
  private lastJoules = 0;

  constructor(host: SensorHost, field: Field, index: string, info: SensorDocument) {
    this.host = host;
    this.field = field;
    this.index = index;
    this.info = info;
  }

  async read(): Promise<Reading> {
    const startMs = this.host.clock.nowMs();
    const answer = await this.host.run(program, ['-i', this.index, ...query(this.field)], timeoutMs);
    const timeMs = (startMs + this.host.clock.nowMs()) / 2;
    if (answer.kind !== 'ended' || answer.status !== 0) return { kind: 'invalid', why: failure(answer).info.reason ?? 'nvidia-smi failed' };
    const cells = cellsOf(answer.stdout.trim());
    const value = cells === null ? null : valueOf(cells.value);
    if (value === null) return { kind: 'invalid', why: `nvidia-smi wrote "${plain(answer.stdout)}" instead of a number` };
    if (this.field.reading === 'power') return { kind: 'power', watts: value, timeMs };
    // Millijoules since the driver was loaded.
    const joules = value / 1000;
    const isBack = joules < this.lastJoules;
    this.lastJoules = joules;
    return isBack
      ? { kind: 'invalid', why: 'the counter of the card went backwards: its driver was loaded again' }
      : { kind: 'counter', joules, timeMs };
  }

  dispose(): Promise<void> {
    return Promise.resolve();
  }
}

/** "0, NVIDIA A100, 61.23": a name may hold commas. */
function cellsOf(line: string): { readonly index: string; readonly name: string; readonly value: string } | null {
  const match = /^\s*(\d{1,3})\s*,(.*),([^,]*)$/.exec(line);
  return match === null ? null : { index: match[1] ?? '', name: (match[2] ?? '').trim(), value: (match[3] ?? '').trim() };
}

/** A number; "[N/A]", "[Not Supported]", an empty cell and 0 are none: a card that runs draws power. */
function valueOf(text: string): number | null {
  const value = /^\d{1,15}(\.\d{1,6})?$/.test(text) ? Number(text) : 0;
  return value > 0 ? value : null;
}

function plain(text: string): string {
  return text
    .replace(/[^\x20-\x7e]/g, ' ')
    .trim()
    .slice(0, 80);
}
