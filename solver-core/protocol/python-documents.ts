import type { DiagnosticDocument, RetrainingDocument, TextRange, TierKind } from './documents.ts';
import type { Quantity } from './quantity.ts';

/** What an annotation `# tier: lower ridge lambda=1e-2` says. */
export interface PythonAnnotation {
  readonly kind: TierKind;
  /** Tier name in a plan that is made from it: the `name=` option; null where it is left out. */
  readonly name: string | null;
  /** Method, such as "ridge" or "rls"; null: the default of its kind. */
  readonly method: string | null;
  /** Options as they are written, e.g. { lambda: "1e-2" }. */
  readonly options: Readonly<Record<string, string>>;
  /** The comment, from `#` to its end. */
  readonly range: TextRange;
}

/** A layer that Python source builds. A literal loop gives one entry per turn, all with the same range. */
export interface PythonLayer {
  /** Path of attributes as the export names its weights: "fc1", "net.0", "blocks.2.fc"; the `name=` of a Keras layer where there is one. */
  readonly name: string;
  /** The class or variable that holds it. */
  readonly model: string;
  readonly framework: 'torch' | 'keras';
  /** The constructor: "Linear", "Conv2d", "Dense". */
  readonly kind: string;
  /** The call of the constructor. */
  readonly range: TextRange;
  /** Tier by its own annotation, the one of its class, else "frozen". */
  readonly tier: TierKind;
  readonly annotation: PythonAnnotation | null;
  /** Trainable values by the arguments, or of the matched layer; null where an argument is no literal. */
  readonly parameters: number | null;
  /** Multiply-adds of one inference; null while shapes are unknown. */
  readonly macs: number | null;
  /** Its layer in `PythonDocument.model`; null: not found there. */
  readonly layerId: string | null;
  /** Where the figures come from: the exported model, the arguments of the constructor, or nowhere. */
  readonly basis: 'model' | 'arguments' | 'none';
  /** Why there is no figure, or what was assumed for it, in a sentence; null: nothing to say. */
  readonly note: string | null;
  readonly inference: Quantity<'J'> | null;
  readonly retraining: RetrainingDocument;
}

/** `tierwise.annotations/1`: the layers of a Python file, their tiers and what they cost. */
export interface PythonDocument {
  readonly schema: 'tierwise.annotations/1';
  readonly path: string;
  /** The exported model whose initializers match; null: none of those offered. */
  readonly model: string | null;
  readonly target: string;
  readonly layers: readonly PythonLayer[];
  readonly assumptions: readonly string[];
  readonly diagnostics: readonly DiagnosticDocument[];
}

/** Something to offer at the cursor inside a `# tier:` comment. */
export interface AnnotationItem {
  readonly label: string;
  readonly detail: string;
  readonly documentation: string;
  /** What replaces `range`. */
  readonly insertText: string;
  readonly range: TextRange;
}
