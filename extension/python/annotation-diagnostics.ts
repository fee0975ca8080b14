import * as vscode from 'vscode';
import type { DiagnosticDocument, PythonDocument, TierKind } from '../../solver-core/protocol/index.ts';
import type { TierwiseContext } from '../context.ts';
import { linkedCode } from '../finding-code.ts';
import { baseName } from '../to-view.ts';
import { planOf } from './plan-of-model.ts';
import { differences, type Difference } from './plan-difference.ts';
import { toRange } from './python-text.ts';

/** Code of the finding that annotation and plan disagree. */
export const differsCode = 'annotation-differs';

const maxFindings = 200;

const severities: Readonly<Record<DiagnosticDocument['severity'], vscode.DiagnosticSeverity>> = {
  error: vscode.DiagnosticSeverity.Error,
  warning: vscode.DiagnosticSeverity.Warning,
  info: vscode.DiagnosticSeverity.Information,
};

/** A finding that is shown, with what its quick fixes need. */
export interface ShownFinding {
  readonly diagnostic: vscode.Diagnostic;
  /** Texts that would repair it at its place, best first. */
  readonly suggestions: readonly string[];
  /** Set where plan and annotation disagree. */
  readonly differs?: { readonly plan: vscode.Uri; readonly kind: TierKind };
}

/** Publishes what the solver finds in annotations, and where a plan about the same model says another tier. */
export class AnnotationDiagnostics implements vscode.Disposable {
  readonly #context: TierwiseContext;
  readonly #collection = vscode.languages.createDiagnosticCollection('tierwise-python');
  readonly #documents = new Set<vscode.TextDocument>();
  readonly #subscriptions: readonly vscode.Disposable[];

  constructor(context: TierwiseContext) {
    this.#context = context;
    this.#subscriptions = [
      this.#collection,
      context.pythonAnalysis.onDidChange((document) => void this.#update(document)),
      context.plans.onDidChange(() => this.#documents.forEach((document) => void this.#update(document))),
    ];
  }

  /** What an analysis finds in its document, with what a plan about the same model says. */
  async about(analysis: PythonDocument): Promise<readonly ShownFinding[]> {
    return [...analysis.diagnostics.map(fromSolver), ...(await this.#fromPlan(analysis))].slice(0, maxFindings);
  }

  dispose(): void {
    for (const subscription of this.#subscriptions) subscription.dispose();
  }

  async #update(document: vscode.TextDocument): Promise<void> {
    const analysis = this.#context.pythonAnalysis.latest(document);
    if (!analysis) {
      this.#documents.delete(document);
      this.#collection.delete(document.uri);
      return;
    }
    this.#documents.add(document);
    const findings = await this.about(analysis);
    if (this.#context.pythonAnalysis.latest(document) !== analysis) return;
    this.#collection.set(
      document.uri,
      findings.map(({ diagnostic }) => diagnostic),
    );
  }

  async #fromPlan(analysis: PythonDocument): Promise<readonly ShownFinding[]> {
    if (analysis.model === null || !analysis.layers.some((layer) => layer.annotation !== null)) return [];
    const plan = await planOf(this.#context.plans, vscode.Uri.file(analysis.model));
    // The first question about a plan starts reading it; its answer comes back here as a change.
    const planned = plan && this.#context.plans.snapshot(plan).energy?.layers;
    return plan && planned ? differences(analysis.layers, planned).map((difference) => fromDifference(difference, plan)) : [];
  }
}

function fromSolver(finding: DiagnosticDocument): ShownFinding {
  const place = finding.where.range ? toRange(finding.where.range) : new vscode.Range(0, 0, 0, 0);
  const diagnostic = new vscode.Diagnostic(place, finding.message, severities[finding.severity]);
  diagnostic.source = 'tierwise';
  diagnostic.code = linkedCode(finding.code);
  return { diagnostic, suggestions: finding.suggestions ?? [] };
}

function fromDifference({ range, annotated, planned, layers }: Difference, plan: vscode.Uri): ShownFinding {
  const names = layers.length > 3 ? vscode.l10n.t('{0} and {1} more', layers.slice(0, 3).join(', '), layers.length - 3) : layers.join(', ');
  const message = vscode.l10n.t(
    'This says {0}, the plan {1} says {2}: {3}. Fits and energy go by the plan.',
    annotated,
    baseName(plan.path),
    planned,
    names,
  );
  const diagnostic = new vscode.Diagnostic(toRange(range), message, vscode.DiagnosticSeverity.Information);
  diagnostic.source = 'tierwise';
  diagnostic.code = linkedCode(differsCode);
  return { diagnostic, suggestions: [], differs: { plan, kind: planned } };
}
