import * as v from 'valibot';

/** A text of the host; longer ones are no text of ours. */
export const text = v.pipe(v.string(), v.maxLength(1_000_000));
/** A list of bounded length. */
export const list = <T extends v.GenericSchema>(item: T, limit = 10_000) => v.pipe(v.array(item), v.maxLength(limit));
/** A number, or null where it is not known. */
export const count = v.nullable(v.number());

/** Joules with band and provenance, for charts. */
export const joules = v.object({
  value: v.number(),
  unit: v.literal('J'),
  low: v.number(),
  high: v.number(),
  source: v.picklist(['measured', 'simulated', 'modelled', 'assumed']),
  ref: v.string(),
});
/** A quantity as pages show it. */
export const figure = v.object({
  text,
  value: v.number(),
  low: v.number(),
  high: v.number(),
  bandText: text,
  source: v.picklist(['measured', 'simulated', 'modelled', 'assumed']),
  ref: text,
});
export const maybeFigure = v.nullable(figure);
export const severity = v.picklist(['error', 'warning', 'info']);

/** A finding of the solver. */
export const problems = list(v.object({ severity, code: text, message: text }));
/** What moves while something runs. */
export const running = v.nullable(v.object({ message: text, fraction: v.nullable(v.number()), stopping: v.boolean() }));
/** The same of a search, which may write. */
export const searching = v.nullable(
  v.object({ message: text, fraction: v.nullable(v.number()), stopping: v.boolean(), writes: v.boolean() }),
);
/** Files that a search wrote. */
export const written = v.nullable(v.object({ output: text, files: list(text, 20), earlier: v.boolean() }));
/** Why a run failed. */
export const failure = v.nullable(v.object({ code: text, message: text, advice: text }));

/** No page shows more layers than this; the host's own limits are lower. */
export const maxLayers = 200_000;
