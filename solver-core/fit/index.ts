// What neighbours use of the fit part.
export type { Backend, BackendInfo, EngineWork, RidgeProblem, RidgeSolution, RowChunk, RowSource, SolveContext } from './backend.ts';
export { evaluate, type Evaluation } from './evaluate.ts';
export { fitFindings } from './fit-findings.ts';
export { fitTiers, type FitRequest, type FitResult, type LayerFit } from './fit-tiers.ts';
export type { ModelEditor, WeightTensor } from './model-editor.ts';
export type { ModelRunner, ModelRuntime, RunTensor } from './model-runner.ts';
export type { CholeskyFactor, Eigenpairs, FailedPivot, Numerics, Tridiagonal } from './numerics.ts';
export { combineSums, emptySums, growOutputs, type RidgeSums } from './ridge/sums.ts';
export { preflight, type Preflight, type PreflightRequest } from './preflight.ts';
export { isInMemory, rowBatches, rowElements, type FitRows, type RowBatch, type RowBatches } from './row-batches.ts';
export { batchSize, rowShapeFor, type LabelledRows, type ModelInput, type RowLabels } from './rows.ts';
export { fitRowCount, splitRows, type RowSplit } from './split.ts';
