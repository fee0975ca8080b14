import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { dtypeBits } from '../model/dtype-bits.ts';
import { exactElements } from '../model/elements.ts';
import { quoteName } from '../model/quote.ts';
import type { Dtype } from '../model/tensor.ts';
import { dtypeOf } from './dtype.ts';
import { validateExternalLocation, type ExternalLocation } from './external-data.ts';
import { bfloat16ToNumber, halfToNumber } from './float-formats.ts';
import { TensorProto_DataLocation, type TensorProto } from './gen/onnx_pb.ts';
import type { OnnxModel } from './model.ts';
import { findStoredTensor } from './read-tensor.ts';

/** An opened file of external data; `read` gives exactly `length` bytes. */
export interface SpanReader {
  readonly sizeBytes: number;
  read(offset: number, length: number): Checked<Uint8Array>;
  close(): void;
}

/** Opens the file of an external tensor under the rules of the file side. */
export type SpanOpener = (location: ExternalLocation) => Checked<SpanReader>;

/** A stored tensor of numbers that is read piece by piece, so that its size never decides the memory needed. Close it after use. */
export interface TensorSlices {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly elements: number;
  /** Puts elements `start` .. `start + count - 1` (row-major, as stored) into the front of `into`; gives what went wrong, else null. */
  read(start: number, count: number, into: Float64Array): Diagnostic | null;
  close(): void;
}

/**
 * The numbers of a tensor stored in the main graph: float32, float64, float16, bfloat16, integers of 4 to 64 bits (64-bit ones rounded to
 * doubles) and bool. Codes without a value: `unknown-tensor`, `tensor-not-numeric`, `tensor-size-overflow`, `tensor-size-mismatch`, those of
 * external data.
 */
export function tensorSlices(model: OnnxModel, name: string, open: SpanOpener): Checked<TensorSlices> {
  const tensor = findStoredTensor(model, name);
  if (tensor === undefined) return failed('unknown-tensor', `The model stores no tensor named ${quoteName(name)}.`, name);
  const dtype = dtypeOf(tensor.dataType);
  const decode = decoderOf(dtype);
  if (decode === undefined)
    return failed('tensor-not-numeric', `Tensor ${quoteName(name)} has element type ${dtype}, whose values are not read.`, name);
  const elements = exactElements(tensor.dims);
  if (!Number.isSafeInteger(elements * 8)) {
    return failed(
      'tensor-size-overflow',
      `Tensor ${quoteName(name)} declares dims [${tensor.dims.join(', ')}]; that many cannot be stored.`,
      name,
    );
  }
  const shape = { dtype, dims: tensor.dims.map(Number), elements };
  const sizeBytes = Math.ceil((elements * dtypeBits(dtype)) / 8);
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) return external(tensor, name, { ...shape, sizeBytes, decode }, open);
  const raw = tensor.rawData;
  if (raw !== undefined && raw.length > 0) {
    if (raw.length !== sizeBytes) return mismatch(name, sizeBytes, raw.length);
    const view = new DataView(raw.buffer, raw.byteOffset, raw.byteLength);
    return sliced({
      ...shape,
      read: (start, count, into) => {
        decode(view, start, count, into);
        return null;
      },
      close: () => undefined,
    });
  }
  return typed(tensor, name, shape);
}

interface Described {
  readonly dtype: Dtype;
  readonly dims: readonly number[];
  readonly elements: number;
}

function sliced(value: TensorSlices): Checked<TensorSlices> {
  return { value, diagnostics: [] };
}

function external(
  tensor: TensorProto,
  name: string,
  { sizeBytes, decode, ...shape }: Described & { readonly sizeBytes: number; readonly decode: Decoder },
  open: SpanOpener,
): Checked<TensorSlices> {
  const location = validateExternalLocation(tensor, name);
  if (location.value === undefined) return { value: undefined, diagnostics: location.diagnostics };
  const { offset, length } = location.value;
  if (length !== undefined && length !== sizeBytes) return mismatch(name, sizeBytes, length);
  const file = open(location.value);
  if (file.value === undefined) return { value: undefined, diagnostics: file.diagnostics };
  const reader = file.value;
  const bits = dtypeBits(shape.dtype);
  return sliced({
    ...shape,
    read: (start, count, into) => {
      const first = Math.floor((start * bits) / 8);
      const bytes = reader.read(offset + first, Math.ceil(((start + count) * bits) / 8) - first);
      if (bytes.value === undefined) return bytes.diagnostics[0] ?? null;
      const view = new DataView(bytes.value.buffer, bytes.value.byteOffset, bytes.value.byteLength);
      decode(view, start - (first * 8) / bits, count, into);
      return null;
    },
    close: () => reader.close(),
  });
}

/** Values of a `*_data` field, as ONNX prescribes one for each element type. */
function typed(tensor: TensorProto, name: string, shape: Described): Checked<TensorSlices> {
  const { dtype, elements } = shape;
  const [list, toNumber] = typedField(tensor, dtype);
  const needed = dtypeBits(dtype) < 8 ? Math.ceil((elements * dtypeBits(dtype)) / 8) : elements;
  if (list.length !== needed) return mismatch(name, needed, list.length);
  return sliced({
    ...shape,
    read: (start, count, into) => {
      for (let i = 0; i < count; i++) into[i] = toNumber(list, start + i);
      return null;
    },
    close: () => undefined,
  });
}

type Field = readonly (number | bigint)[];

function typedField(tensor: TensorProto, dtype: Dtype): readonly [Field, (list: Field, at: number) => number] {
  const plain = (list: Field, at: number): number => Number(list[at]);
  switch (dtype) {
    case 'float32':
      return [tensor.floatData, plain];
    case 'float64':
      return [tensor.doubleData, plain];
    case 'float16':
      return [tensor.int32Data, (list, at) => halfToNumber(Number(list[at]))];
    case 'bfloat16':
      return [tensor.int32Data, (list, at) => bfloat16ToNumber(Number(list[at]))];
    case 'int4':
      return [tensor.int32Data, (list, at) => signed4(Number(list[at >> 1]) >> (4 * (at & 1)))];
    case 'uint4':
      return [tensor.int32Data, (list, at) => (Number(list[at >> 1]) >> (4 * (at & 1))) & 0xf];
    case 'int64':
      return [tensor.int64Data, plain];
    case 'uint32':
    case 'uint64':
      return [tensor.uint64Data, plain];
    default:
      return [tensor.int32Data, plain];
  }
}

type Decoder = (view: DataView, start: number, count: number, into: Float64Array) => void;

/** Reads elements `start` .. from bytes; undefined for types whose values are not read. */
function decoderOf(dtype: Dtype): Decoder | undefined {
  const each =
    (at: (view: DataView, index: number) => number): Decoder =>
    (view, start, count, into) => {
      for (let i = 0; i < count; i++) into[i] = at(view, start + i);
    };
  switch (dtype) {
    case 'float32':
      return each((view, i) => view.getFloat32(i * 4, true));
    case 'float64':
      return each((view, i) => view.getFloat64(i * 8, true));
    case 'float16':
      return each((view, i) => halfToNumber(view.getUint16(i * 2, true)));
    case 'bfloat16':
      return each((view, i) => bfloat16ToNumber(view.getUint16(i * 2, true)));
    case 'int4':
      return each((view, i) => signed4(view.getUint8(i >> 1) >> (4 * (i & 1))));
    case 'uint4':
      return each((view, i) => (view.getUint8(i >> 1) >> (4 * (i & 1))) & 0xf);
    case 'int8':
      return each((view, i) => view.getInt8(i));
    case 'uint8':
    case 'bool':
      return each((view, i) => view.getUint8(i));
    case 'int16':
      return each((view, i) => view.getInt16(i * 2, true));
    case 'uint16':
      return each((view, i) => view.getUint16(i * 2, true));
    case 'int32':
      return each((view, i) => view.getInt32(i * 4, true));
    case 'uint32':
      return each((view, i) => view.getUint32(i * 4, true));
    case 'int64':
      return each((view, i) => Number(view.getBigInt64(i * 8, true)));
    case 'uint64':
      return each((view, i) => Number(view.getBigUint64(i * 8, true)));
    default:
      return undefined;
  }
}

/** The low four bits as a two's complement number. */
function signed4(bits: number): number {
  return (bits << 28) >> 28;
}

function mismatch<T>(name: string, expected: number, actual: number): Checked<T> {
  return failed(
    'tensor-size-mismatch',
    `Tensor ${quoteName(name)} needs ${expected} bytes or values, but ${actual} are stored. The file is damaged: export it again.`,
    name,
  );
}

function failed<T>(code: string, message: string, tensor: string): Checked<T> {
  return { value: undefined, diagnostics: [{ severity: 'error', code, message, where: { tensor } }] };
}
