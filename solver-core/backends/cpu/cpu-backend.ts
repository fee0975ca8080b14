import type { Backend } from '../../fit/backend.ts';
import { cpuEngine, type CpuEngine } from './engine.ts';
import { dualIsCheaper, solveDual } from './solve-dual.ts';
import { solvePrimal } from './solve-primal.ts';

/**
 * Solves ridge problems on the host, factorised in fp64: the reference every other backend is compared with. Sums of rows as engine.ts
 * says: fp64 products for small problems and fp64 rows, fp32 products summed in fp64 for large ones, exact integers for bytes.
 * Primal or dual form, whichever takes fewer multiply-adds. Same rows, same bits.
 */
export function cpuBackend(engine: CpuEngine = cpuEngine()): Backend {
  return {
    info: { kind: 'cpu', device: 'host processor, fp64', image: 'cpu/2', note: null },
    solve(problem, context) {
      const { rows, columns, outputs } = problem.source;
      return rows > 0 && dualIsCheaper(rows, columns, outputs)
        ? solveDual(problem, context, engine.numerics)
        : solvePrimal(problem, context, engine);
    },
    dispose: () => engine.dispose(),
  };
}
