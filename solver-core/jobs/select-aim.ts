import type { SelectOptions } from '../compress/select/types.ts';
import { macCell } from '../energy/switching/gate-simulation.ts';
import type { MacCell } from '../energy/switching/gate-simulation.ts';
import type { MacCellId } from '../energy/switching/types.ts';
import { TierwiseError } from '../model/error.ts';
import type { SelectMethod, SelectValues } from '../protocol/index.ts';

export interface SelectParams {
  /** The plan. */
  readonly path: string;
  /** Allowed loss on the validation rows: accuracy as a share (0.01 is one point), mean squared error as a relative increase. Default 0.01. */
  readonly maxDrop?: number;
  /** Default 8. */
  readonly bits?: 4 | 8;
  /** Default 'all'. */
  readonly values?: SelectValues;
  /** Integers that a layer may use with `values: 'set'`, 0 among them: 3 to 255, with 4 bits 3 to 15. Default 16, with 4 bits 8. */
  readonly setSize?: number;
  /** Default 'closed-form'. */
  readonly method?: SelectMethod;
  /** Multiply-add cell that energy is saved on: 'array', 'booth' or, for powers of two, 'shift'. Default 'array', of powers of two 'shift'. */
  readonly cell?: string;
  /** Default `MODEL.selected.onnx`. */
  readonly out?: string;
  /** Calibration rows at most. */
  readonly rows?: number;
  /** Searches and reports, writes nothing. */
  readonly trial?: boolean;
}

/** What was asked for, checked. */
export interface SelectAim {
  readonly method: SelectMethod;
  readonly values: SelectValues;
  /** Integers that a layer may use; null where values are not a set. */
  readonly setSize: number | null;
  readonly bits: 4 | 8;
  /** In accuracy: 0.01 is one point. */
  readonly maxDrop: number;
  /** The cell whose saving is the headline. */
  readonly cell: MacCellId;
  readonly seed: number;
}

/** Cells of a selection. */
export interface SelectCells {
  /** The one that the search saves energy on. Shifters cannot hold the rounded weights that savings are counted from, so an array steers for them. */
  readonly steering: MacCell;
  /** All that the result is priced on, the headline's first. */
  readonly priced: readonly MacCell[];
}

const cellIds: readonly MacCellId[] = ['array', 'booth', 'shift'];

/** Throws `unknown-cell`, `cell-without-values`, `drop-out-of-range`, `set-size-out-of-range`, all of category usage. */
export function selectAim(params: SelectParams, seed: number): SelectAim {
  const { maxDrop = 0.01, bits = 8, values = 'all', method = 'closed-form' } = params;
  const wanted = params.cell ?? (values === 'powers-of-two' ? 'shift' : 'array');
  const cell = cellIds.find((known) => known === wanted);
  if (cell === undefined)
    throw usage('unknown-cell', `there is no multiply-add cell ${JSON.stringify(wanted)}`, `Cells: ${cellIds.join(', ')}.`);
  if (cell === 'shift' && values !== 'powers-of-two')
    throw usage('cell-without-values', 'the shift cell holds 0 and powers of two only', 'Give --values powers-of-two, or another --cell.');
  if (!(maxDrop >= 0 && maxDrop <= 1))
    throw usage('drop-out-of-range', `an allowed drop of ${100 * maxDrop} points is not possible`, 'Give 0 to 100 points.');
  return { method, values, setSize: setSizeOf(params, values, bits), bits, maxDrop, cell, seed };
}

/** What the search is asked for. */
export function aimedAt({ bits, values, setSize }: Pick<SelectAim, 'bits' | 'values' | 'setSize'>): Pick<SelectOptions, 'bits' | 'values'> {
  return { bits, values: values === 'set' ? { kind: 'set', size: setSize ?? defaultSetSize(bits) } : { kind: values } };
}

const defaultSetSize = (bits: 4 | 8): number => (bits === 4 ? 8 : 16);
/** 0 and one value of each sign. */
const fewestValues = 3;

function setSizeOf({ setSize }: SelectParams, values: SelectValues, bits: 4 | 8): number | null {
  if (values !== 'set') {
    if (setSize === undefined) return null;
    throw usage(
      'set-size-out-of-range',
      `a size of ${setSize} was given, but the values are no set`,
      'Give --values set, or leave --set-size away.',
    );
  }
  const most = 2 ** bits - 1;
  const size = setSize ?? defaultSetSize(bits);
  if (Number.isInteger(size) && size >= fewestValues && size <= most) return size;
  throw usage(
    'set-size-out-of-range',
    `a set of ${size} values is not possible with ${bits} bits: there are ${most} integers, from ${-(most - 1) / 2} to ${(most - 1) / 2}`,
    `Give --set-size ${fewestValues} to ${most}.`,
  );
}

function usage(code: string, message: string, advice: string): TierwiseError {
  return new TierwiseError(code, message, advice, { category: 'usage' });
}

/** The cells with their netlists. */
export function selectCells({ cell, values }: SelectAim): SelectCells {
  const ids = new Set<MacCellId>([cell, 'array', 'booth']);
  if (values === 'powers-of-two') ids.add('shift');
  const priced = [...ids].map((id) => macCell(id));
  const steering = priced.find(({ id }) => id === (cell === 'shift' ? 'array' : cell));
  return { steering: steering ?? macCell('array'), priced };
}
