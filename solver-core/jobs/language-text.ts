import { openText } from '../data/text.ts';
import type { TokenText } from '../data/text.ts';
import { openVocabulary } from '../data/vocabulary.ts';
import type { Vocabulary } from '../data/vocabulary.ts';
import type { Checked } from '../model/diagnostic.ts';
import { TierwiseError } from '../model/error.ts';
import { externalTensors } from '../onnx/index.ts';
import type { OpenedModel } from './open-model.ts';
import { checkVocabulary, tokenModel } from './token-model.ts';
import type { TokenModel } from './token-model.ts';

/** Tokens per window when neither plan nor call say otherwise and the model allows them. */
export const defaultContext = 128;

/** A language model with the text that it reads. */
export interface LanguageText {
  readonly content: NonNullable<OpenedModel['content']>;
  readonly token: TokenModel;
  readonly vocabulary: Vocabulary;
  readonly text: TokenText;
}

/** A model that can be run at all: readable, with all tensors inside. Throws TierwiseError with the first finding otherwise. */
export function runnableContent(opened: OpenedModel): NonNullable<OpenedModel['content']> {
  const { content } = opened;
  const first = opened.diagnostics.find((d) => d.severity === 'error');
  if (content === undefined || first !== undefined) {
    throw new TierwiseError(
      first?.code ?? 'model-unreadable',
      `${opened.path}: ${first?.message ?? 'the model cannot be read'}`,
      '`tierwise inspect` lists every finding.',
    );
  }
  const external = externalTensors(content.model).value ?? [];
  if (external.length > 0) {
    throw new TierwiseError(
      'external-data-not-run',
      `${opened.path} keeps ${external.length} tensors in other files; this version runs only models in one file`,
      'Save the model with its tensors inside.',
    );
  }
  return content;
}

/**
 * Opens a text for a language model. Throws TierwiseError with the code of the first finding: those of a model, `not-a-language-model`,
 * those of `openVocabulary`, `vocabulary-mismatch`, those of `openText`.
 */
export async function openLanguageText(opened: OpenedModel, textPath: string, tokensPath: string): Promise<LanguageText> {
  const content = runnableContent(opened);
  const token = valueOf(
    tokenModel(content),
    opened.path,
    'Give a model that takes token ids: [batch, tokens], or [batch] with states that come back.',
  );
  const vocabulary = valueOf(await openVocabulary(tokensPath), tokensPath, 'Give the vocabulary of the model.');
  const [mismatch] = checkVocabulary(token, vocabulary, tokensPath);
  if (mismatch !== undefined)
    throw new TierwiseError(mismatch.code, `${tokensPath}: ${mismatch.message}`, 'Use the vocabulary that the model was trained with.');
  const text = valueOf(await openText(textPath, vocabulary), textPath, 'Repair the text or give another one.');
  return { content, token, vocabulary, text };
}

/** Tokens per window: what was asked for, else the default, and never more than the model takes. Throws `context-too-long`, `context-fixed`. */
export function contextOf(token: TokenModel, asked: number | undefined): number {
  const { contextLimit } = token;
  if (asked !== undefined && contextLimit !== null && asked > contextLimit) {
    throw new TierwiseError(
      'context-too-long',
      `a window of ${asked} tokens is asked for; the model takes at most ${contextLimit}`,
      `Use ${contextLimit} or less.`,
    );
  }
  if (token.exactContext === true && contextLimit !== null) {
    if (asked === undefined || asked === contextLimit) return contextLimit;
    throw new TierwiseError(
      'context-fixed',
      `a window of ${asked} tokens is asked for; the model takes exactly ${contextLimit}`,
      `Use ${contextLimit}.`,
    );
  }
  return asked ?? Math.min(defaultContext, contextLimit ?? defaultContext);
}

function valueOf<T>({ value, diagnostics }: Checked<T>, path: string, advice: string): T {
  if (value !== undefined) return value;
  const first = diagnostics[0];
  throw new TierwiseError(first?.code ?? 'file-not-readable', `${path}: ${first?.message ?? 'it cannot be read'}`, advice);
}
