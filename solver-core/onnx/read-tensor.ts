import type { Checked } from '../model/diagnostic.ts';
import { dtypeBits, isFloat } from '../model/dtype-bits.ts';
import { exactElements } from '../model/elements.ts';
import { quoteName } from '../model/quote.ts';
import type { Dtype } from '../model/tensor.ts';
import { dtypeOf } from './dtype.ts';
import { validateExternalLocation, type ExternalLocation } from './external-data.ts';
import { bfloat16ToNumber, halfToNumber } from './float-formats.ts';
import { TensorProto_DataLocation, type TensorProto } from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { isLittleEndian } from './endian.ts';

/** A floating-point tensor with its own copy of the data: Float64Array for float64, Float32Array for the narrower types. */
export interface FloatTensor {
  readonly dims: readonly number[];
  readonly data: Float32Array | Float64Array;
}

/** Fetches `sizeBytes` bytes of external data at a location that has passed the text checks. */
export type ExternalReader = (location: ExternalLocation, sizeBytes: number) => Checked<Uint8Array>;

/**
 * Values of a float tensor (float32, float64, float16, bfloat16) stored as an initializer or by a Constant node of the main graph.
 * `external` fetches the bytes of tensors kept outside the file; without it they give the code `external-data-needed`.
 * Codes without a value: `unknown-tensor`, `tensor-not-float`, `tensor-size-overflow`, `tensor-size-mismatch`,
 * `external-data-outside`, `external-data-invalid`, `external-data-needed` and those of the reader.
 */
export function readTensor(model: OnnxModel, name: string, external?: ExternalReader): Checked<FloatTensor> {
  const tensor = findStoredTensor(model, name);
  if (tensor === undefined) return failed('unknown-tensor', `The model stores no tensor named ${quoteName(name)}.`, name);
  const dtype = dtypeOf(tensor.dataType);
  if (!isFloat(dtype)) {
    return failed(
      'tensor-not-float',
      `Tensor ${quoteName(name)} has element type ${dtype}; float32, float64, float16 or bfloat16 is needed.`,
      name,
    );
  }
  const elements = exactElements(tensor.dims);
  if (!Number.isSafeInteger(elements * 8) || elements > maxElements) {
    return failed(
      'tensor-size-overflow',
      `Tensor ${quoteName(name)} declares dims [${tensor.dims.join(', ')}]; at most ${maxElements} elements can be read.`,
      name,
    );
  }
  const dims = tensor.dims.map(Number);
  const sizeBytes = (elements * dtypeBits(dtype)) / 8;
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    const raw = fetchExternal(tensor, name, sizeBytes, external);
    if (raw.value === undefined) return { value: undefined, diagnostics: raw.diagnostics };
    if (raw.value.length !== sizeBytes) return mismatch(name, sizeBytes, raw.value.length);
    return { value: { dims, data: fromRaw(raw.value, dtype, elements) }, diagnostics: [] };
  }
  const raw = tensor.rawData;
  if (raw !== undefined && raw.length > 0) {
    if (raw.length !== sizeBytes) return mismatch(name, sizeBytes, raw.length);
    return { value: { dims, data: fromRaw(raw, dtype, elements) }, diagnostics: [] };
  }
  const data = fromTyped(tensor, dtype);
  if (data.length !== elements) return mismatch(name, sizeBytes, (data.length * dtypeBits(dtype)) / 8);
  return { value: { dims, data }, diagnostics: [] };
}

/** 2^31 - 1: what one typed array can surely index on every platform. */
const maxElements = 2 ** 31 - 1;

/** The message that stores a value of the main graph: an initializer, or the tensor of a Constant node. */
export function findStoredTensor(model: OnnxModel, name: string): TensorProto | undefined {
  const graph = model.proto.graph;
  if (graph === undefined || name === '') return undefined;
  const initializer = graph.initializer.find((t) => t.name === name);
  if (initializer !== undefined) return initializer;
  const constant = graph.node.find((n) => n.opType === 'Constant' && n.output[0] === name);
  return constant?.attribute.find((a) => a.name === 'value')?.t;
}

function fetchExternal(tensor: TensorProto, name: string, sizeBytes: number, external: ExternalReader | undefined): Checked<Uint8Array> {
  const location = validateExternalLocation(tensor, name);
  if (location.value === undefined) return { value: undefined, diagnostics: location.diagnostics };
  if (location.value.length !== undefined && location.value.length !== sizeBytes) return mismatch(name, sizeBytes, location.value.length);
  if (external === undefined) {
    return failed(
      'external-data-needed',
      `Tensor ${quoteName(name)} is stored outside the model file, at ${quoteName(location.value.location)}, and was not loaded.`,
      name,
    );
  }
  return external(location.value, sizeBytes);
}

function fromRaw(raw: Uint8Array, dtype: Dtype, elements: number): Float32Array | Float64Array {
  if (isLittleEndian() && (dtype === 'float32' || dtype === 'float64')) {
    // A copy: views into the file may be unaligned, and the caller may change its tensor.
    const copy = new Uint8Array(raw.length);
    copy.set(raw);
    return dtype === 'float32' ? new Float32Array(copy.buffer) : new Float64Array(copy.buffer);
  }
  const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
  const data = dtype === 'float64' ? new Float64Array(elements) : new Float32Array(elements);
  for (let i = 0; i < elements; i++) {
    switch (dtype) {
      case 'float64':
        data[i] = view.getFloat64(i * 8, true);
        break;
      case 'float16':
        data[i] = halfToNumber(view.getUint16(i * 2, true));
        break;
      case 'bfloat16':
        data[i] = bfloat16ToNumber(view.getUint16(i * 2, true));
        break;
      default:
        data[i] = view.getFloat32(i * 4, true);
    }
  }
  return data;
}

function fromTyped(tensor: TensorProto, dtype: Dtype): Float32Array | Float64Array {
  switch (dtype) {
    case 'float64':
      return Float64Array.from(tensor.doubleData);
    case 'float16':
      return Float32Array.from(tensor.int32Data, halfToNumber);
    case 'bfloat16':
      return Float32Array.from(tensor.int32Data, bfloat16ToNumber);
    default:
      return Float32Array.from(tensor.floatData);
  }
}

function mismatch<T>(name: string, expected: number, actual: number): Checked<T> {
  return failed(
    'tensor-size-mismatch',
    `Tensor ${quoteName(name)} needs ${expected} bytes, but ${actual} are stored. The file is damaged: export it again.`,
    name,
  );
}

function failed<T>(code: string, message: string, tensor: string): Checked<T> {
  return { value: undefined, diagnostics: [{ severity: 'error', code, message, where: { tensor } }] };
}
