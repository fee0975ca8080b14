import { basename, dirname, extname, join } from 'node:path';

/** Where the measurements of a model are kept: `digits.onnx` gives `digits.measured.json`. */
export function measuredPath(modelPath: string): string {
  return join(dirname(modelPath), `${basename(modelPath, extname(modelPath))}.measured.json`);
}
