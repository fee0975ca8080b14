import { TierwiseError } from '../../model/error.ts';

/** What a ridge head is, before it has seen a row. */
export interface RidgeLearnerOptions {
  /** d: values per row that enter the upper tier, 1 or more. */
  readonly inputs: number;
  /** Columns of the scores at the start; 0 when no class is known yet. */
  readonly outputs: number;
  readonly labels: 'class' | 'regression';
  /** λ, 0 or more; undefined: 1e-3 of the mean diagonal of the centred Gram of all rows held, at every solve. */
  readonly lambda: number | undefined;
  /** What the older rows still count after each batch, in (0, 1]; 1 forgets nothing. Below 1 needs the statistics form. */
  readonly forgetting: number;
  /** Random ReLU features between input and weights (method 3.5); undefined: the head reads the input itself. */
  readonly expand: number | undefined;
  /** Factor of the compensation stream in [0, 2]; undefined or 0: no such stream. Needs `expand`. */
  readonly compensation: number | undefined;
  /** Seed of the expansion. */
  readonly seed: number;
  /**
   * 'statistics' (default): sums of all rows, solved when weights are needed. 'r': also carries R = (G+λI)⁻¹, so that a small batch
   * costs O(n·d²) and no solve; a default λ then stays as it was when R was last made from the sums. 'auto': R while batches are small,
   * where λ is given: the answers are those of 'statistics'.
   */
  readonly form?: RidgeForm;
}

export type RidgeForm = 'statistics' | 'r' | 'auto';

/** Most columns that a Gram is made for: 8192² doubles are 512 MB (numerics reference 8). */
export const maxFeatures = 8192;
/** Most columns of the scores, and most weights: a stray label must not allocate gigabytes. */
export const maxOutputs = 65_536;
export const maxWeights = 2 ** 24;

/** Bytes a learner with these options holds and its update needs; ask before creating one. */
export interface RidgeMemory {
  /** Columns of the Gram. */
  readonly features: number;
  /** What the state keeps. */
  readonly stateBytes: number;
  /** What one update needs beside it. */
  readonly workBytes: number;
}

/** Memory of a learner, from its options alone: nothing is allocated. */
export function ridgeMemory(options: RidgeLearnerOptions): RidgeMemory {
  const { inputs, outputs, expand } = options;
  const d = expand ?? inputs;
  const streams = hasCompensation(options) ? 2 : 1;
  const sums = d * d + d * outputs + d + 2 * outputs;
  const inverse = (options.form ?? 'statistics') === 'statistics' ? 0 : (d + 1) * (d + 1) + (d + 1) * outputs;
  const expansion = expand === undefined ? 0 : expand * (inputs + 1);
  return {
    features: d,
    stateBytes: 8 * (streams * sums + inverse + expansion),
    workBytes: 8 * (streams * sums + d * d + inverse),
  };
}

export function hasCompensation({ compensation }: RidgeLearnerOptions): boolean {
  return compensation !== undefined && compensation > 0;
}

/** Rejects options that cannot work: `learner-options`, `learner-too-large`, `form-unsupported`. */
export function requireRidgeOptions(options: RidgeLearnerOptions): void {
  const { inputs, outputs, lambda, forgetting, expand, compensation, seed, form } = options;
  const bad = (message: string, advice: string, code = 'learner-options'): TierwiseError => new TierwiseError(code, message, advice);
  if (!Number.isSafeInteger(inputs) || inputs < 1) throw bad(`the head has ${inputs} inputs, expected 1 or more`, 'Check the model.');
  if (!Number.isSafeInteger(outputs) || outputs < 0 || outputs > maxOutputs)
    throw bad(`the head has ${outputs} outputs, expected 0 to ${maxOutputs}`, 'Check the model and the labels.');
  if (options.labels === 'regression' && outputs < 1) throw bad('a regression head needs 1 output or more, got 0', 'Check the model.');
  if (lambda !== undefined && !(lambda >= 0 && Number.isFinite(lambda)))
    throw bad(`lambda is ${lambda}, expected 0 or more`, 'Give a number, or leave it out.');
  if (!(forgetting > 0 && forgetting <= 1)) throw bad(`forgetting is ${forgetting}, expected above 0 up to 1`, 'Use 1 to forget nothing.');
  if (expand !== undefined && (!Number.isSafeInteger(expand) || expand < 1))
    throw bad(`expand is ${expand}, expected 1 or more`, 'Use 1024.');
  if (compensation !== undefined && !(compensation >= 0 && compensation <= 2))
    throw bad(`compensation is ${compensation}, expected 0 to 2`, 'Use 0.6, or leave it out.');
  if (compensation !== undefined && compensation > 0 && expand === undefined)
    throw bad('a compensation stream needs an expansion', 'Add "expand 1024", or leave compensation out.');
  if (!Number.isFinite(seed)) throw bad(`seed is ${seed}, expected a number`, 'Use 1.');
  if (form === 'r' && forgetting < 1)
    throw bad(
      `forgetting ${forgetting} does not go with the R form: it would let lambda fade`,
      'Use the statistics form.',
      'form-unsupported',
    );
  if (form === 'r' && hasCompensation(options))
    throw bad('a compensation stream does not go with the R form', 'Use the statistics form.', 'form-unsupported');
  const d = expand ?? inputs;
  if (d * outputs > maxWeights) throw tooManyWeights(d, outputs);
  if (d > maxFeatures || inputs * d > maxFeatures * maxFeatures)
    throw bad(
      `the head would have ${d} features; their Gram alone takes ${Math.ceil((8 * d * d) / 2 ** 20)} MiB`,
      `Use at most ${maxFeatures} features: a smaller "expand", or a layer with fewer inputs.`,
      'learner-too-large',
    );
}

/** The error for a head of so many weights. */
export function tooManyWeights(features: number, outputs: number): TierwiseError {
  return new TierwiseError(
    'learner-too-large',
    `the head would have ${outputs} outputs of ${features} weights each, more than ${maxWeights} together`,
    'Number the classes from 0 without gaps, or use fewer features.',
  );
}
