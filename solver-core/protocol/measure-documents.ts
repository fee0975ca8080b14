import type { DiagnosticDocument } from './documents.ts';
import type { MeasuredDocument } from './evidence-documents.ts';
import type { Quantity } from './quantity.ts';

export type SensorKind = 'rapl' | 'nvml' | 'hwmon' | 'xrt' | 'board';

/** A meter that was looked for. "Not permitted" is another finding than "not there", and neither is ever a zero. */
export interface SensorDocument {
  readonly id: string;
  readonly kind: SensorKind;
  readonly name: string;
  readonly state: 'ready' | 'not-permitted' | 'absent' | 'stale' | 'malformed';
  /** What it covers, e.g. "processor package 0", "FPGA core rail". */
  readonly domain: string;
  /** `counter`: joules counted by the device; `power`: watts, integrated by us. */
  readonly reading: 'counter' | 'power';
  /** Time between new values. Null: not known. */
  readonly updateIntervalMs: number | null;
  /** Power right now, where one look tells it. */
  readonly power: Quantity<'W'> | null;
  /** Why it cannot be used and what to do; null when ready. */
  readonly reason: string | null;
}

/** `tierwise.sensors/1`. */
export interface SensorsDocument {
  readonly schema: 'tierwise.sensors/1';
  readonly sensors: readonly SensorDocument[];
}

/** `tierwise.measure/1`: one workload under a meter. */
export interface MeasureDocument {
  readonly schema: 'tierwise.measure/1';
  readonly model: string;
  /** One inference, or one fit of a plan's lower tiers. Absent: inference. */
  readonly of?: 'inference' | 'fit';
  /** What ran, e.g. "inference, batch 1, ONNX Runtime". */
  readonly workload: string;
  /** Samples that one run takes, because the model fixes them; every figure is for the run, as estimates are. Absent in older records: 1. */
  readonly batch?: number;
  readonly sensor: SensorDocument;
  /** Null when the interval includes 0: not measurable, and `reason` says so. */
  readonly result: MeasuredDocument | null;
  readonly reason: string | null;
  /** Power between the runs; null when no idle window could be metered. */
  readonly idle: Quantity<'W'> | null;
  readonly runs: readonly {
    readonly iterations: number;
    readonly seconds: Quantity<'s'>;
    readonly gross: Quantity<'J'>;
    readonly net: Quantity<'J'> | null;
  }[];
  /** Id of the target that this machine was said to be; null when none was named. Absent in records of older versions. */
  readonly target?: string | null;
  /** The processor that ran it, as the system names it. */
  readonly machine?: string;
  /** The estimate for the target named, when one was. */
  readonly estimate: Quantity<'J'> | null;
  /** `plan`: of what decides a fit of its lower tiers; of a fit alone. */
  readonly hashes: { readonly model: string; readonly plan?: string };
  readonly diagnostics: readonly DiagnosticDocument[];
}

/** `tierwise.calibration/1`: constants of a target fitted to measurements; a file under `.tierwise/calibrations`. */
export interface CalibrationDocument {
  readonly schema: 'tierwise.calibration/1';
  readonly target: string;
  /** Hash of the target's file the constants were fitted for. */
  readonly targetHash: string;
  readonly constants: readonly { readonly name: string; readonly factor: Quantity<'1'> }[];
  /** Every measurement behind the fit and what is left of it afterwards. */
  readonly residuals: readonly {
    readonly model: string;
    readonly modelHash: string;
    readonly measured: Quantity<'J'>;
    readonly before: Quantity<'J'>;
    readonly after: Quantity<'J'>;
    /** (after - measured) / measured. */
    readonly error: number;
  }[];
  /** Mean of |after - measured| / measured where each measurement is left out of the fit that predicts it; null with fewer than three. */
  readonly leaveOneOut?: number | null;
  readonly date: string;
  readonly output: string | null;
  readonly diagnostics: readonly DiagnosticDocument[];
}

/** `tierwise.measurements/1`: the file beside a model that keeps its measurements, oldest first. */
export interface MeasurementsDocument {
  readonly schema: 'tierwise.measurements/1';
  readonly measurements: readonly MeasureDocument[];
}
