export { cpuBackend } from './cpu-backend.ts';
export { cpuEngine, type CpuEngine, type EngineOptions } from './engine.ts';
export type { EngineReport } from './engine-report.ts';
export { cpuNumerics, plainNumerics } from './numerics.ts';
