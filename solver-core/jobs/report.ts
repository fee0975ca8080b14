import { extname } from 'node:path';
import { energyCsv } from '../report/energy-csv.ts';
import { energyHtml } from '../report/energy-html.ts';
import { energyMarkdown } from '../report/energy-markdown.ts';
import type { ReportExtras } from '../report/energy-markdown.ts';
import { energyText } from '../report/energy-text.ts';
import type { EnergyDocument } from '../protocol/index.ts';
import { checkJob } from './check.ts';
import { energyJob } from './energy.ts';
import type { EnergyParams } from './energy.ts';
import type { Environment } from './environment.ts';
import { lastFitJob } from './last-fit.ts';

export type ReportFormat = 'text' | 'json' | 'csv' | 'md' | 'html';

/** The energy document of a model or plan with budgets and the newest fit record, as text in one of the formats. */
export async function renderEnergy(
  environment: Environment,
  params: EnergyParams,
  format: ReportFormat,
): Promise<{ energy: EnergyDocument; text: string }> {
  const energy = await energyJob(environment, params);
  const extras = extname(params.path) === '.tiers' ? await extrasOf(environment, params) : {};
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

async function extrasOf(environment: Environment, params: EnergyParams): Promise<ReportExtras> {
  const { budgets } = await checkJob(environment, params);
  const { fit, stale } = await lastFitJob(environment, params);
  return { budgets, fit, fitStale: stale };
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
