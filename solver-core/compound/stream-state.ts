import type { Numerics } from '../fit/numerics.ts';
import { resumeRidgeLearner } from '../learn/index.ts';
import type { LearnerState, UpperLearner } from '../learn/learner.ts';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { resumeSoftmaxHead } from './softmax-head.ts';
import { isContext, isCounters, isDrift, isNumber, isPolicy, isRecord, isSettings, isSums } from './state-checks.ts';
import type { CalibrationPool, Exit, ExitState, StreamState, WaitingDecisions } from './types.ts';
import type { Widths } from './waiting.ts';

const stateKind = 'compound-stream';
const stateVersion = 1;
const poolParts = ['confidence', 'lower', 'upper', 'asked'] as const;

/** Everything of a stream, for a file. A stream that goes on from it decides and learns as if it had never stopped, bit for bit. */
export function saveStream(state: StreamState): LearnerState {
  const { settings, versions, threshold, policy, drift, context, counts, sums, waiting, pool, classRows, alarmAt } = state;
  const arrays = new Map<string, Float64Array>([['classRows', classRows]]);
  for (const part of poolParts) arrays.set(`pool.${part}`, pool[part]);
  arrays.set('waiting.lower', Float64Array.from(waiting.lower)).set('waiting.upper', Float64Array.from(waiting.upper));
  arrays.set('waiting.upperRows', waiting.upperRows).set('waiting.labels', waiting.labels).set('waiting.exits', waiting.exits);
  const exits = Object.fromEntries(
    (['lower', 'upper'] as const).map((exit) => {
      const { learner, temperature } = state[exit];
      const saved = learner.state();
      for (const [name, values] of saved.arrays) arrays.set(`${exit}.${name}`, values);
      return [exit, { kind: learner.kind, temperature, learner: saved.header }];
    }),
  );
  return {
    header: {
      ...{
        kind: stateKind,
        version: stateVersion,
        settings,
        versions,
        threshold,
        policy: { ...policy, log: [] },
        drift,
        context,
        counts,
        sums,
      },
      ...{ exits, waitingFirst: waiting.first, alarmAt },
    },
    arrays,
  };
}

/** What a saved stream has to agree with. */
export interface StreamIdentity {
  readonly versions: StreamState['versions'];
  readonly widths: Widths;
  readonly numerics: Numerics;
}

/**
 * Reads a stream back. Findings: `compound-version-mismatch` when a module has changed since (its heads and sums belong to the old one),
 * `state-wrong-kind`, `state-too-new`, `state-damaged`.
 */
export function resumeStream({ header, arrays }: LearnerState, identity: StreamIdentity): Checked<StreamState> {
  if (header['kind'] !== stateKind)
    return failed('state-wrong-kind', `The state is of ${JSON.stringify(header['kind'])}, expected ${JSON.stringify(stateKind)}.`);
  if (header['version'] !== stateVersion)
    return failed('state-too-new', `The state has version ${JSON.stringify(header['version'])}, this Tierwise reads ${stateVersion}.`);
  const changed = changedModule(header['versions'], identity.versions);
  if (changed !== null) return changed;
  const { settings, threshold, policy, drift, context, counts, sums, exits, waitingFirst, alarmAt } = header;
  if (!isSettings(settings) || !isPolicy(policy) || !isDrift(drift) || !isContext(context) || !isCounters(counts) || !isSums(sums))
    return damaged('its header is not whole');
  if (!isNumber(threshold) || threshold < 0 || !isRecord(exits) || !isPosition(alarmAt))
    return damaged('its exits or threshold are missing');
  const [lower, upper] = (['lower', 'upper'] as const).map((exit) => exitOf(exit, exits[exit], arrays, identity.numerics));
  const findings = [...(lower?.diagnostics ?? []), ...(upper?.diagnostics ?? [])];
  if (lower?.value === undefined || upper?.value === undefined)
    return findings.length > 0 ? { value: undefined, diagnostics: findings } : damaged('a head is missing');
  const pool = poolOf(arrays);
  const waiting = waitingOf(arrays, waitingFirst, identity.widths);
  const classRows = arrays.get('classRows');
  if (pool === null || waiting === null || classRows === undefined || !classRows.every((v) => v >= 0 && Number.isFinite(v)))
    return damaged('its rows are not whole');
  if (settings.learns && policy.options.kind === 'gain' && waiting.first + waiting.rows !== policy.seen)
    return damaged(`${waiting.rows} rows wait from ${waiting.first} on, its policy has seen ${policy.seen}`);
  const { versions } = identity;
  const rest = { settings, versions, threshold, policy, drift, context, counts, sums, alarmAt };
  return { value: { ...rest, lower: lower.value, upper: upper.value, pool, waiting, classRows }, diagnostics: findings };
}

function isPosition(value: unknown): value is number | null {
  return value === null || (Number.isSafeInteger(value) && (value as number) >= 0);
}

function changedModule(saved: unknown, now: StreamState['versions']): Checked<StreamState> | null {
  if (!isRecord(saved)) return damaged('it names no modules');
  const changed = (['lower', 'upper'] as const).find((module) => saved[module] !== now[module]);
  if (changed === undefined) return null;
  const was = typeof saved[changed] === 'string' ? saved[changed] : 'none';
  return failed(
    'compound-version-mismatch',
    `The state belongs to version ${was} of the ${changed} module, it now has version ${now[changed]}; heads and sums of the old one do not count for it.`,
  );
}

function exitOf(exit: Exit, raw: unknown, arrays: LearnerState['arrays'], numerics: Numerics): Checked<ExitState> {
  if (!isRecord(raw) || !isNumber(raw['temperature']) || !(raw['temperature'] > 0) || !isRecord(raw['learner']))
    return damaged(`the head of the ${exit} exit cannot be read`);
  const prefix = `${exit}.`;
  const own = [...arrays].flatMap(([name, values]): [string, Float64Array][] =>
    name.startsWith(prefix) ? [[name.slice(prefix.length), values]] : [],
  );
  const state: LearnerState = { header: raw['learner'], arrays: new Map(own) };
  const { value, diagnostics }: Checked<UpperLearner> =
    raw['kind'] === 'rls' ? resumeRidgeLearner(state, numerics) : resumeSoftmaxHead(state);
  return { value: value === undefined ? undefined : { learner: value, temperature: raw['temperature'] }, diagnostics };
}

function poolOf(arrays: LearnerState['arrays']): CalibrationPool | null {
  const [confidence, lower, upper, asked] = poolParts.map((part) => arrays.get(`pool.${part}`));
  if (confidence === undefined || lower === undefined || upper === undefined || asked === undefined) return null;
  const isWhole = [confidence, lower, upper, asked].every((v) => v.length === confidence.length && v.every((p) => p >= 0 && p <= 1));
  return isWhole ? { confidence, lower, upper, asked } : null;
}

function waitingOf(arrays: LearnerState['arrays'], first: unknown, widths: Widths): WaitingDecisions | null {
  const [lower, upper, upperRows, labels, exits] = ['lower', 'upper', 'upperRows', 'labels', 'exits'].map((n) =>
    arrays.get(`waiting.${n}`),
  );
  if (lower === undefined || upper === undefined || upperRows === undefined || labels === undefined || exits === undefined) return null;
  const rows = labels.length;
  if (!Number.isSafeInteger(first) || (first as number) < 0 || exits.length !== rows) return null;
  if (lower.length !== rows * widths.lower || upper.length !== upperRows.length * widths.upper) return null;
  const isRow = (v: number, i: number): boolean => Number.isSafeInteger(v) && v >= 0 && v < rows && (i === 0 || v > upperRows[i - 1]!);
  const isLabel = (v: number): boolean => Number.isSafeInteger(v) && v >= 0 && v < 65_536;
  if (!upperRows.every(isRow) || !labels.every(isLabel) || !exits.every((v) => v === 0 || v === 1)) return null;
  if (!lower.every(Number.isFinite) || !upper.every(Number.isFinite)) return null;
  return { first: first as number, rows, lower: Float32Array.from(lower), upper: Float32Array.from(upper), upperRows, labels, exits };
}

function damaged<T>(what: string): Checked<T> {
  return failed('state-damaged', `The state of the stream cannot be used: ${what}.`);
}

function failed<T>(code: string, message: string): Checked<T> {
  const diagnostic: Diagnostic = { severity: 'error', code, message: `${message} Use a copy, or start anew with --fresh.`, where: {} };
  return { value: undefined, diagnostics: [diagnostic] };
}
