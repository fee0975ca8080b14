import { existsSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { writeWhole } from '../jobs/files.ts';
import { nodePlanWorld } from '../jobs/plan-world.ts';
import { annotationPlanJob, pythonJob } from '../jobs/python.ts';
import { dataBeside } from '../jobs/python-energy.ts';
import { TierwiseError } from '../model/error.ts';
import { annotationsText } from '../report/annotations-text.ts';
import { inert } from '../report/cells.ts';
import { expectCall } from './args.ts';
import { print } from './run-job.ts';
import type { Command } from './run-job.ts';

/** `tierwise annotations FILE.py`. Exit code 1 when an annotation has errors. */
export const annotations: Command = async (call, environment) => {
  expectCall(call, ['FILE.py'], ['model', 'target', 'plan']);
  const { model, target, plan } = call.options;
  const path = resolve(call.files[0] ?? '');
  const models = model === undefined ? modelsBeside(path) : [resolve(model)];
  const document = await pythonJob(environment, { path, models, ...(target === undefined ? {} : { target }) });
  if (model !== undefined && document.model === null)
    process.stderr.write(`${inert(model, 4096)} does not match the layers of this file.\n`);
  if (plan !== undefined) await writePlan(environment, path, document.model, resolve(plan));
  print(call, document, () => annotationsText(document));
  return document.diagnostics.some(({ severity }) => severity === 'error') ? 1 : 0;
};

/** Models near a source file; what this command line made of a model, such as digits.fitted.onnx, comes last. */
function modelsBeside(path: string): readonly string[] {
  const near = nodePlanWorld(join(dirname(path), 'annotations.tiers')).modelsNearby();
  const derived = (name: string): number => (/\.(?:fitted|learned|selected|sparse)\.onnx$/.test(name) ? 1 : 0);
  return [...near].sort((a, b) => derived(a) - derived(b)).map((each) => resolve(dirname(path), each));
}

/** Writes the plan of the annotations. A plan that is there already may have been changed by hand, so it stays. */
async function writePlan(environment: Parameters<Command>[1], path: string, model: string | null, plan: string): Promise<void> {
  if (model === null)
    throw new TierwiseError(
      'no-matching-model',
      `no exported model matches ${path}, so a plan would name none`,
      'Export the model and name it with --model.',
    );
  if (existsSync(plan))
    throw new TierwiseError(
      'output-would-overwrite',
      `there is a file ${plan} already`,
      'Choose another name with --plan, or remove the file.',
      { category: 'usage' },
    );
  const data = dataBeside(model);
  const planFolder = dirname(plan);
  const params = { path, model, planFolder };
  const inside = data === undefined || dirname(model) !== planFolder ? {} : { data };
  const { text, unmatched } = await annotationPlanJob(environment, { ...params, ...inside });
  await writeWhole(plan, text);
  process.stderr.write(
    `Wrote ${inert(plan, 4096)}${unmatched.length === 0 ? '' : `; ${unmatched.length} annotated layers are not in the model`}\n`,
  );
}
