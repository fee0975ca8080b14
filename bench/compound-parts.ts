// What the benchmarks of the compound model use of the product.
export { createEnvironment } from '../solver-core/jobs/environment.ts';
export { compoundJob } from '../solver-core/jobs/compound.ts';
export { compoundSetup, workOf } from '../solver-core/jobs/compound-setup.ts';
export { compoundPricesFor, streamPrices } from '../solver-core/jobs/compound-energy.ts';
export { openRows } from '../solver-core/jobs/open-rows.ts';
export { createGradientLearner } from '../solver-core/learn/gradient/index.ts';
export { findLayers, inferShapes } from '../solver-core/model/index.ts';
export { readModel } from '../solver-core/onnx/index.ts';
export { ortRuntime } from '../solver-core/runtime/ort.ts';
export { writeNpz } from '../test/solver-core/jobs/compound-npz.ts';
