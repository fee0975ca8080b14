import * as vscode from 'vscode';
import type { TierwiseContext } from './context.ts';
import { inert } from './inert.ts';
import { parseTask, planOfTask, taskName, taskWords, type TierwiseTask } from './task-plan.ts';

const type = 'tierwise';
/** The second one is for findings about a whole file, e.g. a model. */
const matchers = ['$tierwise-check', '$tierwise-check-file'];
const maxPlans = 50;

/**
 * Tasks that run the command line of Tierwise: one "check" for every plan of the workspace, and whatever tasks.json defines. VS Code
 * runs no task in a restricted workspace; none is offered there either.
 */
export function registerTasks(context: TierwiseContext): vscode.Disposable {
  return vscode.tasks.registerTaskProvider(type, {
    provideTasks: async (token) => {
      if (!vscode.workspace.isTrusted) return [];
      const folders = (vscode.workspace.workspaceFolders ?? []).filter(({ uri }) => uri.scheme === 'file');
      const found = await Promise.all(folders.map((folder) => checksOf(context, folder, token)));
      return found.flat();
    },
    resolveTask: (task) => {
      const definition = parseTask(task.definition);
      if (!definition || !vscode.workspace.isTrusted) return undefined;
      const folder =
        typeof task.scope === 'object' ? task.scope : vscode.workspace.workspaceFolders?.find(({ uri }) => uri.scheme === 'file');
      // The definition has to be the very same object, or VS Code drops the task.
      return folder?.uri.scheme === 'file' ? makeTask(context, folder, definition, task.definition, task.name) : undefined;
    },
  });
}

async function checksOf(
  context: TierwiseContext,
  folder: vscode.WorkspaceFolder,
  token: vscode.CancellationToken,
): Promise<readonly vscode.Task[]> {
  const pattern = new vscode.RelativePattern(folder, '**/*.tiers');
  const plans = await vscode.workspace.findFiles(pattern, '**/node_modules/**', maxPlans, token);
  return plans
    .sort((a, b) => a.path.localeCompare(b.path))
    .flatMap((uri) => {
      // A folder of the workspace may lie in another one, whose own task that plan is.
      const isOwn = vscode.workspace.getWorkspaceFolder(uri)?.uri.toString() === folder.uri.toString();
      const plan = isOwn ? planOfTask(folder.uri.path, uri.path) : undefined;
      if (plan === undefined) return [];
      const definition: TierwiseTask = { task: 'check', plan, args: [] };
      return [makeTask(context, folder, definition, { type, task: definition.task, plan }, taskName(definition))];
    });
}

function makeTask(
  context: TierwiseContext,
  folder: vscode.WorkspaceFolder,
  definition: TierwiseTask,
  given: vscode.TaskDefinition,
  name: string,
): vscode.Task {
  const nodePath = context.settings.current.solverNodePath;
  const script = vscode.Uri.joinPath(context.extensionUri, 'dist', 'cli.cjs').fsPath;
  const { boardXclbin } = context.settings.current;
  // Without a Node of the user's own, VS Code's executable runs the command as Node.
  const env: Record<string, string> = {
    ...(nodePath === '' ? { ELECTRON_RUN_AS_NODE: '1' } : {}),
    ...(boardXclbin === '' ? {} : { TIERWISE_XCLBIN: boardXclbin }),
  };
  const words = [...taskWords(definition, script)];
  const execution = new vscode.ProcessExecution(nodePath === '' ? process.execPath : nodePath, words, { cwd: folder.uri.fsPath, env });
  const task = new vscode.Task(given, folder, name, type, execution, matchers);
  if (definition.task === 'check') task.group = vscode.TaskGroup.Test;
  task.presentationOptions = {
    reveal: definition.task === 'check' ? vscode.TaskRevealKind.Silent : vscode.TaskRevealKind.Always,
    clear: true,
  };
  task.detail = inert(detailOf(definition));
  return task;
}

function detailOf({ task, plan }: TierwiseTask): string {
  switch (task) {
    case 'check':
      return vscode.l10n.t('Findings and budgets of {0}', plan);
    case 'energy':
      return vscode.l10n.t('Joules per layer of {0}', plan);
    case 'fit':
      return vscode.l10n.t('Solves the lower tier of {0}', plan);
  }
}
