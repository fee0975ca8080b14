import { ProgressType, ResponseError } from 'vscode-jsonrpc/node.js';
import type { CancellationToken, MessageConnection } from 'vscode-jsonrpc/node.js';
import { checkAbort, isAbort } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import { boardsJob } from '../jobs/boards.ts';
import { calibrateJob } from '../jobs/calibrate.ts';
import { checkJob } from '../jobs/check.ts';
import type { Environment } from '../jobs/environment.ts';
import { energyJob } from '../jobs/energy.ts';
import { evalJob } from '../jobs/eval.ts';
import { fitJob } from '../jobs/fit.ts';
import { learnJob } from '../jobs/learn.ts';
import { unlearnJob } from '../jobs/unlearn.ts';
import { inspectJob } from '../jobs/inspect.ts';
import type { JobControl } from '../jobs/job.ts';
import { lastFitJob } from '../jobs/last-fit.ts';
import { measureJob } from '../jobs/measure.ts';
import { sensorsJob } from '../jobs/sensors.ts';
import { compoundJob } from '../jobs/compound.ts';
import { diffJob } from '../jobs/diff.ts';
import { annotationCompletionJob, annotationPlanJob, pythonJob } from '../jobs/python.ts';
import { reportJob } from '../jobs/report.ts';
import { searchThresholds } from '../jobs/sparsify-model.ts';
import { sparsifyJob } from '../jobs/sparsify.ts';
import { selectJob } from '../jobs/select.ts';
import { SelectMemory } from '../jobs/select-memory.ts';
import { weightChangesJob } from '../jobs/weight-changes.ts';
import { weightsJob } from '../jobs/weights.ts';
import { diffMarkdown } from '../report/diff-markdown.ts';
import type { ErrorData, ProgressEvent, SolverErrorNumbers, SolverRequests } from '../protocol/index.ts';

type Method = keyof SolverRequests;
type Handler<M extends Method> = (params: SolverRequests[M]['params'], control: JobControl) => Promise<SolverRequests[M]['result']>;

type AnyHandler = (params: unknown, control: JobControl) => Promise<unknown>;

const failed: SolverErrorNumbers['failed'] = -32001;
const cancelled: SolverErrorNumbers['cancelled'] = -32800;
const progressType = new ProgressType<ProgressEvent>();

/** At most one fit, learning run or selection at a time: the engine, the memory and the files they write are not shared. */
function exclusive(): <M extends Method>(handler: Handler<M>) => Handler<M> {
  let running = false;
  return (handler) => async (params, control) => {
    if (running)
      throw new TierwiseError(
        'fit-in-progress',
        'a fit, a learning run or a search is already going on',
        'Wait for it or cancel it first.',
        {
          category: 'usage',
        },
      );
    running = true;
    try {
      return await handler(params, control);
    } finally {
      running = false;
    }
  };
}

function handlersOf(environment: Environment): { readonly [M in Method]: Handler<M> } {
  const alone = exclusive();
  const selections = new SelectMemory();
  // Listing opens nothing; asking opens a port, which a fit may have.
  const askBoards = alone<'tierwise/boards'>((params, control) => boardsJob(environment, params, control));
  return {
    'tierwise/hello': () => Promise.resolve({ version: environment.version, pid: process.pid, node: process.versions.node }),
    'tierwise/inspect': (params) => inspectJob(environment, params),
    'tierwise/check': (params) => checkJob(environment, params),
    'tierwise/energy': (params, control) => energyJob(environment, params, control),
    'tierwise/fit': alone<'tierwise/fit'>((params, control) => fitJob(environment, params, control)),
    'tierwise/eval': (params, control) => evalJob(environment, params, control),
    'tierwise/learn': alone<'tierwise/learn'>((params, control) => learnJob(environment, params, control)),
    'tierwise/unlearn': alone<'tierwise/unlearn'>((params, control) => unlearnJob(environment, params, control)),
    'tierwise/lastFit': (params) => lastFitJob(environment, params),
    'tierwise/boards': (params, control) =>
      params.probe === undefined ? boardsJob(environment, params, control) : askBoards(params, control),
    'tierwise/python': (params) => pythonJob(environment, params),
    'tierwise/annotationCompletion': (params) => annotationCompletionJob(params),
    'tierwise/annotationPlan': (params) => annotationPlanJob(environment, params),
    'tierwise/weights': (params, control) => weightsJob(environment, params, control),
    'tierwise/weightChanges': (params, control) => weightChangesJob(environment, params, control),
    'tierwise/report': (params, control) => reportJob(environment, params, control),
    'tierwise/select': alone<'tierwise/select'>((params, control) => selectJob(environment, params, control, selections)),
    'tierwise/sparsify': alone<'tierwise/sparsify'>((params, control) => sparsifyJob(environment, params, control, searchThresholds)),
    'tierwise/compound': alone<'tierwise/compound'>((params, control) => compoundJob(environment, params, control)),
    'tierwise/diff': async (params, control) => {
      const diff = await diffJob(environment, params, control);
      return { diff, text: diffMarkdown(diff) };
    },
    'tierwise/sensors': (params, control) => sensorsJob(params, control),
    // Nothing else should keep the machine busy meanwhile.
    'tierwise/measure': alone<'tierwise/measure'>((params, control) => measureJob(environment, params, control)),
    'tierwise/calibrate': alone<'tierwise/calibrate'>((params, control) => calibrateJob(environment, params, control)),
  };
}

/** The requests that are being answered. */
export interface OpenRequests {
  /** Cancels all of them; resolves when the last one has stopped. */
  stop(): Promise<void>;
}

/** Registers every request of the protocol on a connection. */
export function registerRequests(connection: MessageConnection, environment: Environment): OpenRequests {
  const handlers = handlersOf(environment);
  const end = new AbortController();
  const ended = end.signal;
  const open = new Set<Promise<unknown>>();
  const track = (request: Promise<unknown>): Promise<unknown> => {
    open.add(request);
    void request.catch(() => undefined).then(() => open.delete(request));
    return request;
  };
  for (const method of Object.keys(handlers) as Method[]) {
    const handler = handlers[method] as AnyHandler;
    // A request without parameters, or with a list of them, calls with another number of arguments; the token is always the last.
    connection.onRequest(method, (...words: unknown[]) => {
      const token = words.at(-1) as CancellationToken;
      const params = words.length === 2 ? words[0] : words.slice(0, -1);
      return track(answer(connection, method, handler, method === 'tierwise/hello' ? {} : params, token, ended));
    });
  }
  return {
    async stop() {
      end.abort();
      await Promise.allSettled([...open]);
    },
  };
}

async function answer(
  connection: MessageConnection,
  method: Method,
  handler: AnyHandler,
  params: unknown,
  token: CancellationToken,
  ended: AbortSignal,
): Promise<unknown> {
  const stop = new AbortController();
  const subscription = token.onCancellationRequested(() => stop.abort());
  const onEnd = (): void => stop.abort();
  ended.addEventListener('abort', onEnd);
  try {
    const checked = checkParams(method, params);
    const progressToken = checked['progressToken'];
    const onProgress = (event: ProgressEvent): void => {
      if (typeof progressToken === 'string') void connection.sendProgress(progressType, progressToken, event);
    };
    checkAbort(stop.signal);
    return await handler(checked, { abort: stop.signal, onProgress });
  } catch (error) {
    throw toResponseError(error);
  } finally {
    subscription.dispose();
    ended.removeEventListener('abort', onEnd);
  }
}

/** Which parameters each request needs; all of these are strings. */
const required: { readonly [M in Method]: readonly string[] } = {
  'tierwise/hello': [],
  'tierwise/inspect': ['path'],
  'tierwise/check': ['path'],
  'tierwise/energy': ['path'],
  'tierwise/fit': ['path'],
  'tierwise/eval': ['model', 'data'],
  'tierwise/learn': ['path', 'data'],
  'tierwise/unlearn': ['path', 'data', 'rows'],
  'tierwise/boards': [],
  'tierwise/lastFit': ['path'],
  'tierwise/python': ['path'],
  'tierwise/annotationCompletion': ['text'],
  'tierwise/annotationPlan': ['path', 'model', 'planFolder'],
  'tierwise/weights': ['path', 'layer'],
  'tierwise/weightChanges': ['path', 'before'],
  'tierwise/report': ['path', 'format'],
  'tierwise/select': ['path'],
  'tierwise/sparsify': ['path'],
  'tierwise/compound': ['path', 'stream'],
  'tierwise/diff': ['before', 'after'],
  'tierwise/sensors': [],
  'tierwise/measure': ['path'],
  'tierwise/calibrate': ['target'],
};
const reportFormats = ['html', 'md', 'csv', 'json', 'text'];
const optionalStrings = [
  'text',
  'before',
  'target',
  'backend',
  'out',
  'inputs',
  'labels',
  'state',
  'probe',
  'trainOn',
  'sensor',
  'data',
  'tokens',
  'progressToken',
];
const optionalBooleans = ['fresh', 'keepOnCancel', 'trial', 'switching', 'measure', 'fit', 'correct'];
const learnPolicies = ['plan', 'always', 'never'];
const sparsifyWords: Readonly<Record<string, readonly unknown[]>> = {
  method: ['budget', 'sequential', 'uniform'],
  per: ['site', 'channel'],
};
const selectWords: Readonly<Record<string, readonly unknown[]>> = {
  bits: [4, 8],
  values: ['all', 'set', 'powers-of-two'],
  method: ['closed-form', 'training'],
  cell: ['array', 'booth', 'shift'],
};

function checkParams(method: Method, params: unknown): Record<string, unknown> {
  const bad = (message: string): TierwiseError =>
    new TierwiseError('bad-request', `${method}: ${message}`, 'This is a defect of the client.', { category: 'usage' });
  if (typeof params !== 'object' || params === null || Array.isArray(params)) throw bad('parameters must be an object');
  const record = params as Record<string, unknown>;
  for (const name of required[method]) if (typeof record[name] !== 'string') throw bad(`"${name}" must be a string`);
  for (const name of optionalStrings)
    if (record[name] !== undefined && typeof record[name] !== 'string') throw bad(`"${name}" must be a string`);
  for (const name of optionalBooleans)
    if (record[name] !== undefined && typeof record[name] !== 'boolean') throw bad(`"${name}" must be true or false`);
  const { batchRows, policy, epochs } = record;
  if (method === 'tierwise/weights' && record['bins'] !== undefined && !Number.isSafeInteger(record['bins']))
    throw bad('"bins" must be a whole number');
  if (epochs !== undefined && !(Number.isSafeInteger(epochs) && (epochs as number) >= 1))
    throw bad('"epochs" must be a whole number of at least 1');
  if (batchRows !== undefined && !(Number.isSafeInteger(batchRows) && (batchRows as number) >= 1))
    throw bad('"batchRows" must be a whole number of at least 1');
  if (policy !== undefined && !learnPolicies.includes(String(policy))) throw bad(`"policy" must be one of ${learnPolicies.join(', ')}`);
  if (method === 'tierwise/select') {
    for (const [name, allowed] of Object.entries(selectWords))
      if (record[name] !== undefined && !allowed.includes(record[name])) throw bad(`"${name}" must be one of ${allowed.join(', ')}`);
    const { maxDrop, setSize } = record;
    if (setSize !== undefined && !Number.isSafeInteger(setSize)) throw bad('"setSize" must be a whole number');
    if (maxDrop !== undefined && !(typeof maxDrop === 'number' && maxDrop >= 0 && maxDrop <= 1))
      throw bad('"maxDrop" must be a number from 0 to 1');
  }
  // Standard input is the connection itself.
  if (method === 'tierwise/compound' && record['stream'] === '-') throw bad('"stream" must be a file');
  if (method === 'tierwise/sparsify') {
    for (const [name, allowed] of Object.entries(sparsifyWords))
      if (record[name] !== undefined && !allowed.includes(record[name])) throw bad(`"${name}" must be one of ${allowed.join(', ')}`);
    const { maxLoss, without } = record;
    if (maxLoss !== undefined && !(typeof maxLoss === 'number' && maxLoss > 0 && maxLoss <= 1))
      throw bad('"maxLoss" must be a number above 0 and up to 1');
    if (without !== undefined && !(Array.isArray(without) && without.every((role) => typeof role === 'string')))
      throw bad('"without" must be a list of strings');
  }
  if (method === 'tierwise/eval') {
    const { context, engine } = record;
    if (context !== undefined && !(Number.isSafeInteger(context) && (context as number) >= 1))
      throw bad('"context" must be a whole number of at least 1');
    if (engine !== undefined && engine !== 'onnx' && engine !== 'sparse') throw bad('"engine" must be one of onnx, sparse');
  }
  if (method === 'tierwise/report' && !reportFormats.includes(String(record['format'])))
    throw bad(`"format" must be one of ${reportFormats.join(', ')}`);
  const { paths } = record;
  const isPaths = Array.isArray(paths) && paths.length > 0 && paths.every((path) => typeof path === 'string');
  if (method === 'tierwise/calibrate' && !isPaths) throw bad('"paths" must be a list of at least one string');
  const dims = record['dims'];
  if (
    dims !== undefined &&
    (typeof dims !== 'object' ||
      dims === null ||
      Array.isArray(dims) ||
      Object.values(dims).some((v) => !Number.isSafeInteger(v) || (v as number) < 1))
  ) {
    throw bad('"dims" must map names to whole numbers of at least 1');
  }
  return record;
}

function toResponseError(error: unknown): ResponseError<ErrorData> {
  if (isAbort(error)) {
    return new ResponseError(cancelled, 'cancelled', {
      code: 'cancelled',
      message: 'cancelled; nothing was written',
      advice: 'Start it again when you are ready.',
    });
  }
  if (error instanceof TierwiseError)
    return new ResponseError(failed, error.message, { code: error.code, message: error.message, advice: error.advice });
  const message = error instanceof Error ? error.message : String(error);
  process.stderr.write(`${error instanceof Error ? (error.stack ?? message) : message}\n`);
  return new ResponseError(failed, message, {
    code: 'internal',
    message,
    advice: 'This is a defect in Tierwise; the log of the solver process says more.',
  });
}
