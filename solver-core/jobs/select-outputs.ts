import type { SearchFiles } from './search-outputs.ts';

/** The files of `tierwise select`. */
export const selectFiles: SearchFiles = {
  command: 'select',
  suffix: 'selected',
  metadataKey: 'tierwise.select',
  schema: 'tierwise.select/1',
};
