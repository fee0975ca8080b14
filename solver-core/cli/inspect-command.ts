import { inspectJob } from '../jobs/inspect.ts';
import { weightsJob } from '../jobs/weights.ts';
import { TierwiseError } from '../model/error.ts';
import { inspectText } from '../report/inspect-text.ts';
import { weightsText } from '../report/weights-text.ts';
import { expectCall, wholeNumber } from './args.ts';
import { print, withProgress } from './run-job.ts';
import type { Command } from './run-job.ts';

/** `tierwise inspect`: the layers of a model, or with `--layer` the weights of one. */
export const inspect: Command = async (call, environment, abort) => {
  expectCall(call, ['MODEL'], ['dim', 'layer', 'before', 'bins', 'quiet']);
  const path = call.files[0] ?? '';
  const { layer, dims, inspect: words } = call.options;
  if (layer === undefined) {
    const word = (['before', 'bins'] as const).find((name) => words[name] !== undefined);
    if (word !== undefined)
      throw new TierwiseError('usage', `--${word} is for the weights of one layer`, 'Name the layer with --layer ID.', {
        category: 'usage',
      });
    const document = await inspectJob(environment, { path, dims });
    print(call, document, () => inspectText(document));
    return document.diagnostics.some((d) => d.severity === 'error') ? 1 : 0;
  }
  const bins = wholeNumber(words.bins, 'bins');
  const params = {
    path,
    layer,
    ...(words.before === undefined ? {} : { before: words.before }),
    ...(bins === undefined ? {} : { bins }),
  };
  const document = await withProgress(call, abort, (control) => weightsJob(environment, params, control));
  print(call, document, () => weightsText(document, words.before ?? null));
  return 0;
};
