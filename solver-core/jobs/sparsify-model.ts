import { cpuNumerics } from '../backends/cpu/index.ts';
import { sparsify } from '../compress/sparsify/sparsify.ts';
import type { RecordedEvaluation, SparsifyCheckpoint } from '../compress/sparsify/types.ts';
import { bindModel } from './sparsify-bind.ts';
import type { Search } from './sparsify-search.ts';
import { siteThresholds } from './sparsify-thresholds.ts';

/**
 * The search for thresholds on a model file: binds it to the runtime and the rows, runs the search of compress/sparsify, and hands its
 * result on as onnx/thresholds.ts takes it. Deterministic for a seed. What is kept for resumption are the outcomes of all evaluations.
 */
export const searchThresholds: Search = async (request, control) => {
  const bound = await bindModel(request);
  try {
    const resume = parseCheckpoint(request.resume);
    const found = await sparsify(
      bound.model,
      {
        method: request.method,
        maxLoss: request.maxLoss,
        correct: request.correct,
        active: request.active,
        siteBound: null,
        per: request.per,
      },
      {
        numerics: cpuNumerics(),
        abort: control.abort,
        resume,
        onProgress: ({ text, fraction, point }) => {
          if (point === null) control.onProgress(text, fraction);
          else control.onPoint(point);
        },
        onCheckpoint: (checkpoint) => control.keep(checkpoint),
      },
    );
    const none = found.state.settings.size === 0;
    return {
      chosen: none ? null : { thresholds: siteThresholds(request.sites, found.state), corrections: [...found.state.corrections.values()] },
      points: found.points,
      left: found.left,
      evaluations: found.evaluations,
      rows: bound.rows,
      diagnostics: [],
    };
  } finally {
    await bound.dispose();
  }
};

/** What an earlier run kept; undefined for anything else, which begins anew. */
function parseCheckpoint(value: unknown): SparsifyCheckpoint | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { version, evaluations } = value as { readonly version?: unknown; readonly evaluations?: unknown };
  if (version !== 1 || !Array.isArray(evaluations)) return undefined;
  return evaluations.every(isRecorded) ? { version, evaluations } : undefined;
}

function isRecorded(value: unknown): value is RecordedEvaluation {
  if (typeof value !== 'object' || value === null) return false;
  const record = value as Readonly<Record<string, unknown>>;
  const { zeros } = record;
  return (
    typeof record['id'] === 'string' &&
    (record['rows'] === 'calibration' || record['rows'] === 'deciding') &&
    ['loss', 'increase', 'error'].every((key) => Number.isFinite(record[key])) &&
    Array.isArray(zeros) &&
    zeros.every((share) => typeof share === 'number')
  );
}
