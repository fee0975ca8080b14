import type { EvidenceDocument } from './evidence-documents.ts';
import type { Quantity } from './quantity.ts';

/** Tier of a layer: solved in one step, learned incrementally, or left alone (the default). */
export type TierKind = 'lower' | 'upper' | 'frozen';

/** One-based line and column, as editors show them. End is exclusive. */
export interface TextRange {
  readonly line: number;
  readonly column: number;
  readonly endLine: number;
  readonly endColumn: number;
}

/** Where a diagnostic points. Every field is optional; names come from the user's files and are inert text. */
export interface WhereDocument {
  readonly path?: string;
  readonly byteOffset?: number;
  readonly node?: string;
  readonly tensor?: string;
  readonly range?: TextRange;
}

/** A finding about the user's model, plan or data. */
export interface DiagnosticDocument {
  readonly code: string;
  readonly severity: 'error' | 'warning' | 'info';
  readonly message: string;
  readonly where: WhereDocument;
  /** Replacement texts that would repair the finding at `where.range`, best first. */
  readonly suggestions?: readonly string[];
}

/** A dimension: known, symbolic (its name) or unknown (null). */
export type DimDocument = number | string | null;

/** One weight-bearing layer of an inspected model. */
export interface InspectLayer {
  readonly id: string;
  readonly op: string;
  readonly inputShape: readonly DimDocument[] | null;
  readonly outputShape: readonly DimDocument[] | null;
  /** Strict multiply-adds for one forward pass with the stated dims; null when a shape is unknown. */
  readonly macs: number | null;
  readonly parameters: number;
  readonly weightBytes: number;
  /** Name of the weight initializer, when the layer has one. */
  readonly weight: string | null;
  /** Set in a fitted model: how the weights of this layer came about. */
  readonly fitted: string | null;
  /** Index of the repeated block that it belongs to; absent: in none. */
  readonly block?: number;
  /** What it does in that block, such as "att.key" or "up"; absent: not recognised. */
  readonly role?: string;
}

/** A repeated block of a model, as a plan names it: `blocks 0..3`. */
export interface InspectBlock {
  /** From 0 in graph order. */
  readonly index: number;
  /** What its nodes or tensors are called together, such as "layers.0"; else "block 0". */
  readonly name: string;
  readonly kind: 'rwkv' | 'transformer' | 'repeated';
  /** Layer ids in graph order. */
  readonly layers: readonly string[];
  /** Values of the main path that enter and leave. */
  readonly input: string;
  readonly output: string;
  /** Of its layers together; null when a shape is unknown. */
  readonly macs: number | null;
  readonly parameters: number;
}

/** `tierwise.inspect/1`. */
export interface InspectDocument {
  readonly schema: 'tierwise.inspect/1';
  readonly model: {
    readonly path: string;
    readonly irVersion: number;
    readonly opsets: Readonly<Record<string, number>>;
    readonly sha256: string;
    readonly bytes: number;
    readonly producer: string;
    readonly metadata: Readonly<Record<string, string>>;
    readonly inputs: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly DimDocument[] | null }[];
    readonly outputs: readonly { readonly name: string; readonly dtype: string; readonly shape: readonly DimDocument[] | null }[];
    readonly nodes: number;
  };
  readonly totals: {
    readonly layers: number;
    /** Sum over layers with known MACs; `macsComplete` says whether that is all of them. */
    readonly macs: number;
    readonly macsComplete: boolean;
    readonly parameters: number;
    readonly weightBytes: number;
  };
  readonly layers: readonly InspectLayer[];
  /** Absent: nothing repeats. */
  readonly blocks?: readonly InspectBlock[];
  readonly diagnostics: readonly DiagnosticDocument[];
}

/** A layer that a budget per layer names. */
export interface BudgetLayer {
  readonly id: string;
  /** Its energy per inference. */
  readonly actual: Quantity<'J'> | null;
  readonly status: 'exceeded' | 'uncertain' | 'unknown';
}

/** How the layers fare under a budget per layer. */
export interface BudgetLayers {
  readonly total: number;
  readonly exceeded: number;
  readonly uncertain: number;
  readonly unknown: number;
  /** Of the exceeded ones: those whose low end is above the limit, too. Absent in documents of older versions. */
  readonly surelyExceeded?: number;
  /** Those that are not met, the worst first, at most 10. */
  readonly worst: readonly BudgetLayer[];
}

/** Layers whose missing figure keeps a budget from being judged. */
export interface MissingFigures {
  readonly total: number;
  /** Ids, at most 10. */
  readonly layers: readonly string[];
}

/** Outcome of one budget of a plan. */
export interface BudgetDocument {
  readonly scope: string;
  readonly per: 'inference' | 'layer' | 'fit' | 'update';
  readonly limit: Quantity<'J'>;
  /** Of a budget per layer: the energy of the layer that needs most. */
  readonly actual: Quantity<'J'> | null;
  readonly status: 'met' | 'exceeded' | 'uncertain' | 'unknown';
  readonly range: TextRange | null;
  /** Of a budget per layer only. */
  readonly ofLayers?: BudgetLayers;
  /** Where figures are missing. */
  readonly missing?: MissingFigures;
}

/** Where a module of a compound section comes from: layers of the plan's model, a model of its own, or what follows the lower module. */
export type CheckModule =
  | { readonly kind: 'layers'; readonly layers: readonly string[] }
  | { readonly kind: 'model'; readonly path: string }
  | { readonly kind: 'rest' };

/** `tierwise.check/1`. */
export interface CheckDocument {
  readonly schema: 'tierwise.check/1';
  readonly plan: string;
  readonly model: string | null;
  /** The backend that the plan names, e.g. "sim"; null while the plan cannot be read. */
  readonly backend?: string | null;
  readonly tiers: readonly { readonly kind: TierKind; readonly name: string; readonly layers: readonly string[] }[];
  /** The compound section; absent: the plan has none that could be understood. */
  readonly compound?: { readonly name: string; readonly lower: CheckModule; readonly upper: CheckModule };
  readonly budgets: readonly BudgetDocument[];
  readonly diagnostics: readonly DiagnosticDocument[];
}

/** Energy of retraining by the three methods; null where a method does not apply to the layer. */
export interface RetrainingDocument {
  readonly sgd: Quantity<'J'> | null;
  readonly solve: Quantity<'J'> | null;
  readonly incremental: Quantity<'J'> | null;
}

/** One named part of an energy figure, for breakdowns and tooltips. */
export interface EnergyComponent {
  readonly name: string;
  readonly energy: Quantity<'J'>;
}

/** One layer of `tierwise.energy/1`. */
export interface EnergyLayer {
  readonly id: string;
  readonly op: string;
  readonly tier: TierKind;
  readonly macs: number | null;
  readonly parameters: number;
  readonly inference: Quantity<'J'> | null;
  readonly components: readonly EnergyComponent[];
  readonly retraining: RetrainingDocument;
  /** The same on the machine that would train. */
  readonly onTrainingMachine?: RetrainingDocument;
  /** Retrainings after which the direct solve is cheaper than gradient descent; 0 = at once, null = never or unknown. */
  readonly breakEvenRetrainings: number | null;
  /** The layer's figures beside simulated and measured ones, where there are any. */
  readonly evidence?: readonly EvidenceDocument[];
  /** The lowest limit per layer that holds for this one, its tier's or the plan's, and the outcome; absent where none does. */
  readonly budget?: { readonly limit: Quantity<'J'>; readonly status: BudgetDocument['status'] };
  /** How the layer lies on the target's array: dataflow, tiles, utilisation. Absent without an array. */
  readonly mapping?: MappingDocument;
  /** Share of its inputs that are zero, where that was measured and the target skips them; the figure of one inference rests on it. */
  readonly zeros?: Quantity<'1'>;
}

/** How one layer is laid on an array of multiply-add units. */
export interface MappingDocument {
  readonly dataflow: 'weight-stationary' | 'output-stationary' | 'row-stationary';
  /** For people, e.g. "3 x 1 tiles of 64 x 64, 784 positions each". */
  readonly text: string;
  /** Share of the unit-cycles in which a unit multiplies, 0..1. */
  readonly utilisation: number;
  readonly cycles: number;
  /** Bits that cross each level, nearest first. */
  readonly traffic: readonly { readonly level: string; readonly readBits: number; readonly writeBits: number }[];
}

/** Retraining on the machine that would train, beside the target that would run the model. */
export interface TrainingMachineDocument {
  /** Id of a target. */
  readonly machine: string;
  readonly name: string;
  readonly retraining: RetrainingDocument;
  /** Retrainings after which solving and updating on the target has used less than gradient descent on this machine; null: never or unknown. */
  readonly breakEvenRetrainings: number | null;
}

/** `tierwise.energy/1`. */
export interface EnergyDocument {
  readonly schema: 'tierwise.energy/1';
  readonly model: string;
  readonly plan: string | null;
  readonly target: string;
  readonly layers: readonly EnergyLayer[];
  readonly totals: {
    readonly macs: number;
    readonly parameters: number;
    readonly inference: Quantity<'J'> | null;
    readonly retraining: RetrainingDocument;
    readonly breakEvenRetrainings: number | null;
  };
  readonly assumptions: readonly { readonly name: string; readonly text: string; readonly dominates: boolean }[];
  /** The totals beside simulated and measured ones, where there are any. */
  readonly evidence?: readonly EvidenceDocument[];
  /** The plan's budgets against these figures; absent without a plan, or where it has errors. */
  readonly budgets?: readonly BudgetDocument[];
  /** The same retraining on the machine that would train. */
  readonly trainingMachine?: TrainingMachineDocument;
  /** Of a plan: why the target's multiply-adds cannot be simulated gate by gate, as the end of a sentence; null where they can. */
  readonly switchingObstacle?: string | null;
  /** The calibration in use, e.g. its path and date; absent when the target's constants are used as they are. */
  readonly calibration?: { readonly path: string; readonly date: string; readonly stale: string | null };
  readonly diagnostics: readonly DiagnosticDocument[];
}

/** One solved layer of `tierwise.fit/1`. */
export interface FitLayer {
  readonly id: string;
  readonly tier: TierKind;
  readonly rows: number;
  /** Unknowns per output, bias included. */
  readonly columns: number;
  readonly outputs: number;
  /** The ridge parameter really used. */
  readonly lambda: number;
  readonly targets: string;
  readonly conditionEstimate: number | null;
  readonly relativeResidual: number;
  readonly refinementPasses: number;
  /** How lambda came about. Absent in records of older versions and where nothing was solved, as the next two. */
  readonly lambdaFrom?: 'given' | 'default' | 'gcv' | 'held-out';
  /** Effective degrees of freedom of the solution, bias not counted; null when not computed. */
  readonly degreesOfFreedom?: number | null;
  /** Rank of the Gram at the accuracy of fp64; null when not computed. */
  readonly rank?: number | null;
  /** Engine cycles; null on a backend without a cycle count. */
  readonly cycles: number | null;
  /** The part of `cycles` that grows with the rows. Absent in records of older versions and without an engine, as the next. */
  readonly gramCycles?: number;
  /** Of the rest: factorisations, and substitutions from the last row. Absent in records of older versions and without an engine. */
  readonly cholCycles?: number;
  readonly backCycles?: number;
  /** Words over the engine's host port. */
  readonly hostWords?: number;
  /** Which arithmetic produced the answer, e.g. "rtl-wasm + 2 refinement passes". */
  readonly method: string;
  readonly seconds: number;
  readonly deadInputs: number;
  readonly energy: Quantity<'J'> | null;
}

/** Quality on held-out rows before and after a fit. */
export interface EvaluationDocument {
  readonly dataset: string;
  readonly split: string;
  readonly rows: number;
  readonly metric: 'accuracy' | 'mse';
  readonly before: number;
  readonly after: number;
  readonly correctBefore: number | null;
  readonly correctAfter: number | null;
}

/** `tierwise.fit/1`: the fit record. */
export interface FitDocument {
  readonly schema: 'tierwise.fit/1';
  readonly output: string;
  readonly plan: string;
  readonly backend: { readonly kind: string; readonly device: string; readonly image: string; readonly note: string | null };
  readonly layers: readonly FitLayer[];
  readonly evaluation: EvaluationDocument | null;
  readonly hashes: {
    readonly plan: string;
    readonly model: string;
    readonly data: string;
    readonly output: string;
    /** Of what decides the lower tiers alone; absent in records of older versions. */
    readonly lower?: string;
  };
  readonly versions: Readonly<Record<string, string>>;
  readonly diagnostics: readonly DiagnosticDocument[];
}

/** `tierwise.eval/1`. */
export interface EvalDocument {
  readonly schema: 'tierwise.eval/1';
  readonly model: string;
  readonly dataset: string;
  readonly rows: number;
  /** `cross-entropy`: nats per token of a text; `rows` are tokens then. */
  readonly metric: 'accuracy' | 'mse' | 'cross-entropy';
  readonly value: number;
  /** Rows, or next tokens, whose highest score was the right one; null without classes. */
  readonly correct: number | null;
  /** What ran the model, e.g. "onnxruntime-node 1.30.0". Absent in documents of older versions. */
  readonly runtime?: string;
  /** Of a text: how many characters the predicted tokens stand for, and tokens per window. */
  readonly text?: { readonly characters: number; readonly context: number };
  /** Only where the engine of our own ran the model. */
  readonly sparse?: {
    /** Share of the multiply-adds of weight layers that met a zero and were not made. */
    readonly skipped: number;
    /** Time of the same run that skips nothing, over that of this one; measured on this machine. */
    readonly speedUp: number;
  };
}

/** `tierwise.error/1`. */
export interface ErrorDocument {
  readonly schema: 'tierwise.error/1';
  readonly error: { readonly code: string; readonly message: string; readonly advice: string };
}
