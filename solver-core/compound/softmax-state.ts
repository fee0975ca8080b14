import type { LearnerState } from '../learn/learner.ts';
import { maxOutputs, maxWeights } from '../learn/ridge/options.ts';
import type { Checked } from '../model/diagnostic.ts';
import type { SoftmaxOptions, SoftmaxParts } from './softmax-head.ts';

const stateKind = 'softmax-head';
const stateVersion = 1;
const names = ['w', 'b', 'first.w', 'first.b', 'second.w', 'second.b'] as const;

/** As a header and doubles; numbers of float32 come back bit for bit. */
export function encodeHead({ options, outputs, weights, shift, scale, rows, passes }: SoftmaxParts): LearnerState {
  const arrays = new Map<string, Float64Array>();
  [...weights.parameters, ...weights.first, ...weights.second].forEach((values, i) => arrays.set(names[i]!, Float64Array.from(values)));
  if (shift !== null) arrays.set('shift', shift);
  if (scale !== null) arrays.set('scale', scale);
  return { header: { kind: stateKind, version: stateVersion, options, outputs, steps: weights.steps, rows, passes }, arrays };
}

/** Reads it back. Findings: `state-wrong-learner`, `state-damaged`. */
export function decodeHead({ header, arrays }: LearnerState): Checked<SoftmaxParts> {
  if (header['kind'] !== stateKind || header['version'] !== stateVersion)
    return bad(
      'state-wrong-learner',
      `The state is of ${JSON.stringify(header['kind'])}, version ${JSON.stringify(header['version'])}; expected ${JSON.stringify(stateKind)}, version ${stateVersion}`,
    );
  const options = optionsOf(header['options']);
  const { outputs, steps, rows, passes } = header;
  if (options === null || !isCount(outputs) || !isCount(steps) || !isCount(passes) || !isCount(rows))
    return bad('state-damaged', 'The state of a head lacks its options or counters');
  const { inputs } = options;
  if (outputs > maxOutputs || inputs * outputs > maxWeights) return bad('state-damaged', `A head of ${inputs} x ${outputs} is too large`);
  const taken = names.map((name, i) => {
    const values = arrays.get(name);
    const isWhole = values?.length === (i % 2 === 0 ? inputs : 1) * outputs && values.every(Number.isFinite);
    return isWhole ? Float32Array.from(values) : null;
  });
  const [shift = null, scale = null] = ['shift', 'scale'].map((name) => arrays.get(name));
  const isFit = (v: Float64Array | null): boolean => v === null || (v.length === inputs && v.every(Number.isFinite));
  if (taken.some((values) => values === null) || !isFit(shift) || !isFit(scale) || (shift === null) !== (scale === null))
    return bad('state-damaged', 'The arrays of a head are missing or have other sizes');
  const [w, b, firstW, firstB, secondW, secondB] = taken as Float32Array[];
  const weights = { parameters: [w!, b!], first: [firstW!, firstB!], second: [secondW!, secondB!], steps };
  return { value: { options, outputs, weights, shift, scale, rows, passes }, diagnostics: [] };
}

function optionsOf(raw: unknown): SoftmaxOptions | null {
  if (typeof raw !== 'object' || raw === null) return null;
  const { inputs, rate, epochs, batchRows, l2, seed } = raw as Record<string, unknown>;
  if (!isCount(inputs) || !isCount(epochs) || !isCount(batchRows) || inputs < 1 || epochs < 1 || batchRows < 1) return null;
  if (typeof rate !== 'number' || typeof l2 !== 'number' || typeof seed !== 'number') return null;
  return rate > 0 && l2 >= 0 && Number.isFinite(rate + l2 + seed) ? { inputs, rate, epochs, batchRows, l2, seed } : null;
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function bad(code: string, message: string): Checked<SoftmaxParts> {
  return {
    value: undefined,
    diagnostics: [{ severity: 'error', code, message: `${message}. Use a copy, or start without it.`, where: {} }],
  };
}
