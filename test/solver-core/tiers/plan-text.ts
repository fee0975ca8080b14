import fc from 'fast-check';

/** The tokens that plans are made of, right and wrong ones, for random texts. */
export const pieces = [
  'model',
  'data',
  'inputs',
  'labels',
  'split',
  'seed',
  'target',
  'train',
  'on',
  'layer',
  'backend',
  'cpu',
  'sim',
  'serial',
  'auto',
  'xrt',
  'lower',
  'upper',
  'tier',
  'layers',
  'solve',
  'ridge',
  'lambda',
  'targets',
  'forward-projection',
  'learn',
  'rls',
  'forgetting',
  'sgd',
  'adam',
  'pca',
  'expand',
  'compensation',
  'rate',
  'epochs',
  'ewc',
  'update',
  'when',
  'gain',
  'per',
  'joule',
  'budget',
  'inference',
  'decision',
  'text',
  'tokens',
  'context',
  'compound',
  'blocks',
  'rest',
  'cache',
  'off',
  'MB',
  'escalate',
  'below',
  'within',
  'never',
  'none',
  'fit',
  'mJ',
  'J',
  'x',
  '{',
  '}',
  ',',
  '..',
  '>',
  '1',
  '0.5',
  '-1',
  '1e-2',
  '1e999',
  '"digits.onnx"',
  '"deep.onnx"',
  '"small.onnx"',
  '"input.txt"',
  '"vocab.json"',
  '"digits.npz"',
  '"/fc1/Gemm"',
  '"/fc2/Gemm"',
  '"/fc3/Gemm"',
  '"/fc9"',
  '""',
  '"',
  '"\\',
  '/*',
  '*/',
  '//',
  '\n',
  '@',
  '.',
  '\u202e',
  '\0',
  '😀',
  '\ud800',
];

/** A number that the range of a clause accepts, as text. */
const fraction = fc.integer({ min: 1, max: 99 }).map((n) => `0.${String(n).padStart(2, '0')}`);
const positive = fc.tuple(fc.integer({ min: 1, max: 999 }), fc.integer({ min: -6, max: 3 })).map(([m, e]) => `${m}e${e}`);
const seed = fc.integer({ min: 0, max: 1000 }).map(String);
const whole = fc.integer({ min: 1, max: 8192 }).map(String);
const unit = fc.constantFrom('J', 'mJ', 'uJ', 'µJ', 'nJ', 'pJ');
const space = fc.constantFrom(' ', ' ', '\n', '  // remark\n', ' /* remark */ ', '\t', '\r\n\r\n\r\n');

function option(word: string, value: fc.Arbitrary<string>): fc.Arbitrary<readonly string[]> {
  return fc.option(value, { nil: undefined }).map((v) => (v === undefined ? [] : [word, v]));
}

/** Words and spaces in turn: a text whose words are the given ones. */
function spaced(words: readonly string[]): fc.Arbitrary<string> {
  return fc
    .array(space, { minLength: words.length, maxLength: words.length })
    .map((gaps) => words.map((w, i) => w + (gaps[i] ?? ' ')).join(''));
}

/** A learn clause: options of each learner in range, a compensation only with features. */
const learn: fc.Arbitrary<readonly string[]> = fc.oneof(
  fc
    .tuple(
      option('forgetting', fraction),
      option('lambda', fc.oneof(positive, fc.constant('auto'))),
      option('seed', seed),
      fc.oneof(
        option('expand', whole),
        fc.tuple(whole, fraction).map(([n, c]) => ['compensation', c, 'expand', n]),
      ),
    )
    .map((options) => ['rls', ...options.flat()]),
  fc
    .tuple(fc.constantFrom('sgd', 'adam'), option('rate', positive), option('epochs', whole), option('ewc', positive), option('seed', seed))
    .map(([learner, ...options]) => [learner, ...options.flat()]),
);

/** A plan without errors for the fake world (its digits.onnx), in random layout, with random options and comments. */
export const validPlan: fc.Arbitrary<string> = fc
  .tuple(
    fc.tuple(
      option('split', fraction),
      option('seed', seed),
      option('inputs', fc.constantFrom('x', '"my array"', 'data')),
      option('labels', fc.constantFrom('y', 'labels')),
    ),
    fc.constantFrom<readonly string[]>(
      [],
      ['target', '"server-cpu"'],
      ['target', '"ecp5-85f"', 'backend', 'cpu'],
      ['train', 'on', '"server-cpu"'],
    ),
    fc.tuple(
      option('lambda', fc.oneof(positive, fc.constant('auto'))),
      fc.option(fc.tuple(fc.constantFrom('labels', 'forward-projection', 'autoencode', 'teacher', 'pca', 'random'), option('seed', seed)), {
        nil: undefined,
      }),
      fc.option(fc.tuple(positive, unit), { nil: undefined }),
    ),
    fc.tuple(learn, fc.option(positive, { nil: undefined })),
    fc.option(fc.tuple(positive, unit, fc.constantFrom('inference', 'layer', 'fit', 'update')), { nil: undefined }),
    fc.constantFrom(['"/fc1/Gemm"'], ['"/fc1/Gemm"', '..', '"/fc2/Gemm"'], ['"/fc2/Gemm"', ',', '"/fc1/Gemm"']),
  )
  .chain(([data, header, lower, upper, budget, layers]) => {
    const words = [
      'model',
      '"digits.onnx"',
      'data',
      '"digits.npz"',
      ...data.flat(),
      ...header,
      'lower',
      'tier',
      'features',
      '{',
      'layers',
      ...layers,
      'solve',
      'ridge',
      ...lower[0],
    ];
    if (lower[1] !== undefined) words.push('targets', lower[1][0], ...lower[1][1]);
    if (lower[2] !== undefined) words.push('budget', lower[2][0], lower[2][1], 'per', 'fit');
    words.push('}', 'upper', 'tier', 'head', '{', 'learn', ...upper[0], 'layers', '"/fc3/Gemm"');
    if (upper[1] !== undefined) words.push('update', 'when', 'gain', 'per', 'joule', '>', upper[1]);
    words.push('}');
    if (budget !== undefined) words.push('budget', budget[0], budget[1], 'per', budget[2]);
    return spaced(words);
  });

/** A plan without errors for the fake world's deep.onnx: a text, tiers of blocks, and a compound section, in random layout. */
export const compoundPlan: fc.Arbitrary<string> = fc
  .tuple(
    fc.tuple(option('context', whole), option('split', fraction)),
    fc.constantFrom(
      [['blocks', '0'], []],
      [
        ['blocks', '0', '..', '3'],
        ['upper', 'blocks', '4', '..', '5'],
      ],
      [
        ['blocks', '0', ',', 'blocks', '2'],
        ['upper', 'rest'],
      ],
      [
        ['layers', '"/b0/up"', '..', '"/b3/down"'],
        ['upper', 'layers', 'blocks', '4', ',', '"/b5/up"'],
      ],
      [['blocks', '1']],
    ),
    fc.constantFrom([], ['cache', 'off'], ['cache', '64', 'MB'], ['cache', '.5', 'KiB']),
    fc.oneof(
      fc.constantFrom([], ['escalate', 'never'], ['escalate', 'always'], ['escalate', 'below', 'auto']),
      fraction.map((n) => ['escalate', 'below', n]),
      fraction.map((n) => ['escalate', 'below', 'auto', 'within', n]),
    ),
    fc.oneof(
      fc.constantFrom([], ['learn', 'none'], ['learn', 'auto']),
      fc.tuple(option('lambda', positive), option('forgetting', fraction)).map((o) => ['learn', 'rls', ...o.flat()]),
      option('rate', positive).map((o) => ['learn', 'adam', ...o]),
    ),
    fc.array(fc.tuple(positive, unit), { minLength: 0, maxLength: 2 }),
    fc.constantFrom([], ['update', 'when', 'gain', 'per', 'joule', '>', '0.5']),
  )
  .chain(([text, [lower = [], upper = []], cache, escalate, learnt, budgets, update]) => {
    const limits = budgets.flatMap(([amount, u], i) => ['budget', amount, u, 'per', i === 0 ? 'update' : 'decision']);
    return fc.shuffledSubarray([['lower', ...lower], upper, cache, escalate, learnt, limits, update], { minLength: 7 }).chain((clauses) => {
      const body = ['compound', 'reader', '{', ...clauses.flat(), '}'];
      const tier = ['upper', 'tier', 'deep', '{', 'layers', 'blocks', '4', ',', '"/head"', 'learn', 'adam', '}'];
      const head = ['model', '"deep.onnx"', 'data', '"digits.npz"', 'text', '"input.txt"', 'tokens', '"vocab.json"', ...text.flat()];
      return spaced([...head, ...body, ...tier]);
    });
  });
