import { sparseRuntime } from '../backends/sparse/index.ts';
import type { ModelRunner, ModelRuntime, RunTensor } from '../fit/model-runner.ts';
import { checkAbort } from '../model/abort.ts';
import type { EvalDocument } from '../protocol/index.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';

/** One run of the evaluation, kept to be run again. */
interface Call {
  readonly inputs: ReadonlyMap<string, RunTensor>;
  readonly outputs: readonly string[];
}

/** The beginning of an evaluation: what is run again to measure. */
interface Stretch {
  model: Uint8Array | null;
  readonly calls: Call[];
  bytes: number;
}

/** Runs and bytes of inputs that are kept. */
const maxCalls = 64;
const maxBytes = 64 * 2 ** 20;
/** Rounds that are timed, and the time after which no third or later one begins. */
const rounds = 9;
const maxMeasuringMs = 2000;

/**
 * Runs an evaluation in the sparse engine and adds to its document what skipping was worth: the share of multiply-adds that were not made
 * over the whole evaluation, and how much quicker that made it. For the latter the first runs of the evaluation (at most 64, or 64 MiB of
 * inputs) are made again in this process, up to nine times with and without skipping in turns; `speedUp` compares the shortest times. 1 when
 * the model has no layer to skip anything in. Rejects as the evaluation does, and with `sparse-op-unsupported`.
 */
export async function evaluateSparse(
  evaluation: (runtime: ModelRuntime) => Promise<EvalDocument>,
  control: JobControl,
): Promise<EvalDocument> {
  const runtime = sparseRuntime();
  const stretch: Stretch = { model: null, calls: [], bytes: 0 };
  const document = await evaluation(keeping(runtime, stretch));
  const { macs, skipped } = runtime.counts();
  if (macs === 0) return { ...document, sparse: { skipped: 0, speedUp: 1 } };
  return { ...document, sparse: { skipped: skipped / macs, speedUp: await measuredSpeedUp(stretch, control) } };
}

/** The same runtime, which remembers the first runs of the model it opened last. */
function keeping(runtime: ModelRuntime, stretch: Stretch): ModelRuntime {
  return {
    version: runtime.version,
    async open(model) {
      const runner = await runtime.open(model);
      stretch.model = model;
      stretch.calls.length = 0;
      stretch.bytes = 0;
      return {
        inputs: runner.inputs,
        outputs: runner.outputs,
        run(inputs, outputs) {
          const bytes = [...inputs.values()].reduce((sum, { data }) => sum + data.byteLength, 0);
          if (stretch.calls.length === 0 || (stretch.calls.length < maxCalls && stretch.bytes + bytes <= maxBytes)) {
            // Batches are valid until the next one is asked for, so what is kept is a copy.
            const kept = [...inputs].map(([name, { dims, data }]): [string, RunTensor] => [name, { dims, data: data.slice() }]);
            stretch.calls.push({ inputs: new Map(kept), outputs });
            stretch.bytes += bytes;
          }
          return runner.run(inputs, outputs);
        },
        dispose: () => runner.dispose(),
      };
    },
  };
}

async function measuredSpeedUp({ model, calls }: Stretch, control: JobControl): Promise<number> {
  if (model === null || calls.length === 0) return 1;
  const full = await sparseRuntime({ skipZeros: false }).open(model);
  const skipping = await sparseRuntime().open(model);
  try {
    const best = { full: calls.map(() => Infinity), skipping: calls.map(() => Infinity) };
    const started = nodeHost.nowMs();
    for (let round = 0; round < rounds; round++) {
      checkAbort(control.abort);
      control.onProgress?.({ stage: 'measuring', message: `round ${round + 1} of ${rounds}`, fraction: round / rounds });
      // Whoever comes second finds warmer caches: the order changes from round to round.
      if (round % 2 === 0) await time(full, calls, best.full);
      await time(skipping, calls, best.skipping);
      if (round % 2 === 1) await time(full, calls, best.full);
      if (round > 0 && nodeHost.nowMs() - started > maxMeasuringMs) break;
      await nodeHost.pause();
    }
    return sum(best.full) / sum(best.skipping);
  } finally {
    await full.dispose();
    await skipping.dispose();
  }
}

/** Keeps the shortest time of every run: what other processes do to one of them does not count then. */
async function time(runner: ModelRunner, calls: readonly Call[], bestMs: number[]): Promise<void> {
  for (const [i, { inputs, outputs }] of calls.entries()) {
    const start = nodeHost.nowMs();
    await runner.run(inputs, outputs);
    // A clock of low resolution must not divide by zero.
    bestMs[i] = Math.min(bestMs[i] ?? Infinity, Math.max(1e-6, nodeHost.nowMs() - start));
  }
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((a, b) => a + b, 0);
}
