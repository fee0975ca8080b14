import * as v from 'valibot';
import type { Host } from './messages.ts';

const schema = v.object({
  sort: v.nullable(v.object({ column: v.string(), direction: v.picklist(['ascending', 'descending']) })),
  filter: v.pipe(v.string(), v.maxLength(1000)),
  expanded: v.pipe(v.array(v.string()), v.maxLength(200)),
  open: v.pipe(v.array(v.string()), v.maxLength(200)),
  metric: v.picklist(['parts', 'inference', 'sgd', 'solve', 'incremental', 'retraining']),
  scale: v.picklist(['auto', 'linear', 'log']),
  scrollY: v.pipe(v.number(), v.minValue(0)),
  /** Columns of the model's table that the user turned on or off; absent: as they come. */
  columns: v.exactOptional(v.pipe(v.array(v.string()), v.maxLength(50))),
  /** Counts of a histogram on a logarithmic scale. */
  logCounts: v.exactOptional(v.boolean()),
  /** The figure whose explanation is open, by its key. */
  figure: v.exactOptional(v.nullable(v.pipe(v.string(), v.maxLength(10_000)))),
});

/** What a page remembers while it is hidden: what the user chose to see, never data of the model. */
export type UiState = v.InferOutput<typeof schema>;

/** Access to the remembered state; `set` merges and saves at once. */
export interface UiStore {
  readonly get: () => UiState;
  readonly set: (patch: Partial<UiState>) => void;
}

export const initialState: UiState = { sort: null, filter: '', expanded: [], open: [], metric: 'parts', scale: 'auto', scrollY: 0 };

/** The saved state, or the initial one when there is none or an older version saved another shape. */
export function createStore(host: Pick<Host, 'readState' | 'writeState'>): UiStore {
  const saved = v.safeParse(schema, host.readState());
  let state: UiState = saved.success ? saved.output : initialState;
  return {
    get: () => state,
    set: (patch) => {
      state = { ...state, ...patch };
      host.writeState(state);
    },
  };
}

/** `names` with `name` added or removed, the newest last, at most 200. */
export function toggled(names: readonly string[], name: string, on: boolean): string[] {
  const others = names.filter((other) => other !== name);
  return (on ? [...others, name] : others).slice(-200);
}
