import ort from 'onnxruntime-node';
import type { InferenceSession, Tensor } from 'onnxruntime-node';

/** Result of a run: dims, type and the bytes of the data of every output. */
export interface OracleTensor {
  readonly dims: readonly number[];
  readonly type: string;
  readonly bytes: Uint8Array;
}

/** Options under which the oracle changes nothing in the graph. */
const options: InferenceSession.SessionOptions = {
  graphOptimizationLevel: 'disabled',
  logSeverityLevel: 4,
  intraOpNumThreads: 1,
  interOpNumThreads: 1,
};

/**
 * Runs a model in ONNX Runtime with small deterministic inputs. `dim`: size of a symbolic dimension by name;
 * `shapes` overrides whole inputs. Integer inputs are zeros.
 */
export async function runInOrt(
  bytes: Uint8Array,
  dim: (name: string) => number,
  shapes: Readonly<Record<string, readonly number[]>> = {},
): Promise<Map<string, OracleTensor>> {
  const session = await ort.InferenceSession.create(bytes, options);
  try {
    const feeds: Record<string, Tensor> = {};
    for (const meta of session.inputMetadata) {
      if (!meta.isTensor) throw new Error(`input ${meta.name} is no tensor`);
      const dims = shapes[meta.name] ?? meta.shape.map((d) => (typeof d === 'number' ? d : dim(d)));
      feeds[meta.name] = input(meta.type, [...dims]);
    }
    const results = await session.run(feeds);
    const out = new Map<string, OracleTensor>();
    for (const [name, tensor] of Object.entries(results)) out.set(name, { dims: tensor.dims, type: tensor.type, bytes: bytesOf(tensor) });
    return out;
  } finally {
    await session.release();
  }
}

function input(type: string, dims: number[]): Tensor {
  const n = dims.reduce((a, b) => a * b, 1);
  switch (type) {
    case 'int64':
      return new ort.Tensor('int64', new BigInt64Array(n), dims);
    case 'int32':
      return new ort.Tensor('int32', new Int32Array(n), dims);
    case 'uint8':
      return new ort.Tensor('uint8', new Uint8Array(n), dims);
    case 'int8':
      return new ort.Tensor('int8', new Int8Array(n), dims);
    case 'bool':
      return new ort.Tensor('bool', new Uint8Array(n), dims);
    default:
      return new ort.Tensor(
        'float32',
        Float32Array.from({ length: n }, (_, i) => Math.sin(i + 1)),
        dims,
      );
  }
}

function bytesOf(tensor: Tensor): Uint8Array {
  const { data } = tensor;
  if (Array.isArray(data)) return new TextEncoder().encode(JSON.stringify(data));
  const view = data as Uint8Array;
  return new Uint8Array(view.buffer, view.byteOffset, view.byteLength).slice();
}
