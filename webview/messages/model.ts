import type { FigureView } from './figures.ts';
import type { LayerView } from './report.ts';

/** A layer of the model editor: with its place in repeated blocks, where the model has any. */
export interface ModelLayerView extends LayerView {
  /** Name of its block, e.g. "layers.3", and what it does there. */
  readonly block?: string;
  readonly role?: string;
}

export interface ModelView {
  readonly path: string;
  /** Nothing in the file could be read: only its diagnostics are worth showing. */
  readonly unreadable?: boolean;
  readonly summary: readonly { readonly name: string; readonly value: string }[];
  readonly layers: readonly ModelLayerView[];
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
    readonly sgd?: FigureView | null;
    readonly solve?: FigureView | null;
    readonly incremental?: FigureView | null;
    readonly breakEven?: string;
  };
}

/** Figures of one side's weights, as text, and the shares behind them (0..1). */
export interface WeightSideView {
  readonly name: string;
  readonly rows: readonly { readonly name: string; readonly value: string }[];
  readonly counts: readonly number[];
  /** Finite values and others; exact zeros among them. */
  readonly count: number;
  readonly zeros: number;
}

/** The weights of one layer. */
export interface WeightsView {
  readonly tensor: string;
  readonly dtype: string;
  readonly shape: string;
  /** Ascending, one more than counts. */
  readonly edges: readonly number[];
  readonly after: WeightSideView;
  readonly before: WeightSideView | null;
  /** How much differs, e.g. "12 %"; empty without another model. */
  readonly change: string;
  /** Why there is nothing to compare with although another model was chosen; empty otherwise. */
  readonly note: string;
}

/** One layer beside the layer of an earlier model. */
export interface CompareLayerView {
  readonly id: string;
  readonly idBefore: string | null;
  readonly op: string;
  readonly status: 'same' | 'changed' | 'added' | 'removed';
  readonly parametersBefore: string;
  readonly parametersAfter: string;
  readonly inferenceBefore: FigureView | null;
  readonly inferenceAfter: FigureView | null;
  /** e.g. "0.42×", with its band; empty where a side is missing. */
  readonly factor: string;
  readonly factorBand: string;
  /** After over before, for sorting; null where it is not known. */
  readonly ratio: number | null;
  /** Relative change of the weights, e.g. "12 %", or a word; and its number for sorting. */
  readonly weights: string;
  readonly weightChange: number | null;
  readonly zerosBefore: string;
  readonly zerosAfter: string;
  /** Share of zeros after, for sorting. */
  readonly zeroShare: number | null;
}

/** The model beside an earlier one. */
export interface CompareView {
  /** The other model, for people. */
  readonly name: string;
  readonly title: string;
  /** What is still being read; null when all is known. */
  readonly running: string | null;
  readonly layers: readonly CompareLayerView[];
  /** Sentences on what the figures rest on or leave out. */
  readonly notes: readonly string[];
  readonly total: {
    readonly before: FigureView | null;
    readonly after: FigureView | null;
    readonly factor: string;
    readonly factorBand: string;
  };
}

/** Messages of the model editor beside its view, host to page. */
export type ModelPageMessage =
  | { readonly kind: 'layer-weights'; readonly id: string; readonly weights: WeightsView | null; readonly failed: string | null }
  | { readonly kind: 'layer-source'; readonly id: string; readonly hasSource: boolean }
  | { readonly kind: 'model-compare'; readonly compare: CompareView | null }
  /** Scroll to a layer, mark it and put the focus there. */
  | { readonly kind: 'focus-layer'; readonly id: string };

/** What the page of the model editor asks for. */
export type ModelPageRequest =
  /** A row was opened: its weights, and whether its Python line is known. */
  | { readonly kind: 'layer-opened'; readonly id: string }
  | { readonly kind: 'show-source'; readonly id: string }
  | { readonly kind: 'copy-layer'; readonly id: string }
  | { readonly kind: 'compare-model' }
  | { readonly kind: 'compare-model-end' };
