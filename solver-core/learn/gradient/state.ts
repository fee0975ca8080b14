import type { Checked } from '../../model/diagnostic.ts';
import type { LearnerState } from '../learner.ts';
import { elementsOf } from './builder.ts';
import type { LearnerSetup, Progress } from './gradient-learner.ts';

/** Numbers of fp32 are fp64 numbers, too: arrays go into the state and come back bit for bit. */
export function encodeState(setup: LearnerSetup, progress: Progress): LearnerState {
  const { weights, fisher, anchor } = progress;
  const arrays = new Map<string, Float64Array>();
  const put = (name: string, values: readonly Float32Array[] | undefined): void =>
    values?.forEach((v, i) => arrays.set(`${name} ${i}`, Float64Array.from(v)));
  put('parameter', weights.parameters);
  put('first', weights.first);
  put('second', weights.second);
  put('fisher', fisher?.values);
  put('anchor', anchor);
  return {
    header: {
      ...identity(setup),
      rows: progress.rows,
      updates: progress.updates,
      steps: weights.steps,
      fisherRows: fisher?.rows ?? null,
      hasAnchor: anchor !== undefined,
    },
    arrays,
  };
}

/** What a state must agree with the learner in: kind, task and the parameters with their shapes. */
function identity({ kind, task, part, shapes }: LearnerSetup): Readonly<Record<string, unknown>> {
  return { learner: kind, task, input: part.input, parameters: part.parameters, shapes };
}

/** The progress that `encodeState` wrote. Finding: `state-mismatch` when it belongs to another model, tier or task, or is not whole. */
export function decodeState(setup: LearnerSetup, { header, arrays }: LearnerState): Checked<Progress> {
  const mismatch = (what: string): Checked<Progress> => ({
    value: undefined,
    diagnostics: [
      {
        severity: 'error',
        code: 'state-mismatch',
        message: `The state does not belong to this upper tier: ${what}. Learn with --fresh.`,
        where: {},
      },
    ],
  });
  for (const [key, value] of Object.entries(identity(setup)))
    if (JSON.stringify(header[key]) !== JSON.stringify(value)) return mismatch(`its ${key} ${key.endsWith('s') ? 'differ' : 'differs'}`);
  const take = (name: string): readonly Float32Array[] | undefined => {
    const found = setup.shapes.map((shape, i) => {
      const values = arrays.get(`${name} ${i}`);
      return values?.length === elementsOf(shape) && values.every(Number.isFinite) ? Float32Array.from(values) : undefined;
    });
    return found.every((values) => values !== undefined) ? found : undefined;
  };
  const { rows, updates, steps, fisherRows, hasAnchor } = header;
  if (![rows, updates, steps].every(isCount)) return mismatch('its counters are missing');
  const [parameters, first, second] = [take('parameter'), take('first'), setup.kind === 'adam' ? take('second') : []];
  if (parameters === undefined || first === undefined || second === undefined)
    return mismatch('its arrays are missing or have other sizes');
  const [fisher, anchor] = [take('fisher'), take('anchor')];
  const isProtected = isCount(fisherRows) && hasAnchor === true;
  if (isProtected && (fisher === undefined || anchor === undefined)) return mismatch('what it protects is missing');
  return {
    value: {
      weights: { parameters, first, second, steps: steps as number },
      rows: rows as number,
      updates: updates as number,
      fisher: isProtected && fisher !== undefined ? { rows: fisherRows, values: fisher } : undefined,
      anchor: isProtected ? anchor : undefined,
    },
    diagnostics: [],
  };
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}
