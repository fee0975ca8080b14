import type { Diagnostic } from '../model/diagnostic.ts';
import type { RowArray } from './array.ts';
import type { Labels } from './labels.ts';

/** What a format's reader hands over. */
export interface OpenedData {
  readonly inputs: RowArray;
  readonly labels: Labels;
  readonly diagnostics: readonly Diagnostic[];
}
