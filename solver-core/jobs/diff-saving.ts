import { basename } from 'node:path';
import type { DiffSide, SavingDocument, TableSaving } from '../protocol/index.ts';
import { recordPaths } from './diff-quality.ts';
import { readJson } from './files.ts';
import { isQuantity, isRecord, isText } from './parse-quantity.ts';

const mostEntries = 100;

/**
 * The saving by the record of the weight selection, or of the thresholds, that made the model of this hash; null without one. Of thresholds it is
 * what they save themselves, against a machine that skips the zeros of rectifiers already.
 */
export async function recordedSaving(modelPaths: readonly string[], modelHash: string): Promise<DiffSide['saving'] | null> {
  for (const path of new Set(modelPaths.flatMap(recordPaths))) {
    const record = await readJson(path);
    if (!isRecord(record) || !isRecord(record['hashes']) || record['hashes']['output'] !== modelHash) continue;
    const saving = savingIn(record);
    if (isSaving(saving)) return { ...saving, from: basename(path) };
  }
  return null;
}

function savingIn({ schema, saving, energy }: Readonly<Record<string, unknown>>): unknown {
  if (schema === 'tierwise.select/1') return saving;
  return schema === 'tierwise.sparsify/1' && isRecord(energy) ? energy['againstNatural'] : undefined;
}

/** Records are files that anybody may have edited: a saving without its baseline, two tables and both accuracies is none. */
function isSaving(value: unknown): value is SavingDocument {
  if (!isRecord(value) || !isText(value['baseline']) || !isText(value['variant']) || !isText(value['split'])) return false;
  const { perTable, metric, low, high, before, after, rows } = value;
  return (
    (metric === 'accuracy' || metric === 'mse' || metric === 'cross-entropy') &&
    [low, high, before, after, rows].every((n) => typeof n === 'number' && Number.isFinite(n)) &&
    Array.isArray(perTable) &&
    perTable.length <= mostEntries &&
    perTable.every(isTableSaving) &&
    new Set(perTable.map(({ table }) => table)).size >= 2
  );
}

function isTableSaving(value: unknown): value is TableSaving {
  if (!isRecord(value) || !isText(value['table']) || !isText(value['cell'])) return false;
  const { before, after, saving } = value;
  return isQuantity(before, 'J') && isQuantity(after, 'J') && typeof saving === 'number' && Number.isFinite(saving);
}
