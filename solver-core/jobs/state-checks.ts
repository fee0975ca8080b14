import { createDriftMonitor } from '../learn/index.ts';
import type { DriftState } from '../learn/index.ts';
import type { LabelKind } from './learn-labels.ts';
import type { PolicyMemory } from './state-file.ts';

// A state file is made by us, but anybody can make one with a right checksum: every field that is read later must have its type.

/** Longest list of plain numbers in a header. */
const maxList = 100_000;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isWholeNumbers(values: readonly unknown[]): boolean {
  return values.every((value) => Number.isSafeInteger(value) && (value as number) >= 0);
}

export function isCounts(values: Float64Array): boolean {
  return values.every((value) => Number.isFinite(value) && value >= 0);
}

export function isLabelKind(value: unknown): value is LabelKind {
  if (!isRecord(value) || (value['kind'] !== 'class' && value['kind'] !== 'regression')) return false;
  const { names } = value;
  return names === null || (Array.isArray(names) && names.length <= maxList && names.every((name) => typeof name === 'string'));
}

export function isPolicyMemory(value: unknown): value is PolicyMemory {
  if (!isRecord(value) || typeof value['settings'] !== 'string') return false;
  const { batches, absorbed, refusals, quietUntil, pendingKeep, pendingLimit, latched, bucketJ, priceJ, spentJ } = value;
  return (
    isWholeNumbers([batches, absorbed, refusals, quietUntil, pendingKeep, pendingLimit]) &&
    [bucketJ, priceJ].every((v) => v === null || isAmount(v)) &&
    isAmount(spentJ) &&
    Array.isArray(latched) &&
    latched.length <= 100 &&
    latched.every((event) => isRecord(event) && typeof event['cause'] === 'string' && isWholeNumbers([event['until']]))
  );
}

/** The monitors' state: the fields and types of a fresh one, where null may stand for a number or an object that is not known yet. */
export function isDriftState(value: unknown): value is DriftState {
  const { options: _options, ...fresh } = createDriftMonitor();
  if (!isRecord(value) || !isRecord(value['options'])) return false;
  return Object.entries(fresh).every(([name, like]) => isLike(value[name], like));
}

function isLike(value: unknown, like: unknown): boolean {
  if (Array.isArray(like)) return Array.isArray(value) && value.length <= maxList && value.every(isNumber);
  if (isRecord(like)) return isRecord(value) && Object.entries(like).every(([name, inner]) => isLike(value[name], inner));
  if (typeof like === 'number') return isNumber(value);
  if (typeof like === 'boolean') return typeof value === 'boolean';
  return value === null || isNumber(value) || (isRecord(value) && Object.values(value).every(isNumber));
}

function isNumber(value: unknown): boolean {
  return typeof value === 'number' && Number.isFinite(value);
}

function isAmount(value: unknown): boolean {
  return isNumber(value) && (value as number) >= 0;
}
