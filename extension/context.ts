import type * as vscode from 'vscode';
import type { CompoundRunner } from './compound-command.ts';
import type { FitRunner } from './fit-command.ts';
import type { FitHistory } from './fits/fit-history.ts';
import type { LearnRunner } from './learn-command.ts';
import type { LanguageService } from './language-client.ts';
import type { OptimiseRunner } from './optimise-command.ts';
import type { PlanStore } from './plan-store.ts';
import type { PythonAnalysis } from './python/python-analysis.ts';
import type { PythonSources } from './python/python-sources.ts';
import type { ResultDocuments } from './result-documents.ts';
import type { SolverClient } from './server-client.ts';
import type { SettingsService } from './settings.ts';
import type { SparsifyRunner } from './sparsify-command.ts';
import type { SwitchingRunner } from './switching-command.ts';

/** A violation of a page's content security policy, as the page reported it. */
export interface CspViolation {
  readonly directive: string;
  readonly blocked: string;
}

/** The services that commands, providers and panels share. Made once in `activate`. */
export interface TierwiseContext {
  readonly extensionUri: vscode.Uri;
  readonly log: vscode.LogOutputChannel;
  readonly settings: SettingsService;
  readonly solver: SolverClient;
  readonly language: LanguageService;
  readonly plans: PlanStore;
  readonly fits: FitRunner;
  /** Versions of fitted models; undefined where no folder is open. */
  readonly fitHistory: FitHistory | undefined;
  readonly learning: LearnRunner;
  readonly optimise: OptimiseRunner;
  readonly sparsify: SparsifyRunner;
  readonly compound: CompoundRunner;
  readonly switching: SwitchingRunner;
  /** Where Python source builds the layers of a model. */
  readonly python: PythonSources;
  /** What is known about Python documents on screen. */
  readonly pythonAnalysis: PythonAnalysis;
  /** Choices that this workspace remembers. */
  readonly memory: vscode.Memento;
  /** Comparisons and calibrations, shown as rendered Markdown. */
  readonly results: ResultDocuments;
  /** What has to end with the window, e.g. the process of a simulated board. */
  readonly atEnd: Set<{ close(): void }>;
  /** Every violation reported so far; tests assert that it stays empty. */
  readonly cspViolations: CspViolation[];
}
