import type { AbortFlag } from '../model/abort.ts';
import { checkAbort } from '../model/abort.ts';
import type { Quantity } from '../protocol/quantity.ts';
import type { MeterClock } from './host.ts';
import type { MeanInterval } from './statistics.ts';
import { meanInterval } from './statistics.ts';
import type { Sensor } from './types.ts';
import type { Metered, WindowRule } from './window.ts';
import { meterWindow } from './window.ts';

/** Options of a measurement; the defaults are the rule of docs/measuring.md. */
export interface MeasureOptions {
  readonly clock: MeterClock;
  readonly abort?: AbortFlag | undefined;
  /** Pairs of a run and an idle window; default 10. */
  readonly repeats?: number;
  /** Shortest window; default 2 s. */
  readonly minSeconds?: number;
  /** New values of the meter in a window; default 20. */
  readonly minUpdates?: number;
  /** Longest time for everything; default 1800 s. */
  readonly maxSeconds?: number;
  /** Told how far it has come, 0..1. */
  readonly onProgress?: (fraction: number, message: string) => void;
}

/** One run beside the idle window that belongs to it. */
export interface MeasuredRun {
  readonly iterations: number;
  readonly run: Metered;
  readonly idleW: number;
  /** (E_run - P_idle T_run) / iterations; below 0 when the run drew less than the idle window. */
  readonly netPerIterationJ: number;
}

/** What was measured. `reason`: why the figure may not be used; null when it may. */
export interface Measurement {
  readonly runs: readonly MeasuredRun[];
  /** Net joules of one iteration over all runs; null with fewer than two. */
  readonly net: MeanInterval | null;
  readonly idleW: MeanInterval | null;
  readonly reason: string | null;
  /** Windows that did not count, with the last reason. */
  readonly dropped: { readonly count: number; readonly why: string | null };
}

/** Before anything counts caches fill, clocks rise and the program is compiled: at least so many iterations and milliseconds. */
const warmUp = { iterations: 3, ms: 1000 };
const idleCounterStepMs = 100;
const defaults = { repeats: 10, minSeconds: 2, minUpdates: 20, maxSeconds: 1800 };

/**
 * Meters a workload by the rule: windows of at least `minSeconds` and `minUpdates`, `repeats` runs each beside an idle window of the same
 * length, in the order run-idle, idle-run, so that a slow drift of the idle power cancels; net energy per run, mean and 95 % interval over
 * the runs. Windows that the meter spoils are made again, at most as many as `repeats`. Rejects with AbortError, or with what `iterate`
 * rejects with.
 */
export async function measure(sensor: Sensor, iterate: () => Promise<void>, options: MeasureOptions): Promise<Measurement> {
  const { clock, abort, onProgress } = options;
  const { repeats, minSeconds, minUpdates, maxSeconds } = { ...defaults, ...definedOf(options) };
  const deadlineMs = clock.nowMs() + maxSeconds * 1000;
  const control = { clock, abort, deadlineMs };
  const idleStep = (): Promise<void> => clock.sleep(idleStepMs(sensor), abort);
  const warmMs = clock.nowMs() + warmUp.ms;
  for (let i = 0; i < warmUp.iterations || clock.nowMs() < warmMs; i++) {
    checkAbort(abort);
    await iterate();
    if (clock.nowMs() >= deadlineMs) break;
  }
  const runs: MeasuredRun[] = [];
  let dropped = 0;
  let why: string | null = null;
  while (runs.length < repeats && dropped < repeats && clock.nowMs() < deadlineMs) {
    onProgress?.(runs.length / repeats, `run ${runs.length + 1} of ${repeats}`);
    const isRunFirst = runs.length % 2 === 0;
    const rule: WindowRule = { minSeconds, minUpdates };
    // An idle window is as long as its run, which may take longer than the rule asks; one that comes first, as long as the run before it.
    const idleRule = (run: Metered | undefined): WindowRule => ({ minUpdates, minSeconds: Math.max(minSeconds, run?.seconds ?? 0) });
    const first = isRunFirst
      ? await meterWindow(sensor, iterate, rule, control)
      : await meterWindow(sensor, idleStep, idleRule(runs.at(-1)?.run), control);
    const second =
      first.kind === 'invalid'
        ? first
        : isRunFirst
          ? await meterWindow(sensor, idleStep, idleRule(first.metered), control)
          : await meterWindow(sensor, iterate, rule, control);
    const [run, idle] = isRunFirst ? [first, second] : [second, first];
    if (run.kind === 'metered' && idle.kind === 'metered') runs.push(pair(run.metered, run.iterations, idle.metered));
    else {
      dropped++;
      why = run.kind === 'invalid' ? run.why : idle.kind === 'invalid' ? idle.why : why;
    }
  }
  const net = meanInterval(runs.map((run) => run.netPerIterationJ));
  const idleW = meanInterval(runs.map((run) => run.idleW));
  return { runs, net, idleW, dropped: { count: dropped, why }, reason: reasonOf(runs.length, repeats, net, why) };
}

/** The net energy as a quantity with the interval as its bounds; null when it may not be used. */
export function netQuantity(measurement: Measurement, ref: string): Quantity<'J'> | null {
  const { net, reason } = measurement;
  if (net === null || reason !== null) return null;
  return { value: net.mean, unit: 'J', low: net.low, high: net.high, source: 'measured', ref };
}

function pair(run: Metered, iterations: number, idle: Metered): MeasuredRun {
  const idleW = idle.joules / idle.seconds;
  return { iterations, run, idleW, netPerIterationJ: (run.joules - idleW * run.seconds) / iterations };
}

function reasonOf(runs: number, repeats: number, net: MeanInterval | null, why: string | null): string | null {
  if (runs < repeats) return `only ${runs} of ${repeats} runs could be metered${why === null ? '' : `: ${why}`}`;
  if (net === null) return 'one run tells no interval';
  if (net.low <= 0) return 'the 95 % interval includes 0: the runs cannot be told from idling';
  return null;
}

/** How long an idle window sleeps at a stretch. A counter needs no samples, and each waking would draw power that idling does not. */
function idleStepMs(sensor: Sensor): number {
  if (sensor.info.reading === 'counter') return idleCounterStepMs;
  return Math.max(5, Math.min(100, sensor.info.updateIntervalMs ?? 100));
}

/** The members that are there. */
function definedOf(options: MeasureOptions): Partial<typeof defaults> {
  const { repeats, minSeconds, minUpdates, maxSeconds } = options;
  return Object.fromEntries(Object.entries({ repeats, minSeconds, minUpdates, maxSeconds }).filter(([, value]) => value !== undefined));
}
