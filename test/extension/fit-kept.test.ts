import { describe, expect, it } from 'vitest';
import type { FitDocument } from '../../solver-core/protocol/index.ts';
import { FitHistory } from '../../extension/fits/fit-history.ts';
import { fitKept, type Keeping } from '../../extension/fits/fit-kept.ts';
import { fit as fitDocument } from './fixtures.ts';
import { memoryDisk, type MemoryDisk } from './memory-disk.ts';

const plan = 'file:///place/digits.tiers';
const output = 'file:///place/digits.fitted.onnx';
const root = 'file:///storage/fits';

interface Slow {
  readonly disk: MemoryDisk;
  readonly history: FitHistory;
  readonly keeping: Keeping;
  readonly listeners: ReadonlySet<() => void>;
  readonly failures: readonly unknown[];
  /** Lets copies go on until none is left. */
  readonly finish: () => Promise<void>;
  readonly cancel: () => void;
}

/** A disk whose copies wait until they are let go on, as those of large models do, and a token to cancel with. */
function slow(files: Readonly<Record<string, string>>): Slow {
  const disk = memoryDisk(files);
  const copies: (() => void)[] = [];
  const listeners = new Set<() => void>();
  const failures: unknown[] = [];
  const copy = (from: string, to: string): Promise<void> => new Promise<void>((go) => copies.push(go)).then(() => disk.copy(from, to));
  const history = new FitHistory({
    disk: { ...disk, copy },
    root,
    warn: () => undefined,
    hashOf: (file) => Promise.resolve(`#${disk.files.get(file) ?? ''}`),
    recordOf: () => Promise.resolve(null),
    discard: (file) => disk.remove(file),
  });
  const token = {
    isCancellationRequested: false,
    onCancellationRequested: (listener: () => void) => {
      listeners.add(listener);
      return { dispose: () => void listeners.delete(listener) };
    },
  };
  const failed = (error: unknown): void => void failures.push(error);
  const finish = async (): Promise<void> => {
    let isEnded = false;
    void history.undoStep(plan).finally(() => (isEnded = true));
    while (!isEnded) {
      copies.splice(0).forEach((go) => go());
      await new Promise((turn) => setImmediate(turn));
    }
  };
  const keeping = { history, plan, output, token, copying: () => undefined, failed, outputOf: () => output };
  return { disk, history, keeping, listeners, failures, finish, cancel: () => listeners.forEach((stop) => stop()) };
}

const withOutput = (model: string): FitDocument => ({ ...fitDocument, hashes: { ...fitDocument.hashes, output: `#${model}` } });

describe('a fit whose files are kept', () => {
  it('is cancelled at once while a large model is copied; the copy goes', async () => {
    const s = slow({ [output]: 'by hand' });
    const fitted = fitKept(s.keeping, () => Promise.reject(new Error('the fit ran')));
    s.cancel();
    await expect(fitted).rejects.toMatchObject({ code: 'cancelled' });
    await s.finish();
    await s.history.undoStep(plan);
    expect([...s.disk.files.keys()]).toEqual([output]);
    expect(s.listeners.size).toBe(0);
    expect(s.failures).toEqual([]);
  });

  it('is done when the user does not wait for its copy, which is kept all the same', async () => {
    const s = slow({});
    const copying = (which: 'before' | 'after'): void => {
      if (which === 'after') queueMicrotask(s.cancel);
    };
    const fitted = fitKept({ ...s.keeping, copying }, () => {
      s.disk.files.set(output, 'one');
      return Promise.resolve(withOutput('one'));
    });
    expect((await fitted).hashes.output).toBe('#one');
    await s.finish();
    expect((await s.history.of(plan)).current).toMatchObject({ kind: 'fit', id: 1 });
  });

  it('goes on where nothing can be kept, and says why', async () => {
    const s = slow({ [output]: 'by hand' });
    s.disk.failOn = /fits/;
    const fitted = fitKept(s.keeping, () => Promise.resolve(withOutput('one')));
    await s.finish();
    expect((await fitted).hashes.output).toBe('#one');
    expect(s.failures).toMatchObject([{ message: 'no space left on device' }]);
  });
});
