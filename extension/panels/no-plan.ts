import * as vscode from 'vscode';
import type { PageCommand, ToWebview } from '../../webview/messages/index.ts';

interface Way {
  readonly label: string;
  readonly command: PageCommand;
}

/** The Tiers panel while the workspace has no plan: what a plan is, and the two ways to one. */
export function noPlanMessage(): ToWebview {
  return {
    kind: 'empty',
    message: vscode.l10n.t('There is no plan yet'),
    hint: vscode.l10n.t('A plan is a .tiers file beside an ONNX model. It says which layers are solved in one step.'),
    action: sample(),
    more: [{ label: vscode.l10n.t('Create a plan for a model'), command: 'create-plan' }],
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
