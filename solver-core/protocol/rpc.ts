import type { BoardsDocument } from './boards-documents.ts';
import type { CalibrationDocument, MeasureDocument, SensorKind, SensorsDocument } from './measure-documents.ts';
import type { DiffDocument } from './diff-documents.ts';
import type { SelectDocument, SelectMethod, SelectPoint, SelectValues } from './select-documents.ts';
import type { CheckDocument, EnergyDocument, EvalDocument, FitDocument, InspectDocument } from './documents.ts';
import type { LearnBatch, LearnDocument, UnlearnDocument } from './learn-documents.ts';
import type { CompoundDocument, CompoundStep } from './compound-documents.ts';
import type { AnnotationItem, PythonDocument } from './python-documents.ts';
import type { WeightChanges, WeightsDocument } from './weights-documents.ts';
import type { SparsifyDocument, SparsifyMethod, SparsifyPoint } from './sparsify-documents.ts';

/** Progress of a long request. `fraction` in 0..1, or null when the end is not known. */
export interface ProgressEvent {
  readonly stage: string;
  readonly message: string;
  readonly fraction: number | null;
  /** True for what should stay readable, e.g. how long the link to a board takes, or that it was unplugged. */
  readonly notice?: boolean;
  /** Learning: the batch just decided, for live views. */
  readonly batch?: LearnBatch;
  /** Weight selection: the configuration just tried, for live views. */
  readonly point?: SelectPoint;
  /** Activation sparsity: the configuration just tried. */
  readonly sparsity?: SparsifyPoint;
  /** A compound model's stream: the batch just decided. */
  readonly compound?: CompoundStep;
}

/** Parameters and results of every request the solver process answers. Paths are absolute file-system paths. */
export interface SolverRequests {
  'tierwise/hello': {
    readonly params: Record<string, never>;
    readonly result: { readonly version: string; readonly pid: number; readonly node: string };
  };
  'tierwise/inspect': {
    readonly params: { readonly path: string; readonly dims?: Readonly<Record<string, number>> };
    readonly result: InspectDocument;
  };
  'tierwise/check': { readonly params: { readonly path: string; readonly text?: string }; readonly result: CheckDocument };
  'tierwise/energy': {
    /** `path` is a model or a plan; `text` is the unsaved text of the plan; `fittedModel` asks for the fitted model's figures. */
    readonly params: {
      readonly path: string;
      readonly text?: string;
      readonly target?: string;
      /** Target that would train, and epochs of gradient descent, where the caller states them. */
      readonly trainOn?: string;
      readonly epochs?: number;
      /** Of a plan: run the model on its rows and simulate what the multiply-adds switch; seconds, with progress and cancel. Default false. */
      readonly switching?: boolean;
    };
    readonly result: EnergyDocument;
  };
  'tierwise/fit': {
    readonly params: { readonly path: string; readonly backend?: string; readonly out?: string };
    readonly result: FitDocument;
  };
  'tierwise/eval': {
    readonly params: {
      readonly model: string;
      readonly data: string;
      readonly inputs?: string;
      readonly labels?: string;
      /** Vocabulary of a language model: `data` is a text, and the figure is its cross-entropy. */
      readonly tokens?: string;
      /** Tokens per window. Default 128, or what the model allows. */
      readonly context?: number;
      /** "sparse": the engine of our own that skips zero inputs. Default "onnx". */
      readonly engine?: 'onnx' | 'sparse';
    };
    readonly result: EvalDocument;
  };
  /** Learns from data batch by batch. Cancelling keeps what was learned up to the last whole batch when `keepOnCancel`. */
  'tierwise/learn': {
    readonly params: {
      readonly path: string;
      readonly data: string;
      readonly inputs?: string;
      readonly labels?: string;
      readonly state?: string;
      readonly out?: string;
      readonly batchRows?: number;
      readonly policy?: 'plan' | 'always' | 'never';
      /** Start without the plan's own data. */
      readonly fresh?: boolean;
      readonly keepOnCancel?: boolean;
    };
    readonly result: LearnDocument;
  };
  /** Removes rows of a data file from the state of an upper tier, exactly. */
  'tierwise/unlearn': {
    readonly params: {
      readonly path: string;
      readonly data: string;
      /** Row numbers and ranges, e.g. "0..99,105"; "all" for every row. */
      readonly rows: string;
      readonly inputs?: string;
      readonly labels?: string;
      readonly state?: string;
      readonly out?: string;
    };
    readonly result: UnlearnDocument;
  };
  /** The newest fit record beside a plan's model, or null when there is none or its hashes no longer match. */
  'tierwise/lastFit': {
    readonly params: { readonly path: string; readonly text?: string };
    readonly result: { readonly fit: FitDocument | null; readonly stale: boolean };
  };
  /** Serial ports and cards. `probe`: "all" asks every candidate who it is, a path asks that port, "xrt:0" that card; absent: nothing is opened. */
  'tierwise/boards': { readonly params: { readonly probe?: string }; readonly result: BoardsDocument };
  /** Chooses weights that cost less energy; writes nothing when `trial`. */
  'tierwise/select': {
    readonly params: {
      /** The plan. */
      readonly path: string;
      /** Allowed loss of accuracy on the validation rows, as a share (0.01 = one point). Default 0.01. */
      readonly maxDrop?: number;
      /** Default 8. */
      readonly bits?: 4 | 8;
      readonly values?: SelectValues;
      /** Integers that a layer may use, with values "set": 3 to 255. Default 16; 8 with 4 bits, which have 15. */
      readonly setSize?: number;
      readonly method?: SelectMethod;
      /** Multiply-add cell the search saves energy on: "array" (default), "booth" or "shift"; the result is scored under the others too. */
      readonly cell?: string;
      /** Default MODEL.selected.onnx. */
      readonly out?: string;
      readonly trial?: boolean;
    };
    readonly result: SelectDocument;
  };
  /** Makes inputs of weight layers sparse by thresholds, without training; writes nothing when `trial`. */
  'tierwise/sparsify': {
    readonly params: {
      /** The plan; it names the model and a text or data. */
      readonly path: string;
      readonly method?: SparsifyMethod;
      /** Allowed relative increase of the whole model's loss, as a share. Default 0.02. */
      readonly maxLoss?: number;
      /** One threshold per site or one per channel. Default "channel". */
      readonly per?: 'site' | 'channel';
      /** Correct the layer behind each site by a least-squares solve. Default true. */
      readonly correct?: boolean;
      /** Leave out sites with these roles, e.g. "att.out". */
      readonly without?: readonly string[];
      /** Target whose energy is told; default the plan's when it is event-driven, else "seneca-type". */
      readonly target?: string;
      /** Default MODEL.sparse.onnx. */
      readonly out?: string;
      readonly trial?: boolean;
      /** Forget what an interrupted run has found. */
      readonly fresh?: boolean;
    };
    readonly result: SparsifyDocument;
  };
  /** Runs a plan's compound model over a stream. Cancelling keeps what was decided up to the last whole batch when `keepOnCancel`. */
  'tierwise/compound': {
    readonly params: {
      readonly path: string;
      /** .txt: next token; .jsonl with "text" and "label": class of a text; .npz, .csv: class of a row. */
      readonly stream: string;
      readonly inputs?: string;
      readonly labels?: string;
      /** Default MODEL.compound.state; a run continues from it unless `fresh`. */
      readonly state?: string;
      /** Folder for the modules, record and log; default beside the model. */
      readonly out?: string;
      readonly batchRows?: number;
      readonly policy?: 'plan' | 'always' | 'never';
      readonly fresh?: boolean;
      readonly keepOnCancel?: boolean;
    };
    readonly result: CompoundDocument;
  };
  /** Compares two models or plans; a side may be REVISION:path of a git repository. */
  'tierwise/diff': {
    readonly params: { readonly before: string; readonly after: string; readonly target?: string; readonly format?: 'md' };
    readonly result: { readonly diff: DiffDocument; readonly text: string };
  };
  /** The meters of this machine; nothing is run. */
  /** The meters of this machine. `backend` "serial:PORT": the board there is asked for its telemetry; absent: no port is opened. */
  'tierwise/sensors': { readonly params: { readonly backend?: string }; readonly result: SensorsDocument };
  /** Runs the model's inference under a meter; with `fit`, the fit of a plan's lower tiers on `backend` or the plan's own. */
  'tierwise/measure': {
    readonly params: {
      readonly path: string;
      readonly sensor?: SensorKind | string;
      readonly target?: string;
      readonly data?: string;
      readonly fit?: boolean;
      readonly backend?: string;
    };
    readonly result: MeasureDocument;
  };
  /** Fits a target's constants to the measurements recorded beside these models and writes the calibration. */
  'tierwise/calibrate': {
    readonly params: { readonly target: string; readonly paths: readonly string[]; readonly measure?: boolean; readonly sensor?: string };
    readonly result: CalibrationDocument;
  };
  /** Layers and `# tier:` comments of Python source, matched to the first of `models` whose initializers agree best; nothing is run. */
  'tierwise/python': {
    readonly params: {
      readonly path: string;
      /** The source; default the file's. */
      readonly text?: string;
      /** ONNX files to match, most likely first. */
      readonly models: readonly string[];
      readonly target?: string;
    };
    readonly result: PythonDocument;
  };
  /** What may stand at a zero-based position inside a `# tier:` comment. */
  'tierwise/annotationCompletion': {
    readonly params: { readonly text: string; readonly line: number; readonly character: number };
    readonly result: { readonly items: readonly AnnotationItem[] };
  };
  /** The text of a plan that says what the annotations say, for a model in the folder `planFolder` or below. */
  'tierwise/annotationPlan': {
    readonly params: {
      readonly path: string;
      readonly text?: string;
      readonly model: string;
      readonly planFolder: string;
      /** Data beside the model, relative to the plan. */
      readonly data?: string;
    };
    readonly result: { readonly text: string; readonly annotated: number; readonly unmatched: readonly string[] };
  };
  /** Histogram, zeros and spread of one layer's weights; with `before` beside those of another model. */
  'tierwise/weights': {
    readonly params: { readonly path: string; readonly layer: string; readonly before?: string; readonly bins?: number };
    readonly result: WeightsDocument;
  };
  /** Zeros and change of all weights between two models; `before` may be REVISION:path. */
  'tierwise/weightChanges': {
    readonly params: { readonly path: string; readonly before: string };
    readonly result: WeightChanges;
  };
  /** Renders the energy report as one self-contained HTML page, with the newest fit record when there is one. */
  'tierwise/report': {
    readonly params: {
      readonly path: string;
      readonly format: 'html' | 'md' | 'csv' | 'json';
      /** As of tierwise/energy, like the next two. */
      readonly text?: string;
      readonly target?: string;
      readonly switching?: boolean;
    };
    readonly result: { readonly text: string };
  };
}

/** Error data of a failed request (JSON-RPC `error.data`). */
export interface ErrorData {
  readonly code: string;
  readonly message: string;
  readonly advice: string;
}

/** JSON-RPC error numbers of the solver process; the meaning is in `ErrorData.code`. */
export interface SolverErrorNumbers {
  readonly failed: -32001;
  readonly cancelled: -32800;
}
