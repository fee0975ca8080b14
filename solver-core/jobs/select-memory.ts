import type { SelectDocument } from '../protocol/index.ts';

/** A larger model is searched for again rather than kept. */
const maxModelBytes = 64 * 1024 * 1024;

/** What a trial found: its record and the bytes of the model that it would have written. */
export interface FoundSelection {
  readonly record: SelectDocument;
  readonly model: Uint8Array;
}

/**
 * The newest trial of a process that answers several requests, so that writing what it chose needs no second search. Searches are
 * reproducible: the same plan, model, data and options give the same bytes, and `key` holds all of these.
 */
export class SelectMemory {
  #kept: { readonly key: string; readonly found: FoundSelection } | null = null;

  keep(key: string, found: FoundSelection): void {
    this.#kept = found.model.byteLength <= maxModelBytes ? { key, found } : null;
  }

  /** What was found under this very key, else null. */
  recall(key: string): FoundSelection | null {
    return this.#kept?.key === key ? this.#kept.found : null;
  }
}
