import { calibrateJob } from '../jobs/calibrate.ts';
import { measureJob } from '../jobs/measure.ts';
import { sensorsJob } from '../jobs/sensors.ts';
import { TierwiseError } from '../model/error.ts';
import { calibrationMarkdown, measureMarkdown } from '../report/measure-markdown.ts';
import { calibrationText, measureText } from '../report/measure-text.ts';
import { sensorsText } from '../report/measure-sensors.ts';
import { choose, expectCall, expectOptions, refuseJson } from './args.ts';
import type { CliCall } from './args.ts';
import { print, withProgress } from './run-job.ts';
import type { Command } from './run-job.ts';

/** `tierwise sensors`: the meters of this machine. Exit code 0 also when there is none: that is an answer. */
export const sensors: Command = async (call, _environment, abort) => {
  expectCall(call, [], ['backend', 'quiet']);
  const { backend } = call.options;
  const params = backend === undefined ? {} : { backend };
  const document = await withProgress(call, abort, (control) => sensorsJob(params, control));
  print(call, document, () => sensorsText(document));
  return 0;
};

/** `tierwise measure FILE`: joules of one inference, or with --fit of one fit, by a meter. Exit code 3 without a meter for it, 1 when it cannot be told from idling. */
export const measure: Command = async (call, environment, abort) => {
  expectCall(call, ['MODEL or PLAN'], ['sensor', 'target', 'data', 'fit', 'backend', 'format', 'quiet']);
  const format = formatOf(call);
  const { target, data, backend } = call.options;
  const { sensor, fit } = call.options.measure;
  if (fit === true && data !== undefined) throw contradiction('--fit runs on the rows of the plan, and --data names others');
  if (fit !== true && backend !== undefined) throw contradiction('inference runs through ONNX Runtime; --backend is for --fit');
  const params = {
    path: call.files[0] ?? '',
    ...(sensor === undefined ? {} : { sensor }),
    ...(target === undefined ? {} : { target }),
    ...(data === undefined ? {} : { data }),
    ...(fit === true ? { fit } : {}),
    ...(backend === undefined ? {} : { backend }),
  };
  const document = await withProgress(call, abort, (control) => measureJob(environment, params, control));
  print(call, document, () => (format === 'md' ? measureMarkdown(document) : measureText(document)));
  return document.result === null ? 1 : 0;
};

/** `tierwise calibrate TARGET FILES`: fits a target's constants to the measurements beside the models. */
export const calibrate: Command = async (call, environment, abort) => {
  expectOptions(call, ['sensor', 'measure', 'format', 'quiet']);
  const format = formatOf(call);
  const [target, ...paths] = call.files;
  if (target === undefined || paths.length === 0)
    throw new TierwiseError(
      'usage',
      '`tierwise calibrate` wants a target and at least one model or plan',
      'For example: tierwise calibrate server-cpu digits.onnx lenet5.onnx --measure.',
      { category: 'usage' },
    );
  const { sensor, measure: measured } = call.options.measure;
  const params = { target, paths, measure: measured === true, ...(sensor === undefined ? {} : { sensor }) };
  const document = await withProgress(call, abort, (control) => calibrateJob(environment, params, control));
  print(call, document, () => (format === 'md' ? calibrationMarkdown(document) : calibrationText(document)));
  return 0;
};

function formatOf(call: CliCall): string {
  const format = choose(call.options.format, 'format', ['text', 'md'], 'text');
  if (call.options.format !== undefined) refuseJson(call, format);
  return format;
}

function contradiction(message: string): TierwiseError {
  return new TierwiseError('usage', message, 'Leave one of them away.', { category: 'usage' });
}
