export type * from './quantity.ts';
export type * from './documents.ts';
export type * from './rpc.ts';
export type * from './language.ts';
export type * from './learn-documents.ts';
export type * from './stats-documents.ts';
export type * from './boards-documents.ts';
