import type { Numerics } from '../../fit/numerics.ts';
import { cpuEngine, type EngineOptions } from './engine.ts';

export { plainNumerics } from './plain-numerics.ts';

/** The linear algebra of this machine (engine.ts says what answers when). */
export function cpuNumerics(options: EngineOptions = {}): Numerics {
  return cpuEngine(options).numerics;
}
