import type { Learner, TargetKind } from '../model/plan.ts';

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

/** The keywords of the grammar, each with what it means, its range and its default. Hovers, completion and the manual use these. */
export const keywordDocs: readonly Word[] = [
  { word: 'model', doc: '`model "FILE.onnx"`: the model this plan is about. Required, once. Relative paths start at the plan\'s folder.' },
  {
    word: 'data',
    doc: '`data "FILE" [inputs NAME] [labels NAME] [split NUMBER] [seed NUMBER]`: the rows for fitting and evaluation (.npz, .npy, .csv).',
  },
  { word: 'inputs', doc: 'Name of the array that holds the inputs. Default `x`.' },
  { word: 'labels', doc: 'After `data`: name of the array that holds the labels, default `y`. After `targets`: solve for the labels.' },
  { word: 'split', doc: 'Fraction of the rows used for fitting, between 0 and 1, both excluded; the rest is held out. Default 0.8.' },
  { word: 'seed', doc: 'A whole number from 0: the same seed gives the same bits. Default 1.' },
  { word: 'target', doc: '`target "ID"`: the hardware whose energy is estimated. Default: the first known target.' },
  {
    word: 'train',
    doc: '`train on "ID"`: the machine that would train by gradient descent; its retraining energy stands beside that of the target. Default `server-cpu`.',
  },
  { word: 'on', doc: 'See `train`.' },
  { word: 'backend', doc: '`backend cpu | sim | serial "PORT" | serial auto | xrt NUMBER`: where a solve runs. Default `sim`.' },
  {
    word: 'auto',
    doc: '`serial auto`: the first board that answers. `lambda auto`: the ridge chosen from the data by generalised cross-validation.',
  },
  { word: 'lower', doc: '`lower tier NAME { … }`: layers whose weights are solved directly, in one step.' },
  { word: 'upper', doc: '`upper tier NAME { … }`: layers that learn incrementally and are never retrained from scratch.' },
  { word: 'tier', doc: 'A named group of layers that are treated alike. A layer is in at most one tier; layers in none are frozen.' },
  { word: 'layers', doc: '`layers "A", "B" .. "D"`: layers by id; a range holds every layer between both ends in graph order.' },
  { word: 'solve', doc: '`solve ridge [lambda NUMBER | auto]`: how the lower tier is solved. Required in a lower tier.' },
  {
    word: 'lambda',
    doc: 'The ridge λ > 0 (absolute), or `auto`: chosen for each layer from its own rows. Default: 1e-3 of the mean diagonal of the Gram matrix.',
  },
  { word: 'targets', doc: '`targets KIND [seed NUMBER]`: what the lower tier is solved for. Default `labels`.' },
  {
    word: 'learn',
    doc: '`learn rls [lambda NUMBER | auto] [forgetting NUMBER] [expand NUMBER] [compensation NUMBER] [seed NUMBER]` or `learn sgd | adam [rate NUMBER] [epochs NUMBER] [ewc NUMBER] [seed NUMBER]`: how the upper tier learns. Required in an upper tier.',
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
    doc: 'What a budget counts: `per inference`, `per layer` (each layer, per inference), `per fit` (lower tier), `per update` (upper tier).',
  },
  { word: 'joule', doc: 'Of modelled energy of an update, see `update`.' },
  { word: 'budget', doc: '`budget NUMBER UNIT per inference | layer | fit | update`: an energy limit in J, mJ, uJ, nJ or pJ.' },
];
