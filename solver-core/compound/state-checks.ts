import { createDriftMonitor } from '../learn/index.ts';
import type { DriftState, PolicyState } from '../learn/index.ts';
import type { StreamCounts, StreamSettings, StreamState, StreamSums } from './types.ts';

// Anybody can make a state file with a right checksum: every field that is read later must have its type.

/** Longest list of plain numbers in a header. */
const maxList = 100_000;

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

export function isNumber(value: unknown): value is number {
  return typeof value === 'number' && Number.isFinite(value);
}

export function isSettings(value: unknown): value is StreamSettings {
  if (!isRecord(value) || !isRecord(value['escalate']) || typeof value['learns'] !== 'boolean') return false;
  const { confidence, within } = value['escalate'];
  const isKnown = confidence === 'auto' || confidence === 'never' || confidence === 'always' || isNumber(confidence);
  return isKnown && isNumber(within) && (value['decisionBudgetJ'] === null || isAmount(value['decisionBudgetJ']));
}

export function isPolicy(value: unknown): value is PolicyState {
  if (!isRecord(value) || !isRecord(value['options'])) return false;
  const { kind, window, horizon, z, pendingLimit, pendingKeep, gainPerJoule, bucket } = value['options'];
  const { batches, seen, absorbed, absorbedBefore, refusals, quietUntil, updates, skips, restored } = value;
  const { latched, causes, error, bucketJ, priceJ, spentJ, log } = value;
  return (
    (kind === 'always' || kind === 'never' || kind === 'gain') &&
    [batches, seen, absorbed, absorbedBefore, refusals, quietUntil, updates, skips, restored].every(isCount) &&
    [window, horizon, z, pendingLimit, pendingKeep, spentJ].every(isAmount) &&
    [error, bucketJ, priceJ].every((v) => v === null || isAmount(v)) &&
    (gainPerJoule === undefined || isAmount(gainPerJoule)) &&
    (bucket === undefined || (isRecord(bucket) && isAmount(bucket['refillJ']) && isAmount(bucket['capacityJ']))) &&
    isList(latched, (event) => isRecord(event) && typeof event['cause'] === 'string' && isCount(event['until'])) &&
    isList(causes, (cause) => typeof cause === 'string') &&
    Array.isArray(log) &&
    log.length === 0
  );
}

/** The fields and types of fresh monitors, where null may stand for a number or an object that is not known yet. */
export function isDrift(value: unknown): value is DriftState {
  const { options, ...fresh } = createDriftMonitor();
  if (!isRecord(value) || !isRecord(value['options'])) return false;
  const given = value['options'];
  const { referenceError: _unset, ...numbers } = options;
  if (!Object.keys(numbers).every((name) => isNumber(given[name]))) return false;
  return Object.entries(fresh).every(([name, like]) => isLike(value[name], like));
}

export function isContext(value: unknown): value is StreamState['context'] {
  return isRecord(value) && typeof value['name'] === 'string' && isCount(value['seen']);
}

const counters = [
  ...(['batches', 'decisions', 'escalated', 'labelled', 'labelledTokens', 'correct', 'lookups'] as const),
  ...(['hits', 'prefixHits', 'updates', 'skips', 'restored', 'alarms'] as const),
] as const satisfies readonly (keyof StreamCounts)[];

export function isCounters(value: unknown): value is StreamCounts {
  return isRecord(value) && isAmount(value['loss']) && counters.every((name) => isCount(value[name]));
}

export function isSums(value: unknown): value is StreamSums {
  const names = ['deciding', 'learning', 'alwaysLower', 'alwaysUpper', 'retraining'] as const;
  return isRecord(value) && names.every((name) => isJoules(value[name]));
}

function isJoules(value: unknown): boolean {
  if (!isRecord(value) || value['unit'] !== 'J' || typeof value['ref'] !== 'string') return false;
  const { low, high, value: middle, source } = value;
  const isSource = source === 'measured' || source === 'simulated' || source === 'modelled' || source === 'assumed';
  return isSource && isAmount(low) && isNumber(middle) && isNumber(high) && (low as number) <= middle && middle <= high;
}

function isLike(value: unknown, like: unknown): boolean {
  if (Array.isArray(like)) return isList(value, isNumber);
  if (isRecord(like)) return isRecord(value) && Object.entries(like).every(([name, inner]) => isLike(value[name], inner));
  if (typeof like === 'number') return isNumber(value);
  if (typeof like === 'boolean') return typeof value === 'boolean';
  return value === null || isNumber(value) || (isRecord(value) && Object.values(value).every(isNumber));
}

function isList(value: unknown, isItem: (item: unknown) => boolean): boolean {
  return Array.isArray(value) && value.length <= maxList && value.every(isItem);
}

function isCount(value: unknown): boolean {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isAmount(value: unknown): boolean {
  return isNumber(value) && value >= 0;
}
