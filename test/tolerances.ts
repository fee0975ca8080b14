/** Every tolerance of the tests, with its reason. No test has an epsilon of its own. */
export const tolerances = {
  /** fp64 ridge against an independent fp64 solve, well conditioned: d·κ·2⁻⁵³ stays below this for κ ≤ 1e6, d ≤ 512. */
  ridgeFp64: { relative: 1e-8 },
  /** Engine solve after refinement against fp64 (hardware reference 1.4: 1e-9 within a few passes). */
  ridgeRefined: { relative: 1e-6 },
  /** Engine solve against fp64 at condition 1e4 or below: the aim of the engine; 3e-11 at most was seen. */
  ridgeEngine: { relative: 1e-9 },
  /** Normal-equation residual of an 18-bit engine before refinement: words of R, Z and W are rounded to 2⁻¹⁸, the weights use about 2⁻³ of their range, d = 24. */
  engineWords18: { relative: 2 ** -18 * 2 ** 3 * 24 * 2 },
  /** The same for words of two limbs: 17 bits more, and the product of the low limbs that is dropped costs as much as the rounding. */
  engineWords35: { relative: 2 ** -35 * 2 ** 3 * 24 * 4 },
  /** Residual of the ridge equations, relative to their right-hand side, that refinement works towards. */
  residualGoal: { relative: 1e-10 },
  /** float32 model outputs, other summation order than ONNX Runtime's. */
  outputsFp32: { absolute: 1e-4 },
  /** fp32 products of chunks of up to 4096 rows, summed in fp64: about √4096 · 2⁻²⁴ on the scale of sqrt(Gii·Gjj), with a margin of 2. */
  sumFp32: { relative: 8e-6 },
  /** Weights from sums of fp32 products against fp64 products, well conditioned: measured 1e-6 to 2e-6 (numerics reference 2.4). */
  ridgeFp32Sums: { relative: 5e-6 },
  /** Trace from 8 sign vectors (Hutchinson): the spread is about sqrt(2/8) of the off-diagonal norm over the trace, 1 % at 300 inputs; four times that. */
  traceEstimate: { relative: 4e-2 },
  /** Sums of the same doubles in another order. */
  sumFp64: { relative: 1e-12 },
  /** Energy tables state four significant digits. */
  tableDigits: { relative: 2e-4 },
  /** Three shown digits: half a unit of the third is at most 0.5 %, and the rule for the prefix rounds once more in the fourth. */
  shownDigits: { relative: 5.1e-3 },
  /** Places on a drawn scale are logarithms and quotients of doubles near 1: a few ulps, far below 12 digits after the point. */
  scalePlace: { digits: 12 },
  /** Drawn lengths are written with one digit after the point, in pixels. */
  drawnPixels: { digits: 1 },
  /** Joules of a fit by its record against those by the cycle formula: words read once more than the formula counts, measured 3e-4 to 6e-4. */
  fitByFormula: { relative: 2e-3 },
  /** Convolutions of at most 250 products of normal numbers, float32 in another order: 250 · 2⁻²⁴ · their size stays below this. */
  patchProducts: { absolute: 2e-5 },
  /** One recursive step of fp64 after another against the joint solve (method 3.1: 5e-13 to 6e-9; the aim of benchmark B1). */
  recursiveFp64: { relative: 1e-9 },
  /** fp64 weights as a model holds them in float32, and their scores summed in another order. */
  headFp32: { relative: 1e-5 },
  /** Scores of a head on float32 inputs moved by 64 and stretched by 256: input rounding of 2⁻²⁴·64 on deviations near 1, through the solve. */
  movedInputs: { relative: 1e-3 },
  /** Entries of L·Lᵀ against A, relative to its largest: at most (d + 1)·2⁻⁵³ with d ≤ 400 (Higham, theorem 10.3), inner products in any order. */
  factorFp64: { relative: 1e-13 },
  /** Two backward stable fp64 solves of one system, per unit of condition: a few dozen roundoffs of 2⁻⁵³. */
  unitRoundoff64: { times: 64 * 2 ** -53 },
  /** fp32 inner products of up to 1000 standard normal terms against fp64 ones, relative to the largest entry: about sqrt(k)·2⁻²⁴, with room. */
  productFp32: { relative: 1e-5 },
  /** Deviation behind a normalisation of variance about 0.1 with ONNX's epsilon 1e-5: half of epsilon over variance, times the scale 2. */
  normDeviation: { absolute: 2e-3 },
  /** p of the two-sample Kolmogorov-Smirnov test: the asymptotic formula against the exact one at 300 and 400 samples. */
  kolmogorovAsymptotic: { absolute: 0.02 },
  /** Weights of a chain of three layers from sums of float32 products (2⁻²⁴ each, confined to a chunk) against fp64 products; condition up to 1e3. */
  sumsFp32: { relative: 1e-4 },
  /** Eigenvalues, residuals and orthogonality of symmetric eigenpairs, relative to the largest eigenvalue: d·2⁻⁵² times a few tens, d ≤ 500. */
  eigenFp64: { relative: 1e-11 },
  /** Held-out accuracy lost when the first convolution is random and the others absorb it: measured 0.030 of 500 rows (LeNet-5) and 0.005 of 1500 (ResNet-8), and one standard error of 500 rows. */
  absorbedLayer: { absolute: 0.045 },
  /** Head after rows were taken out against one that never saw them: fp64 sums of a few thousand rows, λ well above rounding (method 3.4: 2e-9 at d = 513; here d <= 128). */
  unlearned: { relative: 1e-9 },
  /** Scores of lambda against a QR of the rows: the Gram squares the condition, 1e6 at most in the tests, times fp64 rounding. */
  scoreOfLambda: { relative: 1e-7 },
  /** Generalised cross-validation and leave-one-out choose among the same candidates and may differ by a step of the grid. */
  leaveOneOut: { relative: 0.02 },
  /** Eigenvalues of at most 60 x 60 by QL against another program: a few roundings of the largest per sweep. */
  eigenvalues: { relative: 1e-13 },
  /** Filters from a Gram against a singular value decomposition: the Gram of the tests' patches has a condition of about 1e5, times fp64 rounding. */
  filters: { relative: 1e-9 },
  /** Correlation of responses of order one along directions whose whitening leaves them far apart in size. */
  decorrelated: { absolute: 1e-9 },
  /** Central differences of a float32 loss of order one with this step against the gradient: rounding 2⁻²⁴/step plus step² of curvature and kinks. */
  differenceStep: { step: 1e-2, relative: 2e-2 },
  /** float32 gradients of two programs that sum in other orders, relative to the largest entry; 1.1e-6 was seen for LeNet-5. */
  gradientFp32: { relative: 2e-5 },
  /** Joules of gradient steps as the learner counts its graph against the layers' own figures: loss, biases and normalisation are a few percent of small layers. */
  gradientUpdate: { relative: 0.05 },
  /** Switching of a random layer by 2048 transitions per activity class against all of them: a spread of at most 0.7 of the mean over sqrt(2048), three times that. */
  groupedRandom: { relative: 0.05 },
  /** Grouped switching model against simulation of whole tiles, mean over the layers of a network: what the project promises. */
  groupedLayers: { relative: 0.05 },
  /** Counters in whole microjoules, read twice per window of at least 20 J: 1e-6 / 20, with room for clocks in whole milliseconds. */
  counterSteps: { relative: 1e-3 },
  /** Share of 95 % intervals that hold the truth, of 400 seeded ones: binomial, four standard errors of 1.1 %. */
  intervalCoverage: { absolute: 4 * 0.011 },
  /** Mean over weights on 4000 shared transitions against 8192 others: each transition spreads by about 0.2 of the mean, three standard errors. */
  uniformCell: { relative: 0.012 },
  /** One weight: 1024 transitions in each stratum against 4000 without strata, each spread by at most 0.3 of its mean; four standard errors. */
  stratifiedCell: { relative: 0.03 },
  /** Standard deviation from 300 seeded trials: 1/sqrt(600) = 4 %, five times that. */
  seededDeviation: { relative: 0.2 },
  /** Saving by whole tiles on held-out rows against the search's own figure on calibration rows, for a network of 16 hidden units: 0.01 to 0.02 was seen. */
  tilesOnOtherRows: { absolute: 0.08 },
  /** Accuracy on all 1797 digits against that on 360 of them: three standard errors of a share near 0.84. */
  partOfRows: { absolute: 0.058 },
  /** A run of 100 inferences of about 3 µJ on a counter of whole microjoules: one step of 300, over ten runs. */
  calibratedFactor: { relative: 5e-3 },
  /** Megabytes printed with one decimal: half of the last digit of the smallest, 18.5, is 0.3 %. */
  publishedDigits: { relative: 3e-3 },
  /** Register toggles of a solve by the means of the counted problems: 0.7 % to 10 % was seen, the kinds of data differ by 20 %. */
  engineToggles: { relative: 0.15 },
  /** A minimum found by comparing doubles of order one is flat over the root of their rounding, 1.5e-8, over the root of its curvature. */
  temperature: { relative: 1e-5 },
  /** Temperature from 3000 labels drawn by it: a spread of about 1/sqrt(3000 · 0.5) per unit of log T, three times that. */
  drawnTemperature: { relative: 0.08 },
} as const;
