// What neighbours use of the sparse engine.
export { sparseRuntime, type SparseOptions, type SparseRuntime } from './runtime.ts';
export type { LayerCount } from './layers.ts';
