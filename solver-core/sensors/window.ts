import type { AbortFlag } from '../model/abort.ts';
import { checkAbort } from '../model/abort.ts';
import type { MeterClock } from './host.ts';
import type { Reading, Sensor } from './types.ts';

/** What a meter counted over a stretch of time. */
export interface Metered {
  readonly seconds: number;
  readonly joules: number;
  /** Bounds by what the power may have been between two samples; equal to `joules` for a counter. */
  readonly lowJ: number;
  readonly highJ: number;
  /** Readings that are new for the meter, as far as its interval tells. */
  readonly updates: number;
}

/** Between two samples of a power meter whose interval is not known, milliseconds. */
export const assumedIntervalMs = 100;
/** Shortest time between two samples. */
const shortestIntervalMs = 5;

/** Longest time between two readings of a counter where it can be helped: one that is read too seldom may have wrapped more than once. */
const counterIntervalMs = 5000;

/** Integrates power over samples, or takes the difference of a counter; a window begins and ends with a reading. */
class Meter {
  invalid: string | null = null;
  private readonly sensor: Sensor;
  private first: Exclude<Reading, { readonly kind: 'invalid' }> | undefined;
  private last: Exclude<Reading, { readonly kind: 'invalid' }> | undefined;
  private sums = { joules: 0, lowJ: 0, highJ: 0 };
  private samples = 0;
  private pending = Promise.resolve();

  constructor(sensor: Sensor) {
    this.sensor = sensor;
  }

  /** Reads once more, after the readings that were asked for before. */
  take(): Promise<void> {
    this.pending = this.pending.then(() => this.takeNow());
    return this.pending;
  }

  private async takeNow(): Promise<void> {
    const reading = await this.sensor.read();
    if (reading.kind === 'invalid') {
      this.invalid ??= reading.why;
      return;
    }
    const { last } = this;
    this.first ??= reading;
    this.last = reading;
    this.samples++;
    if (last === undefined) return;
    const seconds = (reading.timeMs - last.timeMs) / 1000;
    if (reading.kind === 'counter' && last.kind === 'counter') {
      const joules = reading.joules - last.joules;
      this.sums = { joules: this.sums.joules + joules, lowJ: this.sums.lowJ + joules, highJ: this.sums.highJ + joules };
    } else if (reading.kind === 'power' && last.kind === 'power') {
      this.sums.joules += (seconds * (reading.watts + last.watts)) / 2;
      this.sums.lowJ += seconds * Math.min(reading.watts, last.watts);
      this.sums.highJ += seconds * Math.max(reading.watts, last.watts);
    } else this.invalid ??= 'the meter changed between counting joules and showing watts';
  }

  get seconds(): number {
    return this.first === undefined || this.last === undefined ? 0 : (this.last.timeMs - this.first.timeMs) / 1000;
  }

  /** New values so far: of a counter by its interval, of a power meter by the samples. */
  get updates(): number {
    if (this.sensor.info.reading === 'power') return this.samples;
    return Math.floor((this.seconds * 1000) / (this.sensor.info.updateIntervalMs ?? assumedIntervalMs));
  }

  get metered(): Metered {
    return { seconds: this.seconds, updates: this.updates, ...this.sums };
  }
}

/** When a window is long enough. */
export interface WindowRule {
  readonly minSeconds: number;
  readonly minUpdates: number;
}

/** A window that was metered, or why it does not count. */
export type WindowResult =
  { readonly kind: 'metered'; readonly metered: Metered; readonly iterations: number } | { readonly kind: 'invalid'; readonly why: string };

/** How a window is driven. */
export interface WindowControl {
  readonly clock: MeterClock;
  readonly abort?: AbortFlag | undefined;
  /** Clock reading at which the whole measurement must end. */
  readonly deadlineMs: number;
}

/**
 * Meters `step` over and over until the rule is met; at least once. Power is sampled between two steps, so a step that blocks for long
 * leaves gaps, which widen `lowJ` to `highJ`. A counter is read within long steps, too, so that it is continued over each of its wraps.
 */
export async function meterWindow(
  sensor: Sensor,
  step: () => Promise<void>,
  rule: WindowRule,
  control: WindowControl,
): Promise<WindowResult> {
  const { clock, abort } = control;
  const meter = new Meter(sensor);
  const intervalMs = Math.max(shortestIntervalMs, sensor.info.updateIntervalMs ?? assumedIntervalMs);
  let iterations = 0;
  await meter.take();
  const startMs = clock.nowMs();
  const isCounter = sensor.info.reading === 'counter';
  const sampleMs = isCounter ? counterIntervalMs : intervalMs;
  let sampledMs = startMs;
  const sample = async (): Promise<void> => {
    if (clock.nowMs() - sampledMs < sampleMs) return;
    sampledMs = clock.nowMs();
    await meter.take();
    sampledMs = clock.nowMs();
  };
  const isLongEnough = (nowMs: number): boolean => {
    if (nowMs - startMs < rule.minSeconds * 1000) return false;
    // The updates of a counter follow from the time, however often it is read.
    return isCounter ? nowMs - startMs >= rule.minUpdates * intervalMs : meter.updates >= rule.minUpdates;
  };
  // A reading that rejects does so again in the next `take`, which is awaited.
  const stop = isCounter ? clock.every(counterIntervalMs, () => void sample().catch(() => undefined)) : () => undefined;
  try {
    while (iterations === 0 || !isLongEnough(clock.nowMs())) {
      checkAbort(abort);
      if (clock.nowMs() >= control.deadlineMs) return { kind: 'invalid', why: 'the time for the measurement is over' };
      await step();
      iterations++;
      await sample();
      if (meter.invalid !== null) return { kind: 'invalid', why: meter.invalid };
    }
  } finally {
    stop();
  }
  await meter.take();
  if (meter.invalid !== null) return { kind: 'invalid', why: meter.invalid };
  return meter.seconds > 0
    ? { kind: 'metered', metered: meter.metered, iterations }
    : { kind: 'invalid', why: 'the meter gave one time for two readings' };
}
