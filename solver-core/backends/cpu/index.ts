export { cpuBackend } from './cpu-backend.ts';
export { cpuNumerics, plainNumerics } from './numerics.ts';
