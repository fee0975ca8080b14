import * as vscode from 'vscode';
import type { CompoundDocument, FitDocument, LearnDocument, SelectDocument, SparsifyDocument } from '../solver-core/protocol/index.ts';
import { BoardsTree } from './boards/boards-tree.ts';
import { registerCommands } from './commands.ts';
import { CompoundRunner } from './compound-command.ts';
import type { CspViolation, TierwiseContext } from './context.ts';
import { FitRunner } from './fit-command.ts';
import { createFitHistory } from './fits/fit-services.ts';
import { registerFits } from './fits/register-fits.ts';
import { LearnRunner } from './learn-command.ts';
import { LanguageService } from './language-client.ts';
import { createLog, lastingLog } from './log.ts';
import { createCompoundPage } from './panels/compound-page.ts';
import { LearningPage } from './panels/learning-page.ts';
import { ModelEditorProvider } from './panels/model-editor.ts';
import { createOptimisePage } from './panels/optimise-page.ts';
import { ReportPages } from './panels/report-page.ts';
import { createSparsityPage } from './panels/sparsity-page.ts';
import { TiersPage } from './panels/tiers-page.ts';
import { createOptimiseRunner } from './optimise-command.ts';
import { isFitted } from './plan-snapshot.ts';
import { registerPlanLanguage } from './plan-language/register-plan-language.ts';
import { PlanStore } from './plan-store.ts';
import { createBudgetDiagnostics } from './providers/budget-diagnostics.ts';
import { TierCodeLensProvider } from './providers/code-lens.ts';
import { EnergyHintsProvider } from './providers/inlay-hints.ts';
import { createLanguageStatus } from './providers/language-status.ts';
import { LayersTreeProvider } from './providers/layers-tree.ts';
import { forgetLostBoard } from './commands/simulated-board.ts';
import { createBackendItem } from './providers/backend-item.ts';
import { createStatusBarItem } from './providers/status-bar.ts';
import { registerTools } from './tools/register-tools.ts';
import { ModelCandidates } from './python/model-candidates.ts';
import { PythonAnalysis } from './python/python-analysis.ts';
import { PythonSources } from './python/python-sources.ts';
import { registerPython } from './python/register-python.ts';
import { ResultDocuments } from './result-documents.ts';
import { SolverClient, type SolverState } from './server-client.ts';
import { SettingsService } from './settings.ts';
import { createSparsifyRunner } from './sparsify-command.ts';
import { SwitchingRunner } from './switching-command.ts';
import { registerTasks } from './tasks.ts';

/** What `activate` returns, for tests in a real extension host. */
export interface TierwiseApi {
  /** Resolves when the solver process has answered its greeting; starts it when needed. */
  solverReady(): Promise<void>;
  /** The newest fit of this session, or null. */
  lastFit(): FitDocument | null;
  /** The newest learning run of this session, or null. */
  lastLearning(): LearnDocument | null;
  /** The newest search for cheaper weights of this session, or null. */
  lastSelection(): SelectDocument | null;
  /** The newest result of making activations sparse of this session, or null. */
  lastSparsity(): SparsifyDocument | null;
  /** The newest record of a compound model of this session, or null. */
  lastCompound(): CompoundDocument | null;
  /** Every content security policy violation that a page reported. */
  cspViolations(): readonly CspViolation[];
  solverPid(): number | undefined;
}

/** Wires the parts together. Starts no process and reads no file: both wait for the first plan or model. */
export function activate(extension: vscode.ExtensionContext): TierwiseApi {
  const log = createLog();
  const settings = new SettingsService();
  const solverState = new vscode.EventEmitter<SolverState>();
  const solver = createSolver(extension, settings, log, solverState);
  const language = new LanguageService(vscode.Uri.joinPath(extension.extensionUri, 'dist', 'language-server.cjs').fsPath, log);
  const plans = new PlanStore(solver, settings);
  const fitHistory = createFitHistory(extension.storageUri, { solver, log });
  const fits = new FitRunner({ log, solver, settings, plans, history: fitHistory, memory: extension.workspaceState });
  const learning = new LearnRunner({ log, solver, plans, memory: extension.workspaceState });
  const runners = { log, solver, memory: extension.workspaceState };
  const optimise = createOptimiseRunner(runners);
  const sparsify = createSparsifyRunner(runners);
  const compound = new CompoundRunner(runners);
  const switching = new SwitchingRunner({ log, solver, settings, plans });
  const results = new ResultDocuments();
  const python = new PythonSources(solver, log);
  const models = new ModelCandidates(plans, extension.workspaceState);
  const pythonAnalysis = new PythonAnalysis({ log, solver, settings, plans, models });
  const context: TierwiseContext = {
    extensionUri: extension.extensionUri,
    log,
    settings,
    solver,
    language,
    plans,
    fits,
    fitHistory,
    learning,
    optimise,
    sparsify,
    compound,
    switching,
    python,
    pythonAnalysis,
    memory: extension.workspaceState,
    results,
    atEnd: new Set(),
    cspViolations: [],
  };
  const report = new ReportPages(context);
  const learningPage = new LearningPage(context);
  const optimisePage = createOptimisePage(context);
  const sparsityPage = createSparsityPage(context);
  const compoundPage = createCompoundPage(context);
  const selector: vscode.DocumentSelector = { language: 'tiers', scheme: 'file' };
  const codeLens = new TierCodeLensProvider(context);
  const hints = new EnergyHintsProvider(context);
  const layers = new LayersTreeProvider(context);
  const boards = new BoardsTree(context);

  const modelEditor = new ModelEditorProvider(context);
  extension.subscriptions.push(
    log,
    settings,
    solverState,
    { dispose: () => context.atEnd.forEach((one) => one.close()) },
    { dispose: () => void solver.dispose() },
    { dispose: () => void language.dispose() },
    plans,
    fits,
    learning,
    optimise,
    sparsify,
    compound,
    switching,
    python,
    pythonAnalysis,
    results,
    report,
    learningPage,
    optimisePage,
    sparsityPage,
    compoundPage,
    new TiersPage(context),
    modelEditor,
    codeLens,
    hints,
    layers,
    registerCommands(context, {
      model: modelEditor,
      report,
      learning: learningPage,
      optimise: optimisePage,
      sparsity: sparsityPage,
      compound: compoundPage,
      boards,
    }),
    vscode.languages.registerCodeLensProvider(selector, codeLens),
    vscode.languages.registerInlayHintsProvider(selector, hints),
    vscode.window.createTreeView('tierwise.layers', { treeDataProvider: layers, showCollapseAll: true, canSelectMany: true }),
    registerFits(context),
    registerTools(context),
    boards,
    registerTasks(context),
    createStatusBarItem(context),
    createBackendItem(context),
    createBudgetDiagnostics(context),
    createLanguageStatus(context, solverState.event),
    registerPython(context),
    registerPlanLanguage(context),
    keepContextKeys(context),
    startLanguageWithFirstPlan(context),
    restartOnNewEnvironment(context),
  );
  void plans.start();
  void forgetLostBoard(context);
  return {
    solverReady: () => solver.ready(),
    lastFit: () => fits.last,
    lastLearning: () => learning.run?.record ?? null,
    lastSelection: () => optimise.last,
    lastSparsity: () => sparsify.last,
    lastCompound: () => compound.last,
    cspViolations: () => context.cspViolations,
    solverPid: () => solver.pid,
  };
}

function createSolver(
  extension: vscode.ExtensionContext,
  settings: SettingsService,
  log: vscode.LogOutputChannel,
  state: vscode.EventEmitter<SolverState>,
): SolverClient {
  const script = vscode.Uri.joinPath(extension.extensionUri, 'dist', 'solver.cjs').fsPath;
  return new SolverClient({
    command: () => {
      const { solverNodePath: nodePath, boardXclbin } = settings.current;
      const boards: Record<string, string> = boardXclbin === '' ? {} : { TIERWISE_XCLBIN: boardXclbin };
      // Without a Node of the user's own, VS Code's executable runs the solver as Node.
      return nodePath === ''
        ? { executable: process.execPath, script, env: { ELECTRON_RUN_AS_NODE: '1', ...boards } }
        : { executable: nodePath, script, env: boards };
    },
    log: lastingLog(log),
    onState: (now) => state.fire(now),
  });
}

/** Keys that menus and views depend on: whether there is a plan, whether it can be read, and whether it is fitted. */
function keepContextKeys(context: TierwiseContext): vscode.Disposable {
  const update = (): void => {
    const snapshot = context.plans.activeSnapshot;
    void vscode.commands.executeCommand('setContext', 'tierwise.hasPlan', snapshot !== undefined);
    const unreadable = snapshot !== undefined && !snapshot.energy && (snapshot.check !== null || snapshot.error !== null);
    void vscode.commands.executeCommand('setContext', 'tierwise.noEnergy', unreadable);
    void vscode.commands.executeCommand('setContext', 'tierwise.hasFit', snapshot !== undefined && isFitted(snapshot));
  };
  update();
  return context.plans.onDidChange(update);
}

function startLanguageWithFirstPlan(context: TierwiseContext): vscode.Disposable {
  const start = (document: vscode.TextDocument): void => {
    // Plans of virtual workspaces and new ones are served by their text alone.
    if (document.languageId !== 'tiers') return;
    context.language
      .start()
      .catch((error: unknown) => context.log.error(`language server: ${error instanceof Error ? error.message : String(error)}`));
  };
  vscode.workspace.textDocuments.forEach(start);
  return vscode.workspace.onDidOpenTextDocument(start);
}

/** What the solver process is started with is read at its start only. */
function restartOnNewEnvironment(context: TierwiseContext): vscode.Disposable {
  let used = context.settings.current;
  return context.settings.onDidChange((settings) => {
    const isSame = settings.solverNodePath === used.solverNodePath && settings.boardXclbin === used.boardXclbin;
    used = settings;
    if (!isSame) void context.solver.restart();
  });
}
