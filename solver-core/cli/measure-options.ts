/** Options of `sensors`, `measure` and `calibrate`, and of `energy` about calibrations, for the parser. */
export const measureOptions = {
  sensor: { type: 'string' },
  measure: { type: 'boolean' },
  fit: { type: 'boolean' },
  'no-calibration': { type: 'boolean' },
} as const;

/** What was given of them. */
export interface MeasureWords {
  readonly sensor?: string | undefined;
  readonly measure?: boolean | undefined;
  readonly fit?: boolean | undefined;
  readonly 'no-calibration'?: boolean | undefined;
}
