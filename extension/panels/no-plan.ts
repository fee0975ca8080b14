import * as vscode from 'vscode';
import type { PageCommand, ToWebview } from '../../webview/messages/index.ts';

interface Way {
  readonly label: string;
  readonly command: PageCommand;
}

/** The Tiers panel while the workspace has no plan: what a plan is, and the two ways to one. `model`: name of the model in the active editor. */
export function noPlanMessage(model?: string): ToWebview {
  if (model !== undefined)
    return {
      kind: 'empty',
      message: vscode.l10n.t('There is no plan for {0} yet', model),
      hint: vscode.l10n.t('A plan is a .tiers file beside the model. It says which layers are solved in one step and which learn.'),
      action: { label: vscode.l10n.t('Create a plan for {0}', model), command: 'create-plan' },
      more: [sample()],
    };
  return {
    kind: 'empty',
    message: vscode.l10n.t('There is no plan yet'),
    hint: vscode.l10n.t('A plan is a .tiers file beside an ONNX model. It says which layers are solved in one step.'),
    action: sample(),
    more: [{ label: vscode.l10n.t('Create a plan for a model'), command: 'create-plan' }],
  };
}

/** The Tiers panel while the active editor shows a plan that is on no disk the solver can read. */
export function farPlanMessage(isUntitled: boolean): ToWebview {
  return {
    kind: 'empty',
    message: isUntitled
      ? vscode.l10n.t('This plan has not been saved yet')
      : vscode.l10n.t('This plan is in a virtual workspace, where its model cannot be read'),
    hint: isUntitled
      ? vscode.l10n.t('Save it beside its model: the layers are listed then.')
      : vscode.l10n.t(
          'Layers can be listed and moved once the folder is opened on this machine or over Remote. The text can be edited here.',
        ),
    action: null,
  };
}

/** The report while there is no plan: what will stand there, and the shortest way to see it. */
export function noReportMessage(): ToWebview {
  return {
    kind: 'empty',
    message: vscode.l10n.t('No energy to report yet'),
    hint: vscode.l10n.t('Here stands what a plan\u2019s layers cost in joules, per inference and to retrain, each figure with its source.'),
    action: null,
    more: [sample(), { label: vscode.l10n.t('Create a plan for a model'), command: 'create-plan' }],
  };
}

function sample(): Way {
  return { label: vscode.l10n.t('Open the sample project'), command: 'open-sample' };
}
