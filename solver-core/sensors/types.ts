import type { SensorDocument } from '../protocol/measure-documents.ts';

/** What one look at a meter gave: joules counted so far, or watts at this moment. */
export type Reading =
  | { readonly kind: 'counter'; readonly joules: number; readonly timeMs: number }
  | { readonly kind: 'power'; readonly watts: number; readonly timeMs: number }
  | { readonly kind: 'invalid'; readonly why: string };

/** A meter that answers. Readings are taken while the workload runs; wraps and resets of a counter are handled inside. */
export interface Sensor {
  readonly info: SensorDocument;
  read(): Promise<Reading>;
  dispose(): Promise<void>;
}
