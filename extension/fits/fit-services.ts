import * as vscode from 'vscode';
import type { FitDocument } from '../../solver-core/protocol/index.ts';
import type { SolverClient } from '../server-client.ts';
import { toErrorData } from '../solver-error.ts';
import { baseName } from '../to-view.ts';
import { notWritable, workspaceDisk } from './disk.ts';
import { FitHistory, overwrittenCode } from './fit-history.ts';
import { fitKept } from './fit-kept.ts';

/** The history of fits in the storage of the workspace; undefined where no folder is open, which has none. */
export function createFitHistory(
  storage: vscode.Uri | undefined,
  services: { readonly solver: SolverClient; readonly log: vscode.LogOutputChannel },
): FitHistory | undefined {
  if (storage === undefined) return undefined;
  const { solver, log } = services;
  return new FitHistory({
    disk: workspaceDisk(),
    root: vscode.Uri.joinPath(storage, 'fits').toString(),
    warn: (text) => log.warn(text),
    hashOf: (model) =>
      solver.request('tierwise/inspect', { path: vscode.Uri.parse(model, true).fsPath }).then(
        ({ model: { sha256 } }) => sha256,
        (error: unknown) => {
          log.warn(`history of fits: ${model}: ${toErrorData(error).message}`);
          return null;
        },
      ),
    recordOf: (plan) =>
      solver.request('tierwise/lastFit', { path: vscode.Uri.parse(plan, true).fsPath }).then(
        ({ fit }) => fit,
        () => null,
      ),
    discard: (file) => discard(vscode.Uri.parse(file, true)),
  });
}

/** What a fit gave. `isLost`: its files could not be kept, so it cannot be undone. */
export interface FitOutcome {
  readonly fit: FitDocument;
  readonly isLost: boolean;
}

/** Runs a fit with its files kept before and after. A history that cannot be kept is told in the log and stops no fit. */
export async function fitWithHistory(
  services: { readonly history: FitHistory | undefined; readonly log: vscode.LogOutputChannel },
  place: { readonly plan: vscode.Uri; readonly model: string | null },
  control: { readonly token: vscode.CancellationToken; readonly tell: (message: string) => void },
  run: () => Promise<FitDocument>,
): Promise<FitOutcome> {
  const { history, log } = services;
  const { plan, model } = place;
  if (!history || model === null) return { fit: await run(), isLost: false };
  let isLost = false;
  const failed = (error: unknown): void => {
    const { code, message } = toErrorData(error);
    log.warn(`history of fits: ${message}; the fit cannot be undone`);
    if (code === overwrittenCode) void vscode.window.showWarningMessage(overwrittenText(plan));
    else isLost = true;
  };
  const { t } = vscode.l10n;
  const copying = (which: 'before' | 'after'): void =>
    control.tell(
      which === 'before' ? t('Preparing, so that the fit can be undone') : t('Keeping the new model, so that the fit can be undone'),
    );
  const fit = await fitKept(
    {
      history,
      plan: plan.toString(),
      output: vscode.Uri.file(fittedPath(model)).toString(),
      token: control.token,
      copying,
      failed,
      outputOf: ({ output }) => vscode.Uri.file(output).toString(),
    },
    run,
  );
  return { fit, isLost };
}

const overwrittenText = (plan: vscode.Uri): string =>
  vscode.l10n.t(
    'The files of this fit of {0} were written by something else at the same time, perhaps in another window ({1}). Fit again when nothing else fits this plan.',
    baseName(plan.path),
    overwrittenCode,
  );

/** Where a fit writes by default: `digits.onnx` gives `digits.fitted.onnx`. */
export function fittedPath(model: string): string {
  const [, stem = model, extension = ''] = /^(.*?[^\\/])(\.[^.\\/]*)?$/s.exec(model) ?? [];
  return `${stem}.fitted${extension === '' ? '.onnx' : extension}`;
}

/** To the trash where the machine has one. A copy is in the history, so nothing is lost where it has none. */
async function discard(file: vscode.Uri): Promise<void> {
  const { fs } = vscode.workspace;
  try {
    await fs.stat(file);
  } catch {
    return;
  }
  try {
    await fs.delete(file, { useTrash: true });
  } catch {
    await fs.delete(file).then(undefined, (error: unknown) => {
      throw notWritable(file, error);
    });
  }
}
