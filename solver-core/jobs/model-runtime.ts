import { sparseRuntime } from '../backends/sparse/index.ts';
import type { ModelRuntime } from '../fit/model-runner.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { ortRuntime } from '../runtime/ort.ts';

/** A runtime that may have had to be another one than ONNX Runtime. */
export interface ChosenRuntime extends ModelRuntime {
  /** One finding of severity info, `fallback-runtime`, once models run in the engine of our own because ONNX Runtime is not there; else empty. */
  findings(): readonly Diagnostic[];
}

/**
 * What runs models: ONNX Runtime where its library can be loaded, else the engine of our own in WebAssembly, which needs no library of the
 * platform and knows fewer operators (docs/sparse-engine.md). Which one it was is in `version`, hence in every record, and in `findings`.
 *
 * `open` rejects as ortRuntime does, and with `runtime-unavailable` when ONNX Runtime is missing and the engine does not run the model
 * either: the message then names platform, operator and node.
 *
 * @param native ONNX Runtime; for tests: one that is missing
 */
export function modelRuntime(native: ModelRuntime = ortRuntime()): ChosenRuntime {
  const own = sparseRuntime();
  let missing: TierwiseError | undefined;
  return {
    get version() {
      return missing === undefined ? native.version : own.version;
    },
    findings: () => (missing === undefined ? [] : [fallbackFinding(missing)]),
    async open(model) {
      if (missing === undefined) {
        try {
          return await native.open(model);
        } catch (error) {
          if (!(error instanceof TierwiseError) || error.code !== 'runtime-unavailable') throw error;
          missing = error;
        }
      }
      return await own.open(model).catch((error: unknown) => {
        throw neitherRuns(missing, error);
      });
    },
  };
}

function fallbackFinding(missing: TierwiseError): Diagnostic {
  return {
    code: 'fallback-runtime',
    severity: 'info',
    message:
      `${missing.message.replace(/\.$/, '')}; the model ran in Tierwise's own WebAssembly engine instead. ` +
      'Results differ from those of ONNX Runtime by the order of sums.',
    where: {},
  };
}

/** What the engine of our own said, with why it was asked at all. An error of the model itself stays what it is. */
function neitherRuns(missing: TierwiseError | undefined, error: unknown): unknown {
  if (!(error instanceof TierwiseError) || missing === undefined || error.code !== 'sparse-op-unsupported') return error;
  return new TierwiseError(
    'runtime-unavailable',
    `${missing.message.replace(/\.$/, '')}, and without it: ${error.message}`,
    'Work on this model where ONNX Runtime exists: Linux or Windows (x64, arm64) or macOS on arm64, a remote machine or container included. ' +
      'Energy figures need no runtime and work here too.',
    { cause: error, category: 'backend' },
  );
}
