import { describe, expect, it, vi } from 'vitest';
import type { SolverRequests } from '../../solver-core/protocol/index.ts';
import { emptySnapshot, type PlanSnapshot } from '../../extension/plan-snapshot.ts';
import { RefreshQueue } from '../../extension/refresh-queue.ts';
import { SnapshotLoader, type SolverRequester } from '../../extension/snapshot-loader.ts';
import { SolverError } from '../../extension/solver-error.ts';
import { withResolvers } from '../../extension/solver-process.ts';
import { check, energy, fit, inspect } from './fixtures.ts';

describe('refresh queue', () => {
  it('answers any number of requests during a run with one more run', async () => {
    const runs: ReturnType<typeof withResolvers<undefined>>[] = [];
    const queue = new RefreshQueue(() => {
      const run = withResolvers<undefined>();
      runs.push(run);
      return run.promise;
    });
    const first = queue.runNow();
    const others = [queue.runNow(), queue.runNow(), queue.runNow()];
    expect(runs).toHaveLength(1);
    runs[0]?.resolve(undefined);
    await vi.waitFor(() => expect(runs).toHaveLength(2));
    runs[1]?.resolve(undefined);
    await Promise.all([first, ...others]);
    expect(runs).toHaveLength(2);
  });

  it('waits for a pause in the requests, and does nothing after dispose', async () => {
    vi.useFakeTimers();
    try {
      let runs = 0;
      const queue = new RefreshQueue(() => {
        runs += 1;
        return Promise.resolve();
      });
      queue.schedule(300);
      await vi.advanceTimersByTimeAsync(200);
      queue.schedule(300);
      await vi.advanceTimersByTimeAsync(200);
      expect(runs).toBe(0);
      await vi.advanceTimersByTimeAsync(100);
      expect(runs).toBe(1);
      queue.schedule(10);
      queue.dispose();
      await vi.advanceTimersByTimeAsync(1000);
      await queue.runNow();
      expect(runs).toBe(1);
    } finally {
      vi.useRealTimers();
    }
  });
});

type Answers = { readonly [M in keyof SolverRequests]?: (params: SolverRequests[M]['params']) => unknown };

/** A solver of canned answers that remembers what it was asked. A thrown answer is a failed request. */
function scripted(answers: Answers): { solver: SolverRequester; asked: [string, unknown][] } {
  const asked: [string, unknown][] = [];
  const request = (method: keyof SolverRequests, params: unknown): Promise<unknown> => {
    asked.push([method, params]);
    const answer = answers[method] as ((params: unknown) => unknown) | undefined;
    return Promise.resolve().then(() => {
      if (!answer) throw new SolverError('solver-crashed', 'no answer', '');
      return answer(params);
    });
  };
  return { solver: { request } as SolverRequester, asked };
}

const whole: Answers = {
  'tierwise/check': () => check,
  'tierwise/energy': () => energy,
  'tierwise/inspect': () => inspect,
  'tierwise/lastFit': () => ({ fit, stale: false }),
};
const question = { path: '/models/digits.tiers', text: undefined, target: undefined };
const known: PlanSnapshot = { path: '/models/digits.tiers', check, energy, inspect, fit, stale: false, error: null };

describe('snapshot loader', () => {
  it('puts the answers together', async () => {
    const { solver } = scripted(whole);
    expect(await new SnapshotLoader(solver).load(question, emptySnapshot(question.path))).toEqual(known);
  });

  it('passes unsaved text and the wanted target on', async () => {
    const { solver, asked } = scripted(whole);
    await new SnapshotLoader(solver).load({ ...question, text: 'model "x"', target: 'cpu-x86' }, emptySnapshot(question.path));
    expect(Object.fromEntries(asked)).toMatchObject({
      'tierwise/check': { path: question.path, text: 'model "x"' },
      'tierwise/energy': { path: question.path, text: 'model "x"', target: 'cpu-x86' },
      'tierwise/lastFit': { path: question.path, text: 'model "x"' },
      'tierwise/inspect': { path: '/models/digits.onnx' },
    });
  });

  it('keeps the last energy while the plan is broken, and says why', async () => {
    const fail = (): never => {
      throw new SolverError('plan-has-errors', 'two errors', 'repair it');
    };
    const { solver } = scripted({ ...whole, 'tierwise/energy': fail });
    const snapshot = await new SnapshotLoader(solver).load(question, known);
    expect(snapshot.energy).toBe(energy);
    expect(snapshot.error).toEqual({ code: 'plan-has-errors', message: 'two errors', advice: 'repair it' });
  });

  it('shows nothing of a model that is gone', async () => {
    const fail = (): never => {
      throw new SolverError('file-not-found', '/models/digits.onnx does not exist', 'check the path');
    };
    const { solver } = scripted({
      ...whole,
      'tierwise/energy': fail,
      'tierwise/inspect': fail,
      'tierwise/lastFit': () => ({ fit, stale: true }),
    });
    const snapshot = await new SnapshotLoader(solver).load(question, known);
    expect(snapshot).toMatchObject({ check, energy: null, inspect: null, fit: null, stale: false, error: { code: 'file-not-found' } });
  });

  it('survives a solver that answers nothing', async () => {
    const { solver } = scripted({});
    expect(await new SnapshotLoader(solver).load(question, known)).toMatchObject({
      check,
      energy,
      inspect,
      fit,
      error: { code: 'solver-crashed' },
    });
    expect(await new SnapshotLoader(solver).load(question, emptySnapshot(question.path))).toMatchObject({ energy: null, fit: null });
  });

  it('asks about a model once, until it is told to forget it or the question failed', async () => {
    let fails = true;
    const { solver, asked } = scripted({
      ...whole,
      'tierwise/inspect': () => {
        if (fails) throw new SolverError('file-not-found', 'gone', '');
        return inspect;
      },
    });
    const loader = new SnapshotLoader(solver);
    const count = (): number => asked.filter(([method]) => method === 'tierwise/inspect').length;
    expect((await loader.load(question, emptySnapshot(question.path))).inspect).toBeNull();
    fails = false;
    await loader.load(question, known);
    await loader.load(question, known);
    expect(count()).toBe(2);
    loader.forget('/models/digits.onnx');
    await loader.load(question, known);
    expect(count()).toBe(3);
  });

  it('shows an outdated fit of this plan, and none of another plan of the same model', async () => {
    const load = async (plan: string, stale: boolean): Promise<unknown> => {
      const { solver } = scripted({ ...whole, 'tierwise/lastFit': () => ({ fit: { ...fit, plan }, stale }) });
      return (await new SnapshotLoader(solver).load(question, known)).fit?.plan;
    };
    expect(await load(question.path, true)).toBe(question.path);
    expect(await load('/models/other.tiers', true)).toBeUndefined();
    // Renamed since, and otherwise the same.
    expect(await load('/models/other.tiers', false)).toBe('/models/other.tiers');
  });

  it('shows no fit record that is not sound', async () => {
    const { solver } = scripted({ ...whole, 'tierwise/lastFit': () => ({ fit: { ...fit, layers: 'none' }, stale: false }) });
    expect((await new SnapshotLoader(solver).load(question, known)).fit).toBeNull();
  });
});
