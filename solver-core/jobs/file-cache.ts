import { stat } from 'node:fs/promises';
import { resolve } from 'node:path';

/**
 * Remembers what was derived from files, newest first, as long as size, modification time and inode stay the same.
 * Holds at most `capacity` entries. Two calls for the same file share one computation; a failure is not remembered.
 */
export class FileCache<T> {
  private readonly entries = new Map<string, { readonly stamp: string; readonly value: Promise<T> }>();
  private readonly capacity: number;

  constructor(capacity: number) {
    this.capacity = capacity;
  }

  /** The value for a file, computed when it is not known yet. `variant` tells apart several values of one file. */
  async get(path: string, compute: () => Promise<T>, variant = ''): Promise<T> {
    const info = await stat(path, { bigint: true }).catch(() => null);
    const key = `${resolve(path)}\0${variant}`;
    const stamp = info === null ? '' : `${info.size}:${info.mtimeNs}:${info.ino}`;
    const known = this.entries.get(key);
    this.entries.delete(key);
    if (known !== undefined && known.stamp === stamp && stamp !== '') {
      this.entries.set(key, known);
      return known.value;
    }
    const entry = { stamp, value: compute() };
    this.entries.set(key, entry);
    entry.value.catch(() => {
      if (this.entries.get(key) === entry) this.entries.delete(key);
    });
    for (const oldest of this.entries.keys()) {
      if (this.entries.size <= this.capacity) break;
      this.entries.delete(oldest);
    }
    return entry.value;
  }
}
