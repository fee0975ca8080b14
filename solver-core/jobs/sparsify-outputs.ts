import type { SearchFiles } from './search-outputs.ts';

/** The files of `tierwise sparsify`. */
export const sparsifyFiles: SearchFiles = {
  command: 'sparsify',
  suffix: 'sparse',
  metadataKey: 'tierwise.sparsify',
  schema: 'tierwise.sparsify/1',
};
