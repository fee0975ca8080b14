import { basename, dirname, extname, join } from 'node:path';

/** Where a fit of this model writes by default: `digits.onnx` gives `digits.fitted.onnx`. */
export function defaultFittedPath(modelPath: string): string {
  const extension = extname(modelPath);
  return join(dirname(modelPath), `${basename(modelPath, extension)}.fitted${extension === '' ? '.onnx' : extension}`);
}

/** The fit record beside a fitted model: `digits.fitted.onnx` gives `digits.fitted.json`. Never the fitted model's own path. */
export function recordPath(fittedPath: string): string {
  const extension = extname(fittedPath);
  return join(dirname(fittedPath), `${basename(fittedPath, extension === '.json' ? '' : extension)}.json`);
}
