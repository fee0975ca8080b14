import type { EngineDevice } from '../solver-core/backends/engine/device.ts';
import type { EngineWork } from '../solver-core/fit/backend.ts';
import type { Counters } from './engine-toggles.mjs';

export interface CountedSolve {
  readonly work: EngineWork;
  readonly counters: Counters;
  readonly residual: number;
}
export declare const kinds: readonly string[];
/** The product's solver and simulated engine. */
export declare function loadEngine(): Promise<unknown>;
export declare function countSolve(
  product: unknown,
  device: EngineDevice,
  problem: {
    readonly kind: string;
    readonly d: number;
    readonly outputs: number;
    readonly rows: number;
    readonly from: number;
  },
): Promise<CountedSolve>;
export declare function phaseCounts(result: CountedSolve): Readonly<Record<'gram' | 'chol' | 'back' | 'fsub' | 'host', Counters[string]>>;
