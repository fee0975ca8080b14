import { cpus } from 'node:os';
import { exactly } from '../energy/quantity.ts';
import type { DiagnosticDocument, MeasureDocument, Quantity } from '../protocol/index.ts';
import type { Measurement } from '../sensors/measure.ts';
import { netQuantity } from '../sensors/measure.ts';
import type { ReadySensor } from './choose-sensor.ts';

/** A measurement with everything that a document of it says. */
export interface Measured {
  readonly of: 'inference' | 'fit';
  readonly modelPath: string;
  readonly workload: string;
  /** Samples of one run; the figure is for the run, as the estimate is. */
  readonly batch: number;
  readonly found: ReadySensor;
  readonly measurement: Measurement;
  readonly target: string | null;
  readonly estimate: Quantity<'J'> | null;
  /** Accelerator cards of the machine; default one or none. */
  readonly cards?: number;
  readonly hashes: MeasureDocument['hashes'];
  /** ISO date. */
  readonly date: string;
}

/** The document of a measurement; without a result where the figure may not be used. */
export function measuredDocument(measured: Measured): MeasureDocument {
  const { of, modelPath, workload, batch, found, measurement, target, estimate, cards = 1, hashes, date } = measured;
  const { info, covers } = found;
  const { runs, reason, idleW, dropped } = measurement;
  const meter = `${info.name}, ${info.domain}`;
  const energy = netQuantity(measurement, aboutText(measured, meter));
  return {
    schema: 'tierwise.measure/1',
    model: modelPath,
    of,
    workload,
    batch,
    sensor: info,
    result: energy === null ? null : { energy, repetitions: runs.length, sensor: meter, date },
    reason,
    idle: idleQuantity(idleW, meter),
    runs: runs.map(({ iterations, run, netPerIterationJ }) => ({
      iterations,
      seconds: exactly(run.seconds, 's', 'measured', 'clock of this process'),
      gross: { value: run.joules, unit: 'J', low: run.lowJ, high: run.highJ, source: 'measured', ref: `${meter}, idle included` },
      net: netPerIterationJ < 0 ? null : exactly(netPerIterationJ * iterations, 'J', 'measured', `${meter}, idle taken off`),
    })),
    target,
    machine: cpus()[0]?.model.trim() || 'unknown',
    estimate,
    hashes,
    diagnostics: [
      ...droppedFinding(dropped, modelPath),
      ...(covers === 'rail' ? [railFinding(info.domain, modelPath)] : []),
      ...(covers === 'card' && cards > 1 ? [cardFinding(info.domain, modelPath)] : []),
    ],
  };
}

function aboutText({ found, measurement }: Measured, meter: string): string {
  const { info } = found;
  const { runs, net } = measurement;
  const seconds = runs.reduce((total, { run }) => total + run.seconds, 0) / Math.max(1, runs.length);
  const kind = info.reading === 'counter' ? 'difference of a counter' : 'power integrated over samples';
  const interval = info.updateIntervalMs === null ? 'of unknown interval' : `every ${info.updateIntervalMs} ms`;
  const median = net === null ? '' : `; median ${net.median.toPrecision(3)} J`;
  return `${meter}; ${kind}, new values ${interval}; mean of ${runs.length} runs of ${seconds.toPrecision(3)} s, idle power taken off${median}`;
}

function idleQuantity(idle: Measurement['idleW'], meter: string): Quantity<'W'> | null {
  if (idle === null || idle.mean <= 0) return null;
  const ref = `${meter}, between the runs, 95 % interval`;
  return { value: idle.mean, unit: 'W', low: Math.max(0, idle.low), high: idle.high, source: 'measured', ref };
}

function droppedFinding({ count, why }: Measurement['dropped'], path: string): readonly DiagnosticDocument[] {
  if (count === 0) return [];
  return [
    { severity: 'info', code: 'windows-dropped', message: `${count} windows were made again: ${why ?? 'no reason'}.`, where: { path } },
  ];
}

function railFinding(domain: string, path: string): DiagnosticDocument {
  const message = `The meter covers ${domain}. Make sure that this rail feeds what was run; Tierwise cannot know.`;
  return { severity: 'warning', code: 'rail-unknown', message, where: { path } };
}

function cardFinding(domain: string, path: string): DiagnosticDocument {
  const message = `The meter covers ${domain}. XRT numbers cards in an order of its own: make sure that the fit ran on this one; Tierwise cannot know.`;
  return { severity: 'warning', code: 'card-unknown', message, where: { path } };
}
