import type { FigureView } from './figures.ts';
import type { LayerView } from './report.ts';

export interface ModelView {
  readonly path: string;
  /** Nothing in the file could be read: only its diagnostics are worth showing. */
  readonly unreadable?: boolean;
  readonly summary: readonly { readonly name: string; readonly value: string }[];
  readonly layers: readonly LayerView[];
  readonly diagnostics: readonly {
    readonly severity: 'error' | 'warning' | 'info';
    readonly code: string;
    readonly message: string;
    readonly where: string;
  }[];
  readonly totals: {
    readonly layers: string;
    readonly macs: string;
    readonly parameters: string;
    readonly weightBytes: string;
    readonly inference: FigureView | null;
  };
}
