// What the benchmark of sparsity uses of the product.
export { openText } from '../solver-core/data/text.ts';
export { openVocabulary } from '../solver-core/data/vocabulary.ts';
export { readModel, withThresholds } from '../solver-core/onnx/index.ts';
export { findBlocks } from '../solver-core/model/blocks.ts';
export { findSites } from '../solver-core/model/sites.ts';
export { findLayers, inferShapes } from '../solver-core/model/index.ts';
export { ortRuntime } from '../solver-core/runtime/ort.ts';
export { cpuNumerics } from '../solver-core/backends/cpu/index.ts';
export { bindModel } from '../solver-core/jobs/sparsify-bind.ts';
export { siteThresholds } from '../solver-core/jobs/sparsify-thresholds.ts';
export { tokenModel } from '../solver-core/jobs/token-model.ts';
export { textWindows } from '../solver-core/jobs/text-loss.ts';
export { judge } from '../solver-core/jobs/sparsify-judge.ts';
export { sparsify } from '../solver-core/compress/sparsify/sparsify.ts';
export { correctModel } from '../solver-core/compress/sparsify/correction.ts';
export { denseState } from '../solver-core/compress/sparsify/types.ts';
