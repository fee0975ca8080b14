import type { LabelledRows, ModelInput, ModelRuntime } from '../fit/index.ts';
import type { AbortFlag } from '../model/abort.ts';
import type { Diagnostic } from '../model/diagnostic.ts';
import type { Layer } from '../model/layer.ts';
import type { SparsitySite } from '../model/sites.ts';
import type { LayerCorrection, OnnxModel, SiteThreshold } from '../onnx/index.ts';
import type { SparsifyMethod, SparsifyPoint } from '../protocol/index.ts';
import type { TokenModel } from './token-model.ts';

/** What thresholds are sought on; nothing of it judges. */
export type SearchRows =
  | {
      readonly kind: 'text';
      readonly token: TokenModel;
      /** The first part of the text; the search splits it into windows that steer and windows that decide. */
      readonly ids: Int32Array;
      readonly context: number;
    }
  | {
      readonly kind: 'rows';
      readonly input: ModelInput;
      /** The value whose softmax answers, or the output itself. */
      readonly output: string;
      readonly calibration: LabelledRows;
      readonly deciding: LabelledRows;
    };

/** What a search for thresholds is asked. */
export interface SearchRequest {
  readonly model: OnnxModel;
  /** All layers of the model. */
  readonly layers: readonly Layer[];
  /** All sites of the model, in graph order, and the ids of those that may be changed; at least one. */
  readonly sites: readonly SparsitySite[];
  readonly active: ReadonlySet<string>;
  readonly rows: SearchRows;
  readonly runtime: ModelRuntime;
  readonly method: SparsifyMethod;
  /** Allowed relative increase of the loss. */
  readonly maxLoss: number;
  readonly per: 'site' | 'channel';
  readonly correct: boolean;
  readonly seed: number;
  /** What an interrupted search of the same request kept last; null: begin anew. */
  readonly resume: unknown;
}

/** What a search may report to, be stopped by, and keep for the next run. */
export interface SearchControl {
  readonly abort?: AbortFlag;
  readonly onProgress: (message: string, fraction: number | null) => void;
  readonly onPoint: (point: SparsifyPoint) => void;
  /** Takes a value that JSON can hold, of at most a few megabytes, from which the search can go on. */
  readonly keep: (value: unknown) => Promise<void>;
}

/** What a search found. */
export interface Found {
  /** Thresholds of the sites that were changed and weights of the layers that were corrected; null: nothing within the bound. */
  readonly chosen: { readonly thresholds: readonly SiteThreshold[]; readonly corrections: readonly LayerCorrection[] } | null;
  /** In the order in which they were tried, the model as it was given among them. */
  readonly points: readonly SparsifyPoint[];
  /** Why sites were left, by id, as the end of "left as it is: …". */
  readonly left: ReadonlyMap<string, string>;
  /** Passes over rows that computed a loss, those before a resumption included. */
  readonly evaluations: number;
  /** Tokens or rows that steered and that decided. */
  readonly rows: { readonly calibration: number; readonly deciding: number };
  readonly diagnostics: readonly Diagnostic[];
}

/** A search for thresholds. Rejects with AbortError. */
export type Search = (request: SearchRequest, control: SearchControl) => Promise<Found>;
