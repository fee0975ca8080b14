import { dtypeFromOnnx } from '../model/shape-inference/onnx-types.ts';
import type { Dtype } from '../model/tensor.ts';

/** Our name of a tensor's element type; 'unknown' when it is missing or not published. */
export function dtypeOf(dataType: number | undefined): Dtype {
  return dtypeFromOnnx(dataType ?? 0);
}
