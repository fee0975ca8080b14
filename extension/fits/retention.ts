import type { FitEntry } from './entry.ts';

/** How much the history of fits may take. */
export interface RetentionLimits {
  /** Versions kept of each plan. */
  readonly perPlan: number;
  /** Bytes kept of all plans of a workspace together. */
  readonly totalBytes: number;
}

export const retentionLimits: RetentionLimits = { perPlan: 10, totalBytes: 2 ** 30 };

/** Bytes that an entry takes on the disk, its description aside. */
export const entryBytes = (entry: FitEntry): number => entry.model.sizeBytes + (entry.record?.sizeBytes ?? 0);

/** A kept version with the folder of its plan. */
export interface Kept {
  readonly folder: string;
  readonly entry: FitEntry;
}

/** What has to go so that the limits hold, oldest first. `safe` says which version must stay: the one that is in use. */
export function toDrop(all: readonly Kept[], limits: RetentionLimits, safe: (kept: Kept) => boolean): readonly Kept[] {
  const oldestFirst = all.toSorted((a, b) => a.entry.made.localeCompare(b.entry.made) || a.entry.id - b.entry.id);
  const dropped = new Set<Kept>();
  const counts = new Map<string, number>();
  for (const { folder } of all) counts.set(folder, (counts.get(folder) ?? 0) + 1);
  let bytes = all.reduce((sum, { entry }) => sum + entryBytes(entry), 0);
  for (const kept of oldestFirst) {
    const inPlan = counts.get(kept.folder) ?? 0;
    if (safe(kept) || (inPlan <= limits.perPlan && bytes <= limits.totalBytes)) continue;
    dropped.add(kept);
    counts.set(kept.folder, inPlan - 1);
    bytes -= entryBytes(kept.entry);
  }
  return oldestFirst.filter((kept) => dropped.has(kept));
}
