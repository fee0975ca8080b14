import type { Diagnostic } from '../model/diagnostic.ts';

/** A file type that people hand over by mistake, and what to do about it. */
interface Lookalike {
  readonly code: string;
  readonly starts: readonly (readonly number[])[];
  readonly what: string;
  readonly advice: string;
}

const ascii = (text: string): number[] => [...text].map((c) => c.charCodeAt(0));

const lookalikes: readonly Lookalike[] = [
  {
    code: 'git-lfs-pointer',
    starts: [ascii('version https://git-lfs.github.com/'), ascii('version https://hawser.github.com/')],
    what: 'a Git LFS pointer, not the model itself',
    advice: 'Run "git lfs pull" in the repository to fetch the model.',
  },
  {
    code: 'not-onnx',
    starts: [
      [0x50, 0x4b, 0x03, 0x04],
      [0x50, 0x4b, 0x05, 0x06],
    ],
    what: 'a zip archive (a PyTorch checkpoint or a Keras file, for example)',
    advice: 'Unpack it, or export the model to ONNX.',
  },
  {
    code: 'not-onnx',
    starts: [[0x89, 0x48, 0x44, 0x46, 0x0d, 0x0a]],
    what: 'an HDF5 file (a Keras model, for example)',
    advice: 'Export the model to ONNX.',
  },
  {
    code: 'not-onnx',
    starts: [[0x1f, 0x8b]],
    what: 'a gzip archive',
    advice: 'Unpack it first.',
  },
  {
    code: 'not-onnx',
    starts: [ascii('ORTM')]
      .map((s) => [0x18, 0, 0, 0, ...s])
      .concat([
        [0x1c, 0, 0, 0, ...ascii('TFL3')],
        [0x18, 0, 0, 0, ...ascii('TFL3')],
      ]),
    what: 'a flatbuffer model (.ort or .tflite)',
    advice: 'Use the ONNX file it was made from.',
  },
  {
    code: 'not-onnx',
    starts: [ascii('<!DOCTYPE'), ascii('<!doctype'), ascii('<html'), ascii('<HTML'), ascii('<?xml')],
    what: 'a web page or XML document',
    advice: 'The download probably answered with an error page: fetch the model file itself.',
  },
];

/** Bytes looked at to tell text from binary. */
const textProbeBytes = 512;

/**
 * Recognises files that are certainly not ONNX by their first bytes: empty, Git LFS pointer, archive, web page, text.
 * Returns the finding, or undefined when the bytes may be a model.
 */
export function sniffForeignFile(bytes: Uint8Array): Diagnostic | undefined {
  if (bytes.length === 0) {
    return finding(
      'empty-file',
      'The file is empty (0 bytes); an ONNX model was expected. The download or export may have failed: repeat it.',
    );
  }
  for (const kind of lookalikes) {
    if (kind.starts.some((start) => startsWith(bytes, start))) {
      return finding(kind.code, `The file is ${kind.what}; an ONNX model was expected. ${kind.advice}`);
    }
  }
  if (looksLikeText(bytes)) {
    return finding('not-onnx', 'The file is plain text; a binary ONNX model was expected. Check that this is the right file.');
  }
  return undefined;
}

function finding(code: string, message: string): Diagnostic {
  return { severity: 'error', code, message, where: { byteOffset: 0 } };
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return bytes.length >= start.length && start.every((b, i) => bytes[i] === b);
}

/** A model starts with a protobuf tag such as 0x08 or 0x0a, and control bytes follow soon; text has none but white space. */
function looksLikeText(bytes: Uint8Array): boolean {
  const n = Math.min(bytes.length, textProbeBytes);
  if (n < 8) return false;
  for (let i = 0; i < n; i++) {
    const b = bytes[i] ?? 0;
    const printable = (b >= 0x20 && b < 0x7f) || b >= 0x80 || b === 0x09 || b === 0x0a || b === 0x0d;
    if (!printable) return false;
  }
  return true;
}
