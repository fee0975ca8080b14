import type {
  BudgetLayers,
  DiagnosticDocument,
  EnergyDocument,
  EnergyLayer,
  ErrorData,
  FitDocument,
  InspectDocument,
  InspectLayer,
  TierKind,
} from '../solver-core/protocol/index.ts';
import type { FitView, LayerView, ModelView, ReportView } from '../webview/messages/index.ts';
import { calibrationText, evidenceView, mappingText } from './evidence-text.ts';
import { figureView } from './figure-view.ts';
import { formatBytes, formatCount, formatMetric, formatNumber, formatQuantity, formatShape, type Translate } from './format.ts';
import { breakEvenText } from './hint-text.ts';
import { isFitted, type PlanSnapshot } from './plan-snapshot.ts';

const dash = '\u2013';

/** One row of a layer table. Either document may lack the layer: what it would say is then unknown. */
export function layerView(
  id: string,
  energy: EnergyLayer | undefined,
  inspect: InspectLayer | undefined,
  fitted: string | null,
  t: Translate,
): LayerView {
  const tier: TierKind = energy?.tier ?? 'frozen';
  return {
    id,
    op: energy?.op ?? inspect?.op ?? dash,
    tier,
    shape: inspect ? `${formatShape(inspect.inputShape)} \u2192 ${formatShape(inspect.outputShape)}` : dash,
    macs: formatCount(energy?.macs ?? inspect?.macs ?? null),
    parameters: formatCount(energy?.parameters ?? inspect?.parameters ?? null),
    weightBytes: inspect ? formatBytes(inspect.weightBytes) : dash,
    inference: figureView(energy?.inference ?? null, t),
    components: (energy?.components ?? []).flatMap((component) => {
      const figure = figureView(component.energy, t);
      return figure ? [{ name: component.name, figure }] : [];
    }),
    sgd: figureView(energy?.retraining.sgd ?? null, t),
    solve: figureView(energy?.retraining.solve ?? null, t),
    incremental: figureView(energy?.retraining.incremental ?? null, t),
    breakEven: energy ? breakEvenText(energy.breakEvenRetrainings, t) : dash,
    fitted,
    ...(energy?.mapping ? { mapping: mappingText(energy.mapping, t) } : {}),
    ...(energy?.evidence ? { evidence: energy.evidence.map((one) => evidenceView(one, t)) } : {}),
  };
}

/** The energy report of a plan, or null while no energy is known. Paths are whole: a page shows the last part and keeps the rest for its tooltip. */
export function reportView(
  snapshot: PlanSnapshot,
  t: Translate,
  simulating: NonNullable<ReportView['switching']>['running'] = null,
): ReportView | null {
  const { energy, inspect, check, fit } = snapshot;
  if (energy === null) return null;
  const inspected = new Map(inspect?.layers.map((layer) => [layer.id, layer]));
  const fittedBy = new Map(isFitted(snapshot) ? fit?.layers.map((layer) => [layer.id, layer.method]) : []);
  const totals = energy.totals;
  return {
    title: snapshot.path,
    ...(snapshot.error === null ? {} : { notice: outdatedText(snapshot.error, check, t) }),
    model: energy.model,
    target: energy.target,
    layers: energy.layers.map((layer) => ({
      ...layerView(layer.id, layer, inspected.get(layer.id), fittedBy.get(layer.id) ?? null, t),
      ...trainingView(layer, energy, t),
    })),
    totals: {
      macs: formatCount(totals.macs),
      parameters: formatCount(totals.parameters),
      inference: figureView(totals.inference, t),
      sgd: figureView(totals.retraining.sgd, t),
      solve: figureView(totals.retraining.solve, t),
      incremental: figureView(totals.retraining.incremental, t),
      breakEven: breakEvenText(totals.breakEvenRetrainings, t),
    },
    assumptions: energy.assumptions,
    budgets: (check?.budgets ?? []).map((budget) => ({
      scope: budgetScope(budget.scope, t),
      per: budget.per,
      limit: formatQuantity(budget.limit),
      actual: budget.actual ? formatQuantity(budget.actual) : dash,
      status: budget.status,
      ...(budget.ofLayers ? { detail: budgetLayersText(budget.ofLayers, t) } : {}),
    })),
    problems: problems([...(check?.diagnostics ?? []), ...energy.diagnostics, ...otherEngine(fit)]),
    fit: fit ? fitView(fit, snapshot.stale, t) : null,
    ...groundsView(energy, t),
    ...(energy.switchingObstacle === undefined ? {} : { switching: { obstacle: energy.switchingObstacle, running: simulating } }),
  };
}

/** How many layers miss a budget per layer, and which needs most: "2 of 3 layers exceed it, most /fc2/Gemm with 4.10 µJ". */
function budgetLayersText(layers: BudgetLayers, t: Translate): string {
  const [worst] = layers.worst;
  const missed = layers.exceeded + layers.uncertain + layers.unknown;
  if (worst === undefined || missed === 0) return t('all {0} layers keep it', formatCount(layers.total));
  const most = worst.actual ? t('{0} with {1}', worst.id, formatQuantity(worst.actual)) : worst.id;
  if (layers.exceeded === 0)
    return t('{0} of {1} layers may exceed it, most likely {2}', formatCount(missed), formatCount(layers.total), most);
  return t('{0} of {1} layers exceed it, most {2}', formatCount(layers.exceeded), formatCount(layers.total), most);
}

function trainingView(layer: EnergyLayer, energy: EnergyDocument, t: Translate): Pick<LayerView, 'training'> {
  const { onTrainingMachine: retraining } = layer;
  if (!retraining || !energy.trainingMachine) return {};
  const [sgd, solve, incremental] = [retraining.sgd, retraining.solve, retraining.incremental].map((quantity) => figureView(quantity, t));
  return { training: { name: energy.trainingMachine.name, sgd: sgd ?? null, solve: solve ?? null, incremental: incremental ?? null } };
}

/** What the figures of a report rest on beyond constants: simulations and measurements, a calibration, the machine that trains. */
function groundsView(energy: EnergyDocument, t: Translate): Pick<ReportView, 'evidence' | 'trainingMachine' | 'calibration'> {
  const { evidence, trainingMachine, calibration } = energy;
  return {
    ...(evidence ? { evidence: evidence.map((one) => evidenceView(one, t)) } : {}),
    ...(trainingMachine
      ? {
          trainingMachine: {
            name: trainingMachine.name,
            sgd: figureView(trainingMachine.retraining.sgd, t),
            solve: figureView(trainingMachine.retraining.solve, t),
            incremental: figureView(trainingMachine.retraining.incremental, t),
            breakEven: breakEvenText(trainingMachine.breakEvenRetrainings, t),
          },
        }
      : {}),
    ...(calibration ? { calibration: { text: calibrationText(calibration, t), path: calibration.path, stale: calibration.stale } } : {}),
  };
}

/** Why the figures are of an earlier moment. The plan's own errors stand in the Problems list already. */
export function outdatedText(error: ErrorData, check: PlanSnapshot['check'], t: Translate): string {
  if (check?.diagnostics.some(forbidsFit)) return t('The plan has errors. These figures are from before them.');
  return t('These figures are not up to date: {0}', error.message);
}

/** That a fit ran its model in another engine than usual: accuracies on the page rest on it. */
function otherEngine(fit: FitDocument | null): readonly DiagnosticDocument[] {
  return fit?.diagnostics.filter(({ code }) => code === 'fallback-runtime') ?? [];
}

function problems(diagnostics: readonly DiagnosticDocument[]): ReportView['problems'] {
  const seen = new Set<string>();
  return diagnostics.flatMap(({ severity, code, message }) => {
    const key = `${code}\n${message}`;
    if (seen.has(key)) return [];
    seen.add(key);
    return [{ severity, code, message }];
  });
}

/** A fit record for a page. */
export function fitView(fit: FitDocument, stale: boolean, t: Translate): FitView {
  const evaluation = fit.evaluation;
  return {
    backend: [fit.backend.kind, fit.backend.device].filter((text) => text !== '').join(' \u00b7 '),
    note: fit.backend.note,
    output: fit.output,
    stale,
    metric: evaluation ? metricName(evaluation.metric, t) : '',
    before: evaluation ? formatMetric(evaluation.metric, evaluation.before) : dash,
    after: evaluation ? formatMetric(evaluation.metric, evaluation.after) : dash,
    rowsText: evaluation ? rowsText(evaluation, t) : t('not evaluated'),
    layers: fit.layers.map((layer) => ({
      id: layer.id,
      rows: formatCount(layer.rows),
      lambda: formatNumber(layer.lambda),
      condition: formatNumber(layer.conditionEstimate),
      residual: formatNumber(layer.relativeResidual),
      passes: formatCount(layer.refinementPasses),
      cycles: formatCount(layer.cycles),
      method: layer.method,
      energy: figureView(layer.energy, t),
    })),
  };
}

/** The name of a metric in the user's language. */
export function metricName(metric: 'accuracy' | 'mse' | 'cross-entropy', t: Translate): string {
  if (metric === 'cross-entropy') return t('cross-entropy');
  return metric === 'accuracy' ? t('accuracy') : t('mean squared error');
}

function rowsText(evaluation: NonNullable<FitDocument['evaluation']>, t: Translate): string {
  const rows = formatCount(evaluation.rows);
  if (evaluation.correctBefore === null || evaluation.correctAfter === null) return t('{0} rows, {1}', rows, evaluation.split);
  return t(
    '{0} rows, {1}: {2} correct before, {3} after',
    rows,
    evaluation.split,
    formatCount(evaluation.correctBefore),
    formatCount(evaluation.correctAfter),
  );
}

/** Whose budget it is, in words: "whole model", "lower tier features". */
export function budgetScope(scope: string, t: Translate): string {
  const [, kind, name] = /^(lower|upper) (.*)$/s.exec(scope) ?? [];
  if (kind === undefined || name === undefined) return scope === 'model' ? t('whole model') : scope;
  return kind === 'lower' ? t('lower tier {0}', name) : t('upper tier {0}', name);
}

/** Whether a finding forbids a fit. An exceeded budget does not: the user is asked. */
export function forbidsFit(diagnostic: DiagnosticDocument): boolean {
  return diagnostic.severity === 'error' && !diagnostic.code.startsWith('budget-');
}

const maxMetadata = 40;
const maxMetadataLength = 300;
/** Inputs and outputs named on the page; models have thousands, and a text beyond its limit would cost the whole page. */
const maxTensors = 100;

/** The model editor's page. Energy may be missing: its columns are then empty. */
export function modelView(inspect: InspectDocument, energy: EnergyDocument | null, t: Translate): ModelView {
  const model = inspect.model;
  const byId = new Map(energy?.layers.map((layer) => [layer.id, layer]));
  const blockNames = new Map(inspect.blocks?.map((block) => [block.index, block.name]));
  const tensors = (list: InspectDocument['model']['inputs']): string => {
    const shown = list
      .slice(0, maxTensors)
      .map(({ name, dtype, shape }) => `${name.slice(0, maxMetadataLength)}: ${dtype} ${formatShape(shape)}`);
    return `${shown.join(', ') || dash}${list.length > maxTensors ? ` (+${list.length - maxTensors})` : ''}`;
  };
  // Nothing in it could be read: counts would only say zero.
  const unreadable = model.nodes === 0 && inspect.diagnostics.some((diagnostic) => diagnostic.severity === 'error');
  const opsets = Object.entries(model.opsets).map(([domain, version]) => `${domain === '' ? 'ai.onnx' : domain} ${version}`);
  return {
    path: model.path,
    summary: [
      { name: t('Size'), value: formatBytes(model.bytes) },
      ...(unreadable
        ? []
        : [
            { name: t('Producer'), value: model.producer.slice(0, maxMetadataLength) || dash },
            { name: t('IR version'), value: String(model.irVersion) },
            { name: t('Operator sets'), value: opsets.join(', ') || dash },
            { name: t('Inputs'), value: tensors(model.inputs) },
            { name: t('Outputs'), value: tensors(model.outputs) },
            { name: t('Nodes'), value: formatCount(model.nodes) },
          ]),
      ...(energy ? [{ name: t('Energy target'), value: energy.target }] : []),
      { name: 'SHA-256', value: model.sha256 },
      ...Object.entries(model.metadata)
        .slice(0, maxMetadata)
        .map(([name, value]) => ({ name: name.slice(0, maxMetadataLength), value: value.slice(0, maxMetadataLength) })),
    ],
    layers: inspect.layers.map((layer) => {
      const block = layer.block === undefined ? undefined : blockNames.get(layer.block);
      return {
        ...layerView(layer.id, byId.get(layer.id), layer, layer.fitted, t),
        ...(energy === null || energy.plan === null ? ({ tier: 'none' } as const) : {}),
        macsCount: layer.macs,
        parameterCount: layer.parameters,
        weightByteCount: layer.weightBytes,
        ...(energy ? { breakEvenRetrainings: byId.get(layer.id)?.breakEvenRetrainings ?? null } : {}),
        ...(block === undefined ? {} : { block }),
        ...(layer.role === undefined ? {} : { role: layer.role }),
      };
    }),
    diagnostics: [...inspect.diagnostics, ...(energy?.diagnostics ?? [])].map(({ severity, code, message, where }) => ({
      severity,
      code,
      message,
      where: whereText(where, t),
    })),
    ...(unreadable ? { unreadable } : {}),
    totals: {
      layers: formatCount(inspect.totals.layers),
      macs: inspect.totals.macsComplete ? formatCount(inspect.totals.macs) : t('at least {0}', formatCount(inspect.totals.macs)),
      parameters: formatCount(inspect.totals.parameters),
      weightBytes: formatBytes(inspect.totals.weightBytes),
      inference: figureView(energy?.totals.inference ?? null, t),
      ...(energy
        ? {
            sgd: figureView(energy.totals.retraining.sgd, t),
            solve: figureView(energy.totals.retraining.solve, t),
            incremental: figureView(energy.totals.retraining.incremental, t),
            breakEven: breakEvenText(energy.totals.breakEvenRetrainings, t),
          }
        : {}),
    },
  };
}

function whereText(where: DiagnosticDocument['where'], t: Translate): string {
  const parts: string[] = [];
  if (where.node !== undefined) parts.push(t('node {0}', where.node));
  if (where.tensor !== undefined) parts.push(t('tensor {0}', where.tensor));
  if (where.byteOffset !== undefined) parts.push(t('byte {0}', formatCount(where.byteOffset)));
  if (where.range) parts.push(t('line {0}', where.range.line));
  return parts.join(', ');
}

/** The last part of a path, whichever way its slashes lean. */
export function baseName(path: string): string {
  return path.split(/[\\/]/).at(-1) || path;
}
