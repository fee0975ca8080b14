import { extname } from 'node:path';
import { evaluateBudgets } from '../energy/budgets.ts';
import { hasErrors } from '../model/diagnostic.ts';
import { energyCsv } from '../report/energy-csv.ts';
import { energyHtml } from '../report/energy-html.ts';
import { energyMarkdown } from '../report/energy-markdown.ts';
import type { ReportExtras } from '../report/energy-markdown.ts';
import { energyText } from '../report/energy-text.ts';
import type { EnergyDocument } from '../protocol/index.ts';
import { energyJob } from './energy.ts';
import type { EnergyParams } from './energy.ts';
import type { Environment } from './environment.ts';
import { findFit } from './last-fit.ts';
import { readPlan } from './read-plan.ts';

export type ReportFormat = 'text' | 'json' | 'csv' | 'md' | 'html';

/** The energy document of a model or plan with budgets and the newest fit record, as text in one of the formats. */
export async function renderEnergy(
  environment: Environment,
  params: EnergyParams,
  format: ReportFormat,
): Promise<{ energy: EnergyDocument; text: string }> {
  const energy = await energyJob(environment, params);
  // The data formats hold the document alone.
  const bare = format === 'json' || format === 'csv' || extname(params.path) !== '.tiers';
  const extras = bare ? {} : await extrasOf(environment, params, energy);
  return { energy, text: render(environment, energy, extras, format) };
}

/** The request `tierwise/report`. */
export async function reportJob(
  environment: Environment,
  params: EnergyParams & { readonly format: ReportFormat },
): Promise<{ text: string }> {
  const { text } = await renderEnergy(environment, params, params.format);
  return { text };
}

/**
 * What stands beside the figures: the budgets judged against this very document, so that another target than the plan's judges them, too,
 * and the newest fit record. A plan with errors has no judged budgets.
 */
async function extrasOf(environment: Environment, params: EnergyParams, energy: EnergyDocument): Promise<ReportExtras> {
  const read = await readPlan(params.path, params.text);
  if (read.plan === undefined) return {};
  const found = await findFit(environment, read, read.plan);
  return {
    budgets: hasErrors(read.diagnostics) ? [] : evaluateBudgets(read.plan, energy),
    fit: found?.fit ?? null,
    fitStale: found?.stale ?? false,
  };
}

function render(environment: Environment, energy: EnergyDocument, extras: ReportExtras, format: ReportFormat): string {
  switch (format) {
    case 'json':
      return `${JSON.stringify(energy)}\n`;
    case 'csv':
      return energyCsv(energy);
    case 'md':
      return energyMarkdown(energy, extras);
    case 'html':
      return energyHtml(energy, { ...extras, version: environment.version });
    case 'text':
      return energyText(energy, extras.budgets ?? []);
  }
}
