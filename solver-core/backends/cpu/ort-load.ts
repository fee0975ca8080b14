import type * as Ort from 'onnxruntime-node';
import type { InferenceSession } from 'onnxruntime-node';
import { ortKernels, type OrtKernels } from './ort-kernels.ts';

/** What is used of the library. */
export type OrtModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor' | 'env'>;

/**
 * One thread and no spinning: a spinning pool costs four to five times the CPU time on a busy machine (numerics reference 2.1), and
 * with one thread the order of sums never depends on the load.
 */
export const kernelSession: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
  executionProviders: ['cpu'],
  extra: { session: { intra_op: { allow_spinning: '0' } } },
};

/** ONNX Runtime, or undefined where its native library cannot be loaded (there is none for every platform). */
export async function loadOrt(): Promise<OrtModule | undefined> {
  try {
    const module = await import('onnxruntime-node');
    return module.default ?? module;
  } catch {
    return undefined;
  }
}

/** The kernels of ONNX Runtime, loaded at the first call of `kernels`. */
export interface LazyOrt {
  /** undefined where the library cannot be loaded. */
  kernels(): Promise<OrtKernels | undefined>;
  /** Of the library, once it is loaded. */
  version(): string | undefined;
  /** Frees the sessions; a later use opens them again. */
  dispose(): Promise<void>;
}

/** Kernels that load the library when they are first asked for. `load` is for tests. */
export function lazyOrt(load: () => Promise<OrtModule | undefined> = loadOrt): LazyOrt {
  let loading: Promise<OrtKernels | undefined> | undefined;
  let version: string | undefined;
  return {
    kernels() {
      loading ??= load().then((module) => {
        if (module === undefined) return undefined;
        const kernels = ortKernels(module);
        version = kernels.version;
        return kernels;
      });
      return loading;
    },
    version: () => version,
    dispose: async () => (await loading)?.dispose(),
  };
}
