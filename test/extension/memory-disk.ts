import type { Disk } from '../../extension/fits/disk.ts';

/** A disk in memory, and what it did; `failOn` makes the next matching write fail as a full disk does. */
export interface MemoryDisk extends Disk {
  readonly files: Map<string, string>;
  failOn: RegExp | undefined;
}

export function memoryDisk(files: Readonly<Record<string, string>> = {}): MemoryDisk {
  const all = new Map(Object.entries(files));
  const write = (file: string, content: string): void => {
    if (disk.failOn?.test(file)) throw new Error('no space left on device');
    all.set(file, content);
  };
  const disk: MemoryDisk = {
    files: all,
    failOn: undefined,
    size: (file) => Promise.resolve(all.get(file)?.length),
    names: (folder) => {
      const below = [...all.keys()]
        .filter((file) => file.startsWith(`${folder}/`))
        .map((file) => file.slice(folder.length + 1).split('/')[0] ?? '');
      return Promise.resolve([...new Set(below)]);
    },
    readText: (file, limitBytes) => {
      const text = all.get(file);
      return Promise.resolve(text !== undefined && text.length <= limitBytes ? text : undefined);
    },
    writeText: async (file, text) => write(file, text),
    copy: async (from, to) => {
      const content = all.get(from);
      if (content === undefined) throw new Error(`${from} is not there`);
      write(to, content);
    },
    move: async (from, to) => {
      for (const [file, content] of [...all]) {
        if (!file.startsWith(`${from}/`)) continue;
        write(`${to}${file.slice(from.length)}`, content);
        all.delete(file);
      }
    },
    remove: (address) => {
      for (const file of [...all.keys()]) if (file === address || file.startsWith(`${address}/`)) all.delete(file);
      return Promise.resolve();
    },
  };
  return disk;
}
