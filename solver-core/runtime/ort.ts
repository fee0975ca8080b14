import type * as Ort from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';
import { TierwiseError } from '../model/error.ts';
import type { ModelRunner, ModelRuntime, RunTensor } from '../fit/model-runner.ts';
import { toElements, toFloat32 } from './ort-elements.ts';

/** What is used of the library. */
type OrtModule = Pick<typeof Ort, 'InferenceSession' | 'Tensor' | 'env'>;

/**
 * One thread per session: runs are short, the machine is shared, and the runtime's spinning threads cost several times what they gain
 * (numerics reference 2.1). With one thread the order of sums, and so the bits, never depend on the machine's load.
 */
const sessionOptions: InferenceSession.SessionOptions = {
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
  logSeverityLevel: 3,
  executionProviders: ['cpu'],
  extra: {
    session: {
      intra_op: { allow_spinning: '0' },
      // Exact integer products also where the processor's own instruction for them saturates (AVX2 and AVX-512 without VNNI).
      x64quantprecision: '1',
    },
  },
};

/**
 * ONNX Runtime as a ModelRuntime. The native library is loaded at the first `open`, never before: it is large, and most requests do
 * not need it. `version` is "onnxruntime-node" until then, and holds the version number afterwards.
 *
 * `open` rejects with `runtime-unavailable` when the library cannot be loaded and with `model-run-failed` when it rejects the model.
 */
export function ortRuntime(): ModelRuntime {
  let loaded: Promise<OrtModule> | undefined;
  let version = 'onnxruntime-node';
  return {
    get version() {
      return version;
    },
    async open(model) {
      loaded ??= loadOrt();
      const ort = await loaded;
      version = `onnxruntime-node ${ort.env.versions.node ?? ''}`.trimEnd();
      try {
        return sessionRunner(ort, await ort.InferenceSession.create(model, sessionOptions));
      } catch (error) {
        throw runFailed('does not accept the model', error);
      }
    },
  };
}

async function loadOrt(): Promise<OrtModule> {
  try {
    const module = await import('onnxruntime-node');
    return module.default ?? module;
  } catch (error) {
    throw new TierwiseError(
      'runtime-unavailable',
      `ONNX Runtime cannot be loaded on ${process.platform}-${process.arch}: ${reason(error)}`,
      'Check that the package onnxruntime-node is installed with its library for this platform.',
      { cause: error, category: 'backend' },
    );
  }
}

function sessionRunner(ort: OrtModule, session: InferenceSession): ModelRunner {
  const inputTypes = new Map(session.inputMetadata.map((meta) => [meta.name, meta.isTensor ? meta.type : 'float32']));
  return {
    inputs: session.inputNames,
    outputs: session.outputNames,
    async run(inputs, outputs) {
      const feeds: Record<string, Tensor> = {};
      for (const [name, { dims, data }] of inputs) {
        const type = inputTypes.get(name) ?? 'float32';
        feeds[name] = type === 'float32' ? new ort.Tensor(data, dims) : (new ort.Tensor(type, toElements(data, type), dims) as Tensor);
      }
      let results: InferenceSession.OnnxValueMapType;
      try {
        results = await session.run(feeds, [...outputs]);
      } catch (error) {
        throw runFailed('could not run the model', error);
      }
      const read = new Map<string, RunTensor>();
      for (const name of outputs) {
        const value = results[name];
        if (value === undefined) throw runFailed(`gave no output ${JSON.stringify(name)}`, undefined);
        read.set(name, { dims: value.dims, data: toFloat32(value.type, value.data) });
      }
      return read;
    },
    dispose: () => session.release(),
  };
}

function runFailed(what: string, error: unknown): TierwiseError {
  const detail = error === undefined ? '' : `: ${reason(error)}`;
  return new TierwiseError(
    'model-run-failed',
    `ONNX Runtime ${what}${detail}`,
    'Check the model with `tierwise inspect`, and that the shape of the data fits the input of the model.',
    { cause: error },
  );
}

/** The runtime's message on one line and of bounded length; it may quote names from the model. */
function reason(error: unknown): string {
  const text = (error instanceof Error ? error.message : String(error)).replace(/\s+/g, ' ').trim();
  return text.length > 400 ? `${text.slice(0, 400)}...` : text;
}
