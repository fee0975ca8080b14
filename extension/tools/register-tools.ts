import * as vscode from 'vscode';
import type { TierwiseContext } from '../context.ts';
import { toErrorData } from '../solver-error.ts';
import { budgetsAnswer, energyAnswer, explainAnswer } from './tool-answers.ts';
import { parseInput, type ToolInputs } from './tool-input.ts';
import { quoted } from './tool-text.ts';
import { isSameFile, workspaceFile } from './workspace-file.ts';

type Kind = keyof ToolInputs;

/** Names as package.json contributes them. */
export const toolNames: Readonly<Record<Kind, string>> = {
  energy: 'tierwise_inspectEnergy',
  budgets: 'tierwise_checkBudgets',
  explain: 'tierwise_explainFigure',
};

/** What is asked about: an absolute path, and the unsaved text of a plan that is open. */
interface Subject {
  readonly path: string;
  readonly text?: string;
}

/**
 * Registers the tools that chat models may call, where VS Code has such tools. They read and never write or run anything, so they work in
 * a restricted workspace, too; the solver starts with the first call.
 */
export function registerTools(context: TierwiseContext): vscode.Disposable {
  // Older versions of VS Code and other editors have no language models, whatever the types say.
  const lm = (vscode as { readonly lm?: Partial<typeof vscode.lm> }).lm;
  if (typeof lm?.registerTool !== 'function') return new vscode.Disposable(() => undefined);
  const kinds: readonly Kind[] = ['energy', 'budgets', 'explain'];
  return vscode.Disposable.from(...kinds.map((kind) => vscode.lm.registerTool(toolNames[kind], tool(context, kind))));
}

function tool(context: TierwiseContext, kind: Kind): vscode.LanguageModelTool<unknown> {
  return {
    prepareInvocation: ({ input }) => prepare(kind, input),
    invoke: async ({ input }, token) => {
      const text = await answerTo(context, kind, input, token);
      return new vscode.LanguageModelToolResult([new vscode.LanguageModelTextPart(text)]);
    },
  };
}

/** Words shown before and while a tool runs; the path is the chat model's and stays inert. */
function prepare(kind: Kind, raw: unknown): vscode.PreparedToolInvocation {
  const asked = typeof raw === 'object' && raw !== null && 'path' in raw && typeof raw.path === 'string' ? raw.path : undefined;
  const of = asked === undefined ? vscode.l10n.t('the active plan') : quoted(asked, 80);
  const titles: Readonly<Record<Kind, string>> = {
    energy: vscode.l10n.t('Inspect energy'),
    budgets: vscode.l10n.t('Check energy budgets'),
    explain: vscode.l10n.t('Explain an energy figure'),
  };
  const message = vscode.l10n.t('Tierwise reads {0} and its model. Nothing is run or written.', of);
  return {
    invocationMessage: new vscode.MarkdownString().appendText(vscode.l10n.t('Reading the energy of {0}', of)),
    confirmationMessages: { title: titles[kind], message: new vscode.MarkdownString().appendText(message) },
  };
}

/** The answer as text. A problem of the question or the files is an answer, too: the chat model can ask better then. */
async function answerTo(context: TierwiseContext, kind: Kind, raw: unknown, token: vscode.CancellationToken): Promise<string> {
  const parsed = parseInput(kind, raw);
  if ('problem' in parsed) return parsed.problem;
  const subject = await subjectOf(context, parsed.input.path, kind === 'budgets' ? ['.tiers'] : ['.tiers', '.onnx']);
  if ('problem' in subject) return subject.problem;
  try {
    return await ask(context, kind, parsed.input, subject, token);
  } catch (error) {
    const { code, message, advice } = toErrorData(error);
    return `${code}: ${quoted(message, 500)} ${quoted(advice, 300)}`;
  }
}

async function ask(
  context: TierwiseContext,
  kind: Kind,
  input: ToolInputs[Kind],
  subject: Subject,
  token: vscode.CancellationToken,
): Promise<string> {
  if (kind === 'budgets') return budgetsAnswer(await context.solver.request('tierwise/check', subject, { token }));
  const target = 'target' in input && input.target !== undefined ? { target: input.target } : {};
  const energy = await context.solver.request('tierwise/energy', { ...subject, ...target }, { token });
  if ('layer' in input) return explainAnswer(energy, input);
  return energyAnswer(energy, 'top' in input ? input.top : undefined);
}

/** The file that is meant: the one that is named, else the plan that the views show. */
async function subjectOf(
  context: TierwiseContext,
  asked: string | undefined,
  endings: readonly string[],
): Promise<Subject | { readonly problem: string }> {
  const { active } = context.plans;
  if (asked === undefined && active === undefined)
    return { problem: 'no-plan: no plan is open. Name a .tiers or .onnx file of the workspace.' };
  const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file').map(({ uri }) => uri.fsPath);
  if (asked === undefined && active !== undefined) return withText({ path: active.fsPath });
  if (folders.length === 0)
    return { problem: 'no-local-folder: models and plans are read from a folder on a local disk, and none is open.' };
  const found = await workspaceFile(asked ?? '', folders, endings);
  return 'problem' in found ? found : withText({ path: found.file });
}

async function withText({ path }: Subject): Promise<Subject> {
  for (const document of vscode.workspace.textDocuments) {
    const mayBe = document.isDirty && document.uri.scheme === 'file' && document.languageId === 'tiers';
    if (mayBe && (await isSameFile(document.uri.fsPath, path))) return { path, text: document.getText() };
  }
  return { path };
}
