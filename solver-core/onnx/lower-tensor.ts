import { maxFoldedElements, type StoredTensor } from '../model/graph.ts';
import type { Where } from '../model/diagnostic.ts';
import { dtypeBits } from '../model/dtype-bits.ts';
import { exactElements } from '../model/elements.ts';
import { quoteName } from '../model/quote.ts';
import { dtypeOf } from './dtype.ts';
import { validateExternalLocation } from './external-data.ts';
import type { Findings } from './findings.ts';
import { TensorProto_DataLocation, type TensorProto } from './gen/onnx_pb.ts';
import type { ModelLimits } from './limits.ts';
import { numericValues } from './tensor-values.ts';

/** What lowering a tensor needs besides the tensor. */
export interface TensorContext {
  readonly limits: ModelLimits;
  readonly findings: Findings;
}

/** Describes a stored tensor without copying its bytes; says what is wrong with it in `context.findings`. */
export function lowerTensor(tensor: TensorProto, name: string, context: TensorContext, where: Where): StoredTensor {
  const dtype = dtypeOf(tensor.dataType);
  const here: Where = { ...where, tensor: name };
  if (tensor.dims.length > context.limits.rank) {
    context.findings.add(
      'error',
      'limit-exceeded',
      `Tensor ${quoteName(name)} has ${tensor.dims.length} dimensions; at most ${context.limits.rank} are read.`,
      here,
    );
    return { name, dtype, dims: [], elements: NaN, sizeBytes: NaN, storage: 'none', values: null };
  }
  const dims = tensor.dims.map(Number);
  const elements = exactElements(tensor.dims);
  const bits = dtypeBits(dtype);
  const sizeBytes = dtype === 'string' ? tensor.stringData.reduce((n, s) => n + s.length, 0) : Math.ceil((elements * bits) / 8);
  if (Number.isNaN(elements) || (bits > 0 && !Number.isSafeInteger(elements * bits))) {
    reportOverflow(tensor, name, context, here);
    return { name, dtype, dims, elements: NaN, sizeBytes: NaN, storage: 'none', values: null };
  }
  if (tensor.dataLocation === TensorProto_DataLocation.EXTERNAL) {
    const checked = validateExternalLocation(tensor, name);
    context.findings.addAll(checked.diagnostics.map((d) => ({ ...d, where: { ...here, ...d.where } })));
    return { name, dtype, dims, elements, sizeBytes, storage: 'external', values: null };
  }
  const stored = storedElements(tensor, bits);
  if (stored !== null && stored !== elements && dtype !== 'string') {
    const message =
      `Tensor ${quoteName(name)} of type ${dtype} with dims [${dims.join(', ')}] needs ${elements} elements, but the file stores ` +
      `${Number.isInteger(stored) ? stored : stored.toFixed(2)}. The file is damaged or was written by a faulty exporter: export it again.`;
    context.findings.add('error', 'tensor-size-mismatch', message, here);
  }
  const storage = stored === null && elements > 0 ? 'none' : 'inline';
  const values = elements <= maxFoldedElements ? numericValues(tensor, dtype, elements) : null;
  return { name, dtype, dims, elements, sizeBytes, storage, values };
}

function reportOverflow(tensor: TensorProto, name: string, context: TensorContext, where: Where): void {
  const negative = tensor.dims.some((d) => d < 0n);
  const at = where.byteOffset === undefined ? '' : ` (at byte ${where.byteOffset})`;
  const product = negative ? '' : `, which is ${tensor.dims.reduce((a, b) => a * b, 1n)} elements`;
  const why = negative ? 'a dimension is negative' : 'more than can be counted exactly (2^53)';
  const message = `Tensor ${quoteName(name)}${at} declares the dimensions [${tensor.dims.join(', ')}]${product}: ${why}. The file is damaged or hostile; its layer is left out of all totals.`;
  context.findings.add('error', 'tensor-size-overflow', message, where);
}

/** Number of elements present in the file, fractional when bytes are left over; null when no data field is filled. */
function storedElements(tensor: TensorProto, bits: number): number | null {
  const raw = tensor.rawData;
  if (raw !== undefined && raw.length > 0) {
    // Types below a byte are padded to whole bytes, so their exact number is not visible.
    if (bits === 0 || bits < 8) return null;
    return (raw.length * 8) / bits;
  }
  const { floatData, int32Data, int64Data, doubleData, uint64Data } = tensor;
  const n = floatData.length + int32Data.length + int64Data.length + doubleData.length + uint64Data.length;
  if (n === 0) return raw !== undefined && tensor.dims.includes(0n) ? 0 : null;
  const isComplex = bits >= 64 && (floatData.length > 0 || (doubleData.length > 0 && bits === 128));
  if (bits < 8) return null;
  return isComplex ? n / 2 : n;
}
