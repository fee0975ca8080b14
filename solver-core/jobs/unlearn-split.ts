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
  /** Removed rows that are rows of the plan's own data, and such that scaled the random features. */
  readonly fromPlan: number;
  readonly fromFirst: number;
  /** Waiting rows that stay, by position. */
  readonly keptWaiting: (row: number) => boolean;
}

/** Finds rows by their fingerprints: among those learned first, then among those that wait. */
export function splitForUnlearning(memory: LearnMemory, { prints: asked }: Pick<SeenRows, 'prints'>): UnlearnSplit {
  const { prints } = memory;
  const inLearned = positionsByPrint(prints.learned);
  const inWaiting = positionsByPrint([...memory.waiting.prints]);
  const gone = { learned: new Set<number>(), waiting: new Set<number>() };
  const learned: number[] = [];
  const waiting = new Set<number>();
  asked.forEach((print, at) => {
    const held = inLearned.get(print)?.pop();
    if (held !== undefined) {
      gone.learned.add(held);
      learned.push(at);
      return;
    }
    const waits = inWaiting.get(print)?.pop();
    if (waits === undefined) return;
    gone.waiting.add(waits);
    waiting.add(at);
  });
  const countIn = (list: readonly number[]): number => {
    const known = new Set(list);
    return learned.filter((at) => known.has(asked[at]!)).length;
  };
  return {
    learned,
    waiting,
    unknown: asked.length - learned.length - waiting.size,
    prints: { ...prints, learned: prints.learned.filter((_, i) => !gone.learned.has(i)) },
    fromPlan: countIn(prints.fit),
    fromFirst: countIn(prints.first),
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
