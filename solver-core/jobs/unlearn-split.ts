import type { LearnMemory, Prints } from './learn-memory.ts';
import type { SeenRows } from './learn-rows.ts';

/** Which of the rows to remove are where. Every occurrence counts once: a row learned twice is removed twice when it is given twice. */
export interface UnlearnSplit {
  /** Positions, among the rows given, of those that the learner holds. */
  readonly learned: readonly number[];
  /** Positions of those that only wait for a decision. */
  readonly waiting: ReadonlySet<number>;
  /** Rows given that were never seen, or are gone already. */
  readonly unknown: number;
  /** The fingerprints that stay. */
  readonly prints: Prints;
  /** Removed rows of the plan's own data, and of those that scaled the random features. */
  readonly fromPlan: number;
  readonly fromFirst: number;
  /** Waiting rows that stay, by position. */
  readonly keptWaiting: (row: number) => boolean;
}

/** Finds rows by their fingerprints: among those learned from streams first, then among the plan's own, then among those that wait. */
export function splitForUnlearning(memory: LearnMemory, { prints: asked }: Pick<SeenRows, 'prints'>): UnlearnSplit {
  const { fit, stream, firstRows } = memory.prints;
  const inStream = positionsByPrint(stream);
  const inFit = positionsByPrint(fit);
  const inWaiting = positionsByPrint([...memory.waiting.prints]);
  const gone = { fit: new Set<number>(), stream: new Set<number>(), waiting: new Set<number>() };
  const learned: number[] = [];
  const waiting = new Set<number>();
  let unknown = 0;
  asked.forEach((print, at) => {
    const [s, f, w] = [inStream, inFit, inWaiting].map((positions) => positions.get(print));
    if (s !== undefined && s.length > 0) {
      gone.stream.add(s.pop()!);
      learned.push(at);
    } else if (f !== undefined && f.length > 0) {
      gone.fit.add(f.pop()!);
      learned.push(at);
    } else if (w !== undefined && w.length > 0) {
      gone.waiting.add(w.pop()!);
      waiting.add(at);
    } else unknown += 1;
  });
  const fromFirst = [...gone.fit].filter((i) => i < firstRows).length + [...gone.stream].filter((i) => fit.length + i < firstRows).length;
  return {
    learned,
    waiting,
    unknown,
    prints: {
      ...memory.prints,
      fit: fit.filter((_, i) => !gone.fit.has(i)),
      stream: stream.filter((_, i) => !gone.stream.has(i)),
      firstRows: firstRows - fromFirst,
    },
    fromPlan: gone.fit.size,
    fromFirst,
    keptWaiting: (row) => !gone.waiting.has(row),
  };
}

function positionsByPrint(prints: readonly number[]): Map<number, number[]> {
  const positions = new Map<number, number[]>();
  prints.forEach((print, at) => {
    const list = positions.get(print);
    if (list === undefined) positions.set(print, [at]);
    else list.push(at);
  });
  return positions;
}
