import { resolve } from 'node:path';
import type { ModelRuntime } from '../fit/model-runner.ts';
import { checkAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import { encodeModel } from '../onnx/index.ts';
import type { EvalDocument } from '../protocol/index.ts';
import type { Environment } from './environment.ts';
import { nodeHost } from './host.ts';
import type { JobControl } from './job.ts';
import { contextOf, openLanguageText } from './language-text.ts';
import type { LanguageText } from './language-text.ts';
import { openModel } from './open-model.ts';
import { textLoss, textWindows } from './text-loss.ts';
import { openTokenRunner } from './token-runner.ts';
import type { TokenRunner } from './token-runner.ts';

/** A text to evaluate on. */
export interface EvalTextParams {
  readonly model: string;
  /** The text. */
  readonly data: string;
  /** The vocabulary. */
  readonly tokens: string;
  /** Tokens per window. Default 128, or what the model allows. */
  readonly context?: number;
}

/** Cross-entropy over a text. */
export interface TextEvaluation {
  /** Predicted tokens: all but the first, and but the rest that fills no window where the model takes whole ones only. */
  readonly tokens: number;
  /** Characters that they stand for. */
  readonly characters: number;
  /** Mean cross-entropy, nats per token. */
  readonly loss: number;
  readonly correct: number;
}

/** Scores that are in memory at once. */
const maxScores = 2 ** 24;
const maxWindows = 256;

/** Cross-entropy of a language model's next token over a whole text, each window from an empty context. */
export async function evalTextJob(
  environment: Environment,
  params: EvalTextParams,
  runtime: ModelRuntime,
  control: JobControl,
): Promise<EvalDocument> {
  const opened = await openModel(environment, params.model);
  const language = await openLanguageText(opened, resolve(params.data), resolve(params.tokens));
  const asked = contextOf(language.token, params.context);
  const context = language.token.exactContext === true ? asked : Math.min(asked, Math.max(1, language.text.ids.length - 1));
  const runner = await openTokenRunner(runtime, encodeModel(language.content.model), language.token);
  try {
    const result = await evaluateText(runner, language, context, control);
    return {
      schema: 'tierwise.eval/1',
      model: opened.path,
      dataset: language.text.name,
      rows: result.tokens,
      metric: 'cross-entropy',
      value: result.loss,
      correct: result.correct,
      runtime: runtime.version,
      text: { characters: result.characters, context },
    };
  } finally {
    await runner.dispose();
  }
}

/** Runs windows that follow each other, and a shorter one for the rest. Throws `text-too-short`, `loss-not-finite`. */
export async function evaluateText(
  runner: TokenRunner,
  { token, vocabulary, text }: LanguageText,
  context: number,
  control: JobControl,
): Promise<TextEvaluation> {
  const { ids } = text;
  const all = ids.length - 1;
  // A model that takes whole windows only leaves the rest at the end out.
  const tokens = token.exactContext === true ? all - (all % context) : all;
  if (tokens < 1) {
    throw new TierwiseError(
      'text-too-short',
      `${JSON.stringify(text.name)} has ${ids.length} tokens; at least ${token.exactContext === true ? context + 1 : 2} are needed, each to predict the next`,
      'Give a longer text.',
    );
  }
  const size = Math.max(1, Math.min(maxWindows, Math.floor(maxScores / (context * token.vocabulary))));
  let sum = 0;
  let correct = 0;
  for (let first = 0; first < tokens;) {
    checkAbort(control.abort);
    control.onProgress?.({ stage: 'evaluating', message: `${first} of ${tokens} tokens`, fraction: first / tokens });
    const whole = Math.min(size, Math.floor((tokens - first) / context));
    const length = whole === 0 ? tokens - first : context;
    const count = Math.max(1, whole);
    const { windows, targets } = textWindows(ids, length, first, first + count * length + 1);
    const { logits } = await runner.run(windows, length, []);
    const part = textLoss(logits, token.vocabulary, targets);
    for (const loss of part.losses) sum += loss;
    correct += part.correct;
    first += count * length;
    await nodeHost.pause();
  }
  const loss = sum / tokens;
  if (!Number.isFinite(loss)) {
    throw new TierwiseError(
      'loss-not-finite',
      `the loss of the model on ${JSON.stringify(text.name)} is not a finite number`,
      'Check the model: its scores hold values that are infinite or not a number.',
    );
  }
  let characters = 0;
  for (let i = 1; i <= tokens; i++) characters += lengthOf(vocabulary.tokens[ids[i]!] ?? '');
  return { tokens, characters, loss, correct };
}

/** Characters, not UTF-16 units. */
function lengthOf(token: string): number {
  return token.length === 1 ? 1 : [...token].length;
}
