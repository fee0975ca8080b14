import { extname } from 'node:path';
import { energyCsv } from '../report/energy-csv.ts';
import { energyHtml } from '../report/energy-html.ts';
import { energyMarkdown } from '../report/energy-markdown.ts';
import type { ReportExtras } from '../report/energy-markdown.ts';
import { energyText } from '../report/energy-text.ts';
import type { EnergyDocument } from '../protocol/index.ts';
import { energyJob } from './energy.ts';
import type { EnergyParams } from './energy.ts';
import type { Environment } from './environment.ts';
import type { JobControl } from './job.ts';
import { findFit } from './last-fit.ts';
import { readPlan } from './read-plan.ts';

export type ReportFormat = 'text' | 'json' | 'csv' | 'md' | 'html';

/** The energy document of a model or plan with budgets and the newest fit record, as text in one of the formats. */
export async function renderEnergy(
  environment: Environment,
  params: EnergyParams,
  format: ReportFormat,
  control: JobControl = {},
): Promise<{ energy: EnergyDocument; text: string }> {
  const energy = await energyJob(environment, params, control);
  // The data formats hold the document alone.
  const bare = format === 'json' || format === 'csv' || extname(params.path) !== '.tiers';
  const extras = bare ? {} : await extrasOf(environment, params);
  return { energy, text: render(environment, energy, extras, format) };
}

/** The request `tierwise/report`. */
export async function reportJob(
  environment: Environment,
  params: EnergyParams & { readonly format: ReportFormat },
  control: JobControl = {},
): Promise<{ text: string }> {
  const { text } = await renderEnergy(environment, params, params.format, control);
  return { text };
}

/**
 * What stands beside the figures: the newest fit record. The budgets are in the document, judged against its figures, so that another
 * target than the plan's judges them, too.
 */
async function extrasOf(environment: Environment, params: EnergyParams): Promise<ReportExtras> {
  const read = await readPlan(params.path, params.text);
  if (read.plan === undefined) return {};
  const found = await findFit(environment, read, read.plan);
  return {
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
      return energyText(energy);
  }
}
