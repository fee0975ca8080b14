// What neighbours use of the model part.
export { findBlocks, type Block } from './blocks.ts';
export { dtypeBits } from './dtype-bits.ts';
export { functionKey, type Graph, type GraphNode, type ModelGraph, type StoredTensor, type ValueInfo } from './graph.ts';
export type { Layer, LinearForm, NormForm, PatchGeometry, ResidualForm } from './layer.ts';
export { findLayers } from './layers.ts';
export { positionsOf, solveRowsPerSample } from './positions.ts';
export { quoteName } from './quote.ts';
export type { ValueFacts } from './shape-inference/facts.ts';
export { inferShapes, type DimBindings, type InferredShapes } from './shape-inference/infer.ts';
