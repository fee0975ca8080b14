import type { Framework } from './values.ts';

/** What an imported name is, as far as layers are concerned. */
export interface KnownName {
  readonly framework: Framework;
  /** The class, without its path: "Linear". */
  readonly name: string;
}

const torchModules =
  /^(?:torch\.nn(?:\.modules(?:\.\w+)?)?(?:\.utils)?|torch\.ao\.nn\.qat|lightning(?:\.pytorch)?|pytorch_lightning)(?:\.core(?:\.\w+)?)?$/;
const kerasModules =
  /^(?:tensorflow\.(?:python\.)?(?:_?api\.v\d\.)?keras|tf_keras|keras)(?:\.(?:api|src|v\d|layers|models|engine|core|convolutional|recurrent|Input|layers\.\w+|models\.\w+))*$/;

/** The framework and class that a full path such as "torch.nn.Linear" or "tensorflow.keras.layers.Dense" names; undefined for anything else. */
export function knownName(path: string): KnownName | undefined {
  if (path.length > 200) return undefined;
  const dot = path.lastIndexOf('.');
  if (dot < 0) return undefined;
  const [module, name] = [path.slice(0, dot), path.slice(dot + 1)];
  if (torchModules.test(module)) return { framework: 'torch', name };
  return kerasModules.test(module) ? { framework: 'keras', name } : undefined;
}

/** Names that a piece of a notebook may use without importing them itself, by the habit of both communities. */
export const habitualNames: ReadonlyMap<string, string> = new Map([
  ['torch', 'torch'],
  ['nn', 'torch.nn'],
  ['tf', 'tensorflow'],
  ['keras', 'keras'],
  ['layers', 'keras.layers'],
  ['math', 'math'],
]);

const moduleBases: Readonly<Record<Framework, ReadonlySet<string>>> = {
  torch: new Set(['Module', 'LightningModule', 'Sequential', 'ModuleList', 'ModuleDict']),
  keras: new Set(['Model', 'Layer', 'Sequential', 'Functional']),
};

/** True for the classes of both frameworks that people derive their own modules from. */
export function isModuleBase(known: KnownName): boolean {
  return moduleBases[known.framework].has(known.name);
}

const transformers = ['TransformerEncoderLayer', 'TransformerDecoderLayer', 'TransformerEncoder', 'TransformerDecoder', 'Transformer'];

const containers: Readonly<Record<Framework, ReadonlySet<string>>> = {
  torch: new Set(['Sequential', 'ModuleList', 'ModuleDict', ...transformers]),
  keras: new Set(['Sequential', 'Model', 'TimeDistributed', 'Bidirectional']),
};

/** True for the classes whose instances hold other layers. */
export function isContainer(known: KnownName): boolean {
  return containers[known.framework].has(known.name);
}
