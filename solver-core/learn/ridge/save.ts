import type { RidgeSums } from '../../fit/ridge/sums.ts';
import type { Checked } from '../../model/diagnostic.ts';
import { TierwiseError } from '../../model/error.ts';
import type { LearnerState } from '../learner.ts';
import type { RidgeLearnerOptions } from './options.ts';
import { hasCompensation, requireRidgeOptions } from './options.ts';
import type { RidgeParts } from './parts.ts';
import { featuresOf } from './parts.ts';
import { maxRecent } from './recent.ts';

const stateKind = 'ridge-head';
const stateVersion = 1;

/** The state as a header and arrays. The Gram and R keep their lower triangles: the rest follows from them. Same parts: same bits. */
export function saveParts(parts: RidgeParts): LearnerState {
  const { options, coding, sums, expansion, compensation, inverse, recent, smallBatches, isWeighted } = parts;
  const arrays = new Map<string, Float64Array>();
  saveSums(arrays, 'sums', sums);
  if (compensation !== null) saveSums(arrays, 'compensation', compensation);
  if (expansion !== null) arrays.set('expansion.w', expansion.w).set('expansion.b', expansion.b);
  if (inverse !== null) {
    const side = inverse.offset.length + 1;
    arrays.set('inverse.r', packed(inverse.r, side)).set('inverse.w', inverse.w).set('inverse.offset', inverse.offset);
  }
  if (recent !== null) arrays.set('recent.x', recent.x).set('recent.y', recent.y);
  return {
    header: {
      kind: stateKind,
      version: stateVersion,
      options: { ...options, lambda: options.lambda ?? null, expand: options.expand ?? null, compensation: options.compensation ?? null },
      coding,
      outputs: sums.outputs,
      rows: sums.rows,
      compensationRows: compensation?.rows ?? null,
      inverse: inverse === null ? null : { lambda: inverse.lambda, updates: inverse.updates },
      recentRows: recent?.rows ?? 0,
      smallBatches,
      isWeighted,
    },
    arrays,
  };
}

/** Reads a state back; findings `state-wrong-learner`, `state-too-new`, `state-damaged`. Sizes are checked before anything is allocated. */
export function loadParts({ header, arrays }: LearnerState): Checked<RidgeParts> {
  const bad = (code: string, message: string): Checked<RidgeParts> => ({
    value: undefined,
    diagnostics: [{ severity: 'error', code, message, where: {} }],
  });
  if (header['kind'] !== stateKind)
    return bad(
      'state-wrong-learner',
      `The state is of ${JSON.stringify(header['kind'])}, expected ${JSON.stringify(stateKind)}. Start without it.`,
    );
  const version = header['version'];
  if (typeof version !== 'number' || !(version <= stateVersion))
    return bad(
      'state-too-new',
      `The state has version ${String(version)}, this Tierwise reads up to ${stateVersion}. Install a newer Tierwise.`,
    );
  try {
    return { value: parse(header, new Reader(arrays)), diagnostics: [] };
  } catch (error) {
    if (!(error instanceof TierwiseError)) throw error;
    return bad('state-damaged', `The state cannot be used: ${error.message}. Use a copy, or start without it.`);
  }
}

function parse(header: LearnerState['header'], reader: Reader): RidgeParts {
  const options = parseOptions(header['options']);
  requireRidgeOptions(options);
  const d = featuresOf(options);
  const outputs = wholeNumber(header['outputs'], 'outputs');
  requireRidgeOptions({ ...options, outputs });
  const coding = header['coding'];
  if (coding !== 'one-hot' && coding !== 'values') throw damaged('its coding of targets is unknown');
  const sums = reader.sums('sums', d, outputs, header['rows']);
  const compensation = hasCompensation(options) ? reader.sums('compensation', d, outputs, header['compensationRows']) : null;
  const hasExpansion = options.expand !== undefined && sums.rows > 0;
  const expansion = !(hasExpansion || reader.has('expansion.w'))
    ? null
    : {
        inputs: options.inputs,
        features: d,
        w: reader.take('expansion.w', options.inputs * d),
        b: reader.take('expansion.b', d),
      };
  return {
    options,
    coding,
    sums,
    expansion,
    compensation,
    inverse: parseInverse(header['inverse'], d, outputs, reader),
    recent: parseRecent(header['recentRows'], d, outputs, reader),
    smallBatches: wholeNumber(header['smallBatches'], 'smallBatches'),
    isWeighted: header['isWeighted'] === true,
  };
}

function parseOptions(raw: unknown): RidgeLearnerOptions {
  if (!isRecord(raw)) throw damaged('it has no options');
  const number = (name: string): number => {
    const value = raw[name];
    if (typeof value !== 'number' || !Number.isFinite(value)) throw damaged(`its option ${name} is not a number`);
    return value;
  };
  const optional = (name: string): number | undefined => (raw[name] === null ? undefined : number(name));
  const { labels, form } = raw;
  if (labels !== 'class' && labels !== 'regression') throw damaged('its kind of labels is unknown');
  if (form !== undefined && form !== 'statistics' && form !== 'r' && form !== 'auto') throw damaged('its form is unknown');
  return {
    inputs: number('inputs'),
    outputs: number('outputs'),
    labels,
    lambda: optional('lambda'),
    forgetting: number('forgetting'),
    expand: optional('expand'),
    compensation: optional('compensation'),
    seed: number('seed'),
    ...(form === undefined ? {} : { form }),
  };
}

function parseInverse(raw: unknown, d: number, outputs: number, reader: Reader): RidgeParts['inverse'] {
  if (raw === null) return null;
  if (!isRecord(raw)) throw damaged('its R form cannot be read');
  const { lambda, updates } = raw;
  if (typeof lambda !== 'number' || !(lambda > 0)) throw damaged('the lambda of its R form is not positive');
  const side = d + 1;
  return {
    r: unpacked(reader.take('inverse.r', (side * (side + 1)) / 2), side, true),
    w: reader.take('inverse.w', side * outputs),
    offset: reader.take('inverse.offset', d),
    lambda,
    updates: wholeNumber(updates, 'updates'),
  };
}

function parseRecent(raw: unknown, d: number, outputs: number, reader: Reader): RidgeParts['recent'] {
  const rows = wholeNumber(raw, 'recentRows');
  if (rows > maxRecent) throw damaged(`${rows} recent rows are more than ${maxRecent}`);
  return rows === 0 ? null : { rows, x: reader.take('recent.x', rows * d), y: reader.take('recent.y', rows * outputs) };
}

function saveSums(arrays: Map<string, Float64Array>, name: string, sums: RidgeSums): void {
  arrays.set(`${name}.sumX`, sums.sumX).set(`${name}.sumY`, sums.sumY).set(`${name}.gram`, packed(sums.gram, sums.columns));
  arrays.set(`${name}.cross`, sums.cross).set(`${name}.squareY`, sums.squareY);
}

/** Hands out arrays of the expected lengths, finite throughout. */
class Reader {
  readonly #arrays: ReadonlyMap<string, Float64Array>;

  constructor(arrays: ReadonlyMap<string, Float64Array>) {
    this.#arrays = arrays;
  }

  has(name: string): boolean {
    return this.#arrays.has(name);
  }

  take(name: string, length: number): Float64Array {
    const values = this.#arrays.get(name);
    if (values === undefined) throw damaged(`${name} is missing`);
    if (values.length !== length) throw damaged(`${name} has ${values.length} values, expected ${length}`);
    if (!values.every(Number.isFinite)) throw damaged(`${name} holds a value that is infinite or not a number`);
    return values;
  }

  sums(name: string, d: number, outputs: number, rows: unknown): RidgeSums {
    if (typeof rows !== 'number' || !(rows >= 0 && Number.isFinite(rows))) throw damaged(`the row count of ${name} is not a number`);
    return {
      rows,
      columns: d,
      outputs,
      sumX: this.take(`${name}.sumX`, d),
      sumY: this.take(`${name}.sumY`, outputs),
      gram: unpacked(this.take(`${name}.gram`, (d * (d + 1)) / 2), d, false),
      cross: this.take(`${name}.cross`, d * outputs),
      squareY: this.take(`${name}.squareY`, outputs),
    };
  }
}

/** [d(d+1)/2] lower triangle by rows. */
function packed(square: Float64Array, d: number): Float64Array {
  const values = new Float64Array((d * (d + 1)) / 2);
  for (let i = 0, at = 0; i < d; at += ++i) values.set(square.subarray(i * d, i * d + i + 1), at);
  return values;
}

/** [d, d] from a packed lower triangle; the upper one mirrored or zero. */
function unpacked(values: Float64Array, d: number, mirrored: boolean): Float64Array {
  const square = new Float64Array(d * d);
  for (let i = 0, at = 0; i < d; at += ++i) square.set(values.subarray(at, at + i + 1), i * d);
  if (mirrored) for (let i = 0; i < d; i++) for (let j = 0; j < i; j++) square[j * d + i] = square[i * d + j]!;
  return square;
}

function wholeNumber(value: unknown, name: string): number {
  if (!Number.isSafeInteger(value) || (value as number) < 0) throw damaged(`${name} is not a whole number`);
  return value as number;
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function damaged(what: string): TierwiseError {
  return new TierwiseError('state-damaged', what, 'Use a copy of the state.');
}
