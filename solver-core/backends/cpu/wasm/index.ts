// Entry of the WebAssembly kernels (AssemblyScript, compiled by .ci/build-kernels.mjs). The caller owns the memory.
export { subtractRows, timesRows } from './basis';
export { factorUpper, invertUpper, solveUpper, solveUpperTransposed, transposeLower, transposeUpper } from './cholesky';
export { gemm32, gemm64, gemmScratchBytes } from './gemm';
export { mirrorLower, reflect, subtractOuter, symmetricTimes, updateAndTimes } from './symmetric';
