import type { Compound, Learner, TargetKind } from '../model/plan.ts';

/** A word of a closed set of the language with the sentence that hovers and completion show. */
export interface Word {
  readonly word: string;
  readonly doc: string;
}

/** Where a solve runs (`backend …`). */
export const backendWords: readonly Word[] = [
  { word: 'sim', doc: 'The simulated engine: our own RTL compiled to WebAssembly. Needs no hardware. The default.' },
  { word: 'cpu', doc: 'Double-precision solve on this machine.' },
  { word: 'serial', doc: 'A board on a serial port: `serial "/dev/ttyUSB1"` or `serial auto`.' },
  { word: 'xrt', doc: 'A Xilinx accelerator card by its index: `xrt 0`.' },
];

/** What a lower tier's layers are solved for (`targets …`). */
export const targetKindWords: readonly (Word & { readonly word: TargetKind })[] = [
  {
    word: 'labels',
    doc: "The one-hot labels; a hidden layer aims at a random mixture of them as wide as it is (the seed's). The default.",
  },
  {
    word: 'forward-projection',
    doc: "sign(A Q) + sign(Y U) with random Q and U (the seed's): one random feature of the layer's input and one of the labels per unit.",
  },
  {
    word: 'autoencode',
    doc: "The layer's own input, reconstructed from random features of it (the seed's); needs no labels (extreme-learning-machine autoencoder).",
  },
  {
    word: 'teacher',
    doc: 'What the layer computed in the model as it was given: keeps its function while the layers below it change.',
  },
  {
    word: 'pca',
    doc: 'Filters along the principal directions of what the layer reads, whitened; before a ReLU each direction with both signs. Needs no labels; more outputs than directions get mixtures drawn from the seed.',
  },
  { word: 'random', doc: 'No solve: random weights, the comparison every solve has to beat.' },
];

/** How a lower tier is solved (`solve …`). */
export const solveWords: readonly Word[] = [{ word: 'ridge', doc: 'W = (XᵀX + λI)⁻¹ XᵀY per layer, in one step.' }];

/** How an upper tier learns (`learn …`). */
export const learnWords: readonly (Word & { readonly word: Learner })[] = [
  { word: 'rls', doc: "Recursive least squares (recursive ridge) of the tier's last layer: exact updates without the old rows." },
  { word: 'sgd', doc: 'Stochastic gradient descent (momentum 0.9) on all layers of the tier, of any type.' },
  { word: 'adam', doc: 'Gradient steps with the Adam rule on all layers of the tier, of any type.' },
];

/** What a budget counts per (`budget … per …`). */
export const perWords: readonly (Word & { readonly word: 'inference' | 'layer' | 'fit' | 'update' })[] = [
  { word: 'inference', doc: 'One forward pass of one sample. At the top level: the whole model; in a tier: its layers.' },
  {
    word: 'layer',
    doc: 'One layer in one forward pass of one sample; the limit holds for each. At the top level: every layer of the model; in a tier: each of its layers.',
  },
  { word: 'fit', doc: 'One fit of the lower tier.' },
  { word: 'update', doc: 'One incremental update of the upper tier.' },
];

/** How the heads of a compound model learn (`learn …` in a compound section). */
export const headsWords: readonly (Word & { readonly word: Compound['learn'] })[] = [
  {
    word: 'auto',
    doc: 'Both ways are tried on calibration rows that neither has seen; the one that measures better is used. The default.',
  },
  { word: 'rls', doc: 'Recursive least squares (recursive ridge) on the representation: exact updates without the old rows.' },
  { word: 'adam', doc: 'Gradient steps of the cross-entropy with the Adam rule.' },
  { word: 'none', doc: 'The heads stay as they are.' },
];

/** What a budget of a compound model counts per. */
export const countWords: readonly (Word & { readonly word: 'update' | 'decision' })[] = [
  { word: 'update', doc: 'One update of the heads.' },
  { word: 'decision', doc: 'One decision, with everything it needed: lower module, cache, head, and the upper module where it was asked.' },
];

/** Words after `escalate` that stand for a fixed rule. */
export const escalateWords: readonly (Word & { readonly word: 'never' | 'always' })[] = [
  { word: 'never', doc: 'The lower exit decides everything.' },
  { word: 'always', doc: 'The upper module decides everything.' },
];

/** Words after `cache`. */
export const cacheWords: readonly Word[] = [{ word: 'off', doc: 'Nothing is kept: every representation is computed anew.' }];

/** Bytes of each unit of size; 1 KB is 1024 B. */
export const sizeUnits: ReadonlyMap<string, number> = new Map([
  ['B', 1],
  ['KB', 2 ** 10],
  ['MB', 2 ** 20],
  ['GB', 2 ** 30],
  ['KiB', 2 ** 10],
  ['MiB', 2 ** 20],
  ['GiB', 2 ** 30],
]);

/** The spellings of sizes that messages and completion offer. */
export const shownSizeUnits: readonly string[] = ['B', 'KB', 'MB', 'GB'];

/** Powers of ten of a joule, by every spelling a budget may use. */
export const energyUnits: ReadonlyMap<string, number> = new Map([
  ['J', 0],
  ['mJ', -3],
  ['uJ', -6],
  ['µJ', -6],
  ['μJ', -6],
  ['nJ', -9],
  ['pJ', -12],
  ['kJ', 3],
]);

/** The spellings that messages and completion offer. */
export const shownUnits: readonly string[] = ['J', 'mJ', 'uJ', 'nJ', 'pJ', 'kJ'];

/** The closed set of words that may stand in a place of the grammar, by the name of its property. */
export const wordsByProperty: Readonly<Record<string, readonly Word[]>> = {
  backend: backendWords,
  solver: solveWords,
  learner: learnWords,
  targetKind: targetKindWords,
  per: perWords,
  heads: headsWords,
  counts: countWords,
  escalation: escalateWords,
  cached: cacheWords,
  sizeUnit: shownSizeUnits.map((word) => ({ word, doc: 'Unit of size; 1 KB is 1024 B.' })),
  unit: shownUnits.map((word) => ({ word, doc: 'Unit of energy.' })),
};

/** The keywords of the grammar, each with what it means, its range and its default. Hovers, completion and the manual use these. */
export const keywordDocs: readonly Word[] = [
  { word: 'model', doc: '`model "FILE.onnx"`: the model this plan is about. Required, once. Relative paths start at the plan\'s folder.' },
  {
    word: 'data',
    doc: '`data "FILE" [inputs NAME] [labels NAME] [split NUMBER] [seed NUMBER]`: the rows for fitting and evaluation (.npz, .npy, .csv).',
  },
  { word: 'inputs', doc: 'Name of the array that holds the inputs. Default `x`.' },
  { word: 'labels', doc: 'After `data`: name of the array that holds the labels, default `y`. After `targets`: solve for the labels.' },
  {
    word: 'split',
    doc: 'After `data`: fraction of the rows used for fitting, between 0 and 1, both excluded; the rest is held out. Default 0.8. After `text`: fraction of the text, from its beginning, that calibrates. Default 0.9.',
  },
  { word: 'seed', doc: 'A whole number from 0: the same seed gives the same bits. Default 1.' },
  {
    word: 'text',
    doc: '`text "FILE" tokens "VOCABULARY" [context NUMBER] [split NUMBER]`: the text of a language model (UTF-8) with the vocabulary that turns it into tokens.',
  },
  {
    word: 'tokens',
    doc: 'After `text`: the vocabulary, a `.json` list of tokens (id = position) or an object from token to id. Required.',
  },
  { word: 'context', doc: 'After `text`: tokens per window, 1 to 65536. Default 128, or less where the model allows less.' },
  { word: 'target', doc: '`target "ID"`: the hardware whose energy is estimated. Default: the first known target.' },
  {
    word: 'train',
    doc: '`train on "ID"`: the machine that would train by gradient descent; its retraining energy stands beside that of the target. Default `server-cpu`.',
  },
  { word: 'on', doc: 'See `train`.' },
  { word: 'backend', doc: '`backend cpu | sim | serial "PORT" | serial auto | xrt NUMBER`: where a solve runs. Default `sim`.' },
  {
    word: 'auto',
    doc: '`serial auto`: the first board that answers. `lambda auto`: the ridge chosen from the data by generalised cross-validation. `escalate below auto`: the confidence chosen on calibration rows.',
  },
  {
    word: 'lower',
    doc: '`lower tier NAME { … }`: layers whose weights are solved directly, in one step. In a compound section, `lower blocks 0..3 | layers "A" .. "B" | model "FILE.onnx"`: the module that represents, up to the last layer named.',
  },
  {
    word: 'upper',
    doc: '`upper tier NAME { … }`: layers that learn incrementally and are never retrained from scratch. In a compound section, `upper rest | blocks 4..5 | layers "A" .. "B" | model "FILE.onnx"`: the module that decides what the lower one is not sure of. Default `rest`.',
  },
  { word: 'tier', doc: 'A named group of layers that are treated alike. A layer is in at most one tier; layers in none are frozen.' },
  {
    word: 'layers',
    doc: '`layers "A", "B" .. "D", blocks 0..3`: layers by id; a range holds every layer between both ends in graph order; blocks bring all their layers.',
  },
  {
    word: 'blocks',
    doc: '`blocks 0..3` or `blocks 2`: every layer of these repeated blocks of the model (transformer or RWKV blocks, residual units), counted from 0 in graph order; `tierwise inspect` lists them.',
  },
  {
    word: 'compound',
    doc: '`compound NAME { … }`: a lower module that represents, with a cache, and an upper module that is asked when the lower one is not sure. Once.',
  },
  { word: 'rest', doc: '`upper rest`: everything in the model that follows the lower module. The default.' },
  {
    word: 'cache',
    doc: '`cache NUMBER B | KB | MB | GB` or `cache off`: most bytes of representations that are kept, at most 64 GB; 1 KB is 1024 B. Default 64 MB.',
  },
  {
    word: 'escalate',
    doc: '`escalate below NUMBER | auto [within NUMBER]`, `escalate never` or `escalate always`: decisions less sure than this go to the upper module. Default `below auto within 0.01`.',
  },
  {
    word: 'below',
    doc: 'The calibrated confidence, 0 to 1, below which a decision goes to the upper module; `auto`: the cheapest one that keeps accuracy, see `within`.',
  },
  {
    word: 'within',
    doc: '`below auto within NUMBER`: accuracy that may be lost against always asking the upper module, from 0, below 1, on calibration rows. Default 0.01.',
  },
  { word: 'solve', doc: '`solve ridge [lambda NUMBER | auto]`: how the lower tier is solved. Required in a lower tier.' },
  {
    word: 'lambda',
    doc: 'The ridge λ > 0 (absolute), or `auto`: chosen for each layer from its own rows. Default: 1e-3 of the mean diagonal of the Gram matrix.',
  },
  { word: 'targets', doc: '`targets KIND [seed NUMBER]`: what the lower tier is solved for. Default `labels`.' },
  {
    word: 'learn',
    doc: '`learn rls [lambda NUMBER | auto] [forgetting NUMBER] [expand NUMBER] [compensation NUMBER] [seed NUMBER]` or `learn sgd | adam [rate NUMBER] [epochs NUMBER] [ewc NUMBER] [seed NUMBER]`: how the upper tier learns. Required in an upper tier. In a compound section, `learn auto | rls | adam | none [lambda NUMBER | auto] [forgetting NUMBER] [rate NUMBER]`: how its heads learn. Default `auto`.',
  },
  { word: 'forgetting', doc: '`learn rls`: weight of the past per update, above 0 and at most 1; 1 forgets nothing. Default 1.' },
  {
    word: 'expand',
    doc: "`learn rls`: number of random ReLU features (the seed's) between the layer's input and its weights, 1 to 8192. Memory grows with its square. Default: none.",
  },
  {
    word: 'compensation',
    doc: '`learn rls expand NUMBER`: weight of a second stream of tanh features that learns what the first left over, 0 to 2. Default: no such stream.',
  },
  { word: 'rate', doc: '`learn sgd | adam`: learning rate, above 0. Default 1e-2 for sgd, 1e-3 for adam.' },
  { word: 'epochs', doc: '`learn sgd | adam`: passes over each batch of new rows, 1 to 10000. Default 1.' },
  {
    word: 'ewc',
    doc: '`learn sgd | adam`: strength of elastic weight consolidation, which holds back weights that earlier rows need, from 0. Default 0: none.',
  },
  { word: 'update', doc: '`update when gain per joule > NUMBER`: update only when the expected gain is worth the energy.' },
  { word: 'when', doc: 'See `update`.' },
  { word: 'gain', doc: 'Expected errors avoided, see `update`.' },
  {
    word: 'per',
    doc: 'What a budget counts: `per inference`, `per layer` (each layer, per inference), `per fit` (lower tier), `per update` (upper tier, compound section), `per decision` (compound section).',
  },
  { word: 'joule', doc: 'Of modelled energy of an update, see `update`.' },
  {
    word: 'budget',
    doc: '`budget NUMBER UNIT per inference | layer | fit | update | decision`: an energy limit in J, mJ, uJ, nJ or pJ.',
  },
];
