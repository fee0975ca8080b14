import * as v from 'valibot';
import { list, maxLayers, maybeFigure, severity, text } from './guard-parts.ts';
import { layer } from './guard-report.ts';

/** What `ModelView` says. */
export const model = v.object({
  path: text,
  unreadable: v.exactOptional(v.boolean()),
  summary: list(v.object({ name: text, value: text }), 500),
  layers: list(layer, maxLayers),
  diagnostics: list(v.object({ severity, code: text, message: text, where: text })),
  totals: v.object({ layers: text, macs: text, parameters: text, weightBytes: text, inference: maybeFigure }),
});
