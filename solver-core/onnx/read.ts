import { fromBinary } from '@bufbuild/protobuf';
import type { Checked, Diagnostic } from '../model/diagnostic.ts';
import { hasErrors } from '../model/diagnostic.ts';
import { ModelProtoSchema, type ModelProto } from './gen/onnx_pb.ts';
import { defaultLimits, type ModelLimits } from './limits.ts';
import { lowerModel } from './lower.ts';
import type { OnnxModel } from './model.ts';
import { sniffForeignFile } from './sniff.ts';
import { scanModelWire } from './wire-scan.ts';

/** `limits`: what the file may ask for; default `defaultLimits`. */
export interface ReadOptions {
  readonly limits?: Partial<ModelLimits>;
}

/** Findings after which the rest of the model is still worth showing: they concern one tensor. */
const localCodes: ReadonlySet<string> = new Set(['tensor-size-overflow', 'tensor-size-mismatch']);

/** Highest IR version whose messages are known here. Newer files are read all the same. */
const newestIrVersion = 14;

/**
 * Reads an ONNX file. Never throws for bad bytes: the result has no value, and a diagnostic says what is wrong and where.
 * Weights are not copied: tensors stay views into `bytes`, which must not change as long as the model is used.
 * Codes: `empty-file`, `git-lfs-pointer`, `not-onnx`, `truncated-model`, `malformed-model`, `missing-graph`,
 * `limit-exceeded`, `graph-cycle`, `duplicate-name`, `external-data-outside`, `external-data-invalid` (all without a value);
 * `tensor-size-overflow`, `tensor-size-mismatch` (with a value), `newer-ir-version` (warning).
 * Time: about 5 µs per node and nothing per weight byte.
 */
export function readModel(bytes: Uint8Array, options: ReadOptions = {}): Checked<OnnxModel> {
  const limits = { ...defaultLimits, ...options.limits };
  const foreign = sniffForeignFile(bytes);
  if (foreign !== undefined) return failed(foreign);
  if (bytes.length > limits.fileBytes) {
    const message = `The file has ${bytes.length} bytes; an ONNX file has at most ${limits.fileBytes}. Save the model with its weights as external data.`;
    return failed({ severity: 'error', code: 'limit-exceeded', message, where: {} });
  }
  const scan = scanModelWire(bytes, limits);
  if (scan.problem !== undefined) return failed(scan.problem);
  const decoded = decode(bytes, limits);
  if (decoded.value === undefined) return { value: undefined, diagnostics: decoded.diagnostics };
  const proto = decoded.value;
  if (proto.graph === undefined) {
    const message = `The file has no graph (${bytes.length} bytes were read). It is cut short, or it is not a model but a part of one, such as a single tensor.`;
    return failed({ severity: 'error', code: 'missing-graph', message, where: { byteOffset: bytes.length } });
  }
  const { graph, findings } = lowerModel(proto, limits, { nodes: scan.nodeOffsets, initializers: scan.initializerOffsets });
  const irVersion = Number(proto.irVersion ?? 0n);
  if (irVersion > newestIrVersion) {
    findings.add(
      'warning',
      'newer-ir-version',
      `The model has IR version ${irVersion}; versions up to ${newestIrVersion} are known here. What is new in it is kept but not shown.`,
    );
  }
  const diagnostics = findings.list();
  const usable = !hasErrors(diagnostics.filter((d) => !localCodes.has(d.code)));
  return { value: usable ? { proto, graph, sizeBytes: bytes.length } : undefined, diagnostics };
}

function decode(bytes: Uint8Array, limits: ModelLimits): Checked<ModelProto> {
  try {
    return { value: fromBinary(ModelProtoSchema, bytes), diagnostics: [] };
  } catch (error) {
    // The decoder throws Error, RangeError or TypeError without a position; text that is not UTF-8 is the usual reason.
    const problem = scanModelWire(bytes, limits, { checkText: true }).problem ?? {
      severity: 'error',
      code: 'malformed-model',
      message: `The file is not a valid ONNX model: ${error instanceof Error ? error.message : 'unknown reason'}. It is damaged or of another type: export it again.`,
      where: {},
    };
    return failed(problem);
  }
}

function failed<T>(diagnostic: Diagnostic): Checked<T> {
  return { value: undefined, diagnostics: [diagnostic] };
}
