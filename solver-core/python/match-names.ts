/** Longest name that is taken apart. */
const maxName = 500;
/** Most parts of a name that are looked at. */
const maxParts = 40;

/** Words that exporters add to the path of a layer: operators, and where its weights were read. */
const operators =
  /^(?:MatMul|Gemm|Conv|ConvTranspose|Conv[123]D|DepthwiseConv2dNative|depthwise|BiasAdd|Tensordot|ReadVariableOp|resource|kernel|weight|w|kernel_quantized|weight_quantized|Transpose|transpose|Reshape|LSTM|GRU|RNN|recurrent_kernel|QuantizeLinear|DequantizeLinear|Cast|Add|Einsum|einsum)(?:[_:.]?\d+)?$/;
const wrappers =
  /^(?:StatefulPartitionedCall|PartitionedCall|module|_orig_mod|parametrizations|original\d*|cell|lstm_cell|gru_cell|simple_rnn_cell|while)(?:[_:]\d+)?$/;
const suffixes =
  /(?:\.|\/|_)(?:weight|kernel|weight_quantized|kernel_quantized|weight_ih_l0|weight_hh_l0|quantized|MatMul|matmul)(?::\d+)?$/;

/** The paths of attributes that an exported layer may have, from the name of its weights and its own: "fc1.weight" and "/net/net.0/Gemm". */
export function pathsOf(weight: string | null, id: string): readonly string[] {
  const paths = new Set<string>();
  if (weight !== null) {
    const plain = stripped(weight);
    if (plain !== null) paths.add(plain);
  }
  const node = nodePath(id);
  if (node !== null) paths.add(node);
  return [...paths];
}

/** Names that say nothing of where a tensor comes from, such as "onnx::MatMul_123". */
function isAnonymous(name: string): boolean {
  return name.length > maxName || /^(?:onnx::|val_|_val_|const|Const|initializer|node_|[A-Za-z]+_\d+$|\d+$|t?\d)/.test(name);
}

function stripped(weight: string): string | null {
  if (isAnonymous(weight)) return null;
  if (weight.includes('/')) return nodePath(weight.replace(/:\d+$/, ''));
  const path = weight.replace(suffixes, '');
  return path === weight && !weight.includes('.') ? null : withoutWrappers(path.split('.'));
}

/** `/net/net.0/Gemm` is `net.0`: a container's child repeats the name of the container. */
function nodePath(id: string): string | null {
  if (isAnonymous(id) || !id.includes('/')) return null;
  const parts: string[] = [];
  const written = id.split('/').filter((part) => part !== '');
  written.slice(0, maxParts).forEach((part, at) => {
    const isLast = at === written.length - 1;
    if (operators.test(part) || (isLast && /^[A-Z]/.test(part) && id.startsWith('/'))) return;
    const last = parts.at(-1);
    if (last !== undefined && part.startsWith(`${last}.`)) parts[parts.length - 1] = part;
    else parts.push(part);
  });
  return withoutWrappers(parts.flatMap((part) => part.split('.')));
}

function withoutWrappers(parts: readonly string[]): string | null {
  const kept = parts.slice(0, maxParts).filter((part) => part !== '' && !wrappers.test(part));
  return kept.length === 0 ? null : kept.join('.');
}
