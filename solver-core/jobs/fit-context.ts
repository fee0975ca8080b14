import type { ModelEditor, SolveContext } from '../fit/index.ts';
import type { Host } from '../model/abort.ts';
import { encodeModel, upstreamModel, withInitializers } from '../onnx/index.ts';
import type { OnnxModel } from '../onnx/index.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';

/** What long computations of a job get: clock, cancel, and progress under the name of a stage. */
export function contextOf(control: JobControl, stage: string, host: Host = nodeHost): SolveContext {
  return {
    host,
    ...(control.abort === undefined ? {} : { abort: control.abort }),
    onProgress: (fraction, message) => control.onProgress?.({ stage, message, fraction }),
  };
}

/** A model as a fit edits it. A pass over the rows runs only what the asked values need, not the layers above them. */
export function editorOf(model: OnnxModel): ModelEditor {
  return {
    encode: (weights, outputs) => {
      const edited = withInitializers(model, weights);
      return encodeModel(outputs.length === 0 ? edited : upstreamModel(edited, outputs));
    },
  };
}
