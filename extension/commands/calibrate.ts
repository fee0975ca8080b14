import * as vscode from 'vscode';
import type { SensorDocument } from '../../solver-core/protocol/index.ts';
import { calibrationMarkdown } from '../calibration-text.ts';
import type { TierwiseContext } from '../context.ts';
import { showError } from '../errors-ui.ts';
import { inert } from '../inert.ts';
import { reportTo } from '../progress-report.ts';
import { noSensorText, sensorItem, sensorState, sortedSensors } from '../sensor-text.ts';
import { targetFiles } from '../target-files.ts';
import { baseName } from '../to-view.ts';
import { explainTrust } from '../trust.ts';

const maxModelsListed = 200;

/** Lists the meters of this machine with their states; choosing one says what to do about it. */
export async function showSensors(context: TierwiseContext): Promise<void> {
  const sensors = await askSensors(context);
  if (!sensors) return;
  if (sensors.length === 0) return void (await offerHelp(noSensorText(sensors, vscode.l10n.t)));
  const chosen = await pickSensor(sensors, vscode.l10n.t('Energy meters of this machine'));
  if (chosen) await explainSensor(chosen);
}

/** Measures models on this machine and fits a target's constants to what the meter said. */
export async function calibrateTarget(context: TierwiseContext): Promise<void> {
  if (!vscode.workspace.isTrusted) return explainTrust(trustText());
  const sensors = await askSensors(context);
  if (!sensors) return;
  const recorded = await measuredModels();
  if (recorded.length === 0 && !sensors.some(({ state }) => state === 'ready')) {
    const show = vscode.l10n.t('Show sensors');
    const choice = await offerHelp(noSensorText(sensors, vscode.l10n.t), sensors.length > 0 ? show : undefined);
    if (choice === show) await showSensors(context);
    return;
  }
  const sensor = await pickMeter(sensors, recorded.length);
  if (!sensor) return;
  if (sensor !== 'recorded' && sensor.state !== 'ready') return explainSensor(sensor);
  const target = await pickTarget(context);
  if (target === undefined) return;
  const models = sensor === 'recorded' ? await pickOf(recorded, () => true) : await pickModels(context);
  if (models.length > 0) await calibrate(context, sensor, target, models);
}

/** A meter of this machine, or what a meter said before, perhaps on another one. */
async function pickMeter(sensors: readonly SensorDocument[], recorded: number): Promise<SensorDocument | 'recorded' | undefined> {
  const meters = sensors.map((sensor) => ({ ...sensorItem(sensor, vscode.l10n.t), choice: sensor }));
  const before = {
    label: `$(history) ${vscode.l10n.t('Measurements made before')}`,
    description: recorded === 1 ? vscode.l10n.t('of 1 model') : vscode.l10n.t('of {0} models', recorded),
    detail: vscode.l10n.t('From the records beside the models; nothing is run.'),
    choice: 'recorded' as const,
  };
  const items = recorded === 0 ? meters : [before, ...meters];
  const placeHolder = vscode.l10n.t('Calibrate by which meter?');
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true }))?.choice;
}

/** Models with a record of measurements beside them. */
async function measuredModels(): Promise<readonly vscode.Uri[]> {
  const records = await vscode.workspace.findFiles('**/*.measured.json', '**/node_modules/**', maxModelsListed);
  const models = records
    .filter((uri) => uri.scheme === 'file')
    .map((uri) => uri.with({ path: uri.path.replace(/\.measured\.json$/, '.onnx') }));
  return models.sort((a, b) => a.path.localeCompare(b.path));
}

async function calibrate(
  context: TierwiseContext,
  sensor: SensorDocument | 'recorded',
  target: string,
  models: readonly vscode.Uri[],
): Promise<void> {
  try {
    const place = {
      location: vscode.ProgressLocation.Notification,
      title:
        sensor === 'recorded'
          ? vscode.l10n.t('Calibrating {0} by measurements made before', target)
          : vscode.l10n.t('Calibrating {0} by {1}', target, sensor.name),
      cancellable: true,
    };
    const calibration = await vscode.window.withProgress(place, (progress, token) => {
      const params = {
        target,
        paths: models.map((uri) => uri.fsPath),
        ...(sensor === 'recorded' ? { measure: false } : { measure: true, sensor: sensor.id }),
      };
      return context.solver.request('tierwise/calibrate', params, { token, onProgress: reportTo(progress) });
    });
    context.plans.refreshAll();
    await context.results.show(vscode.l10n.t('Calibration of {0}', target), calibrationMarkdown(calibration, vscode.l10n.t));
  } catch (error) {
    await showError(context.log, vscode.l10n.t('{0} could not be calibrated', target), error);
  }
}

async function askSensors(context: TierwiseContext): Promise<readonly SensorDocument[] | undefined> {
  try {
    const place = { location: vscode.ProgressLocation.Window, title: vscode.l10n.t('Looking for energy meters') };
    const { sensors } = await vscode.window.withProgress(place, () => context.solver.request('tierwise/sensors', {}));
    return sortedSensors(sensors);
  } catch (error) {
    await showError(context.log, vscode.l10n.t('The energy meters could not be listed'), error);
    return undefined;
  }
}

async function pickSensor(sensors: readonly SensorDocument[], placeHolder: string): Promise<SensorDocument | undefined> {
  const items = sensors.map((sensor) => ({ ...sensorItem(sensor, vscode.l10n.t), sensor }));
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true }))?.sensor;
}

async function explainSensor(sensor: SensorDocument): Promise<void> {
  if (sensor.state === 'ready') {
    const calibrate = vscode.l10n.t('Calibrate target\u2026');
    const text = vscode.l10n.t('{0} can be read and covers {1}.', sensor.name, sensor.domain);
    if ((await vscode.window.showInformationMessage(text, calibrate)) === calibrate)
      await vscode.commands.executeCommand('tierwise.calibrateTarget');
    return;
  }
  const state = sensorState(sensor.state, vscode.l10n.t);
  await offerHelp(`${vscode.l10n.t('{0}: {1}.', sensor.name, state)} ${sensor.reason ?? ''}`.trim());
}

/** A warning with the page that says how meters are made readable; answers the other button when that was pressed. */
async function offerHelp(text: string, other?: string): Promise<string | undefined> {
  const help = vscode.l10n.t('How to measure');
  const choice = await vscode.window.showWarningMessage(text, ...(other === undefined ? [help] : [help, other]));
  if (choice === help) await vscode.commands.executeCommand('tierwise.measuringHelp');
  return choice;
}

/** Opens the page that says which meters are read, and how a user comes to be permitted. */
export async function measuringHelp(context: TierwiseContext): Promise<void> {
  const page = vscode.Uri.joinPath(context.extensionUri, 'extension', 'media', 'walkthrough', 'measure.md');
  await vscode.commands.executeCommand('markdown.showPreview', page);
}

async function pickTarget(context: TierwiseContext): Promise<string | undefined> {
  const current = context.plans.activeSnapshot?.energy?.target;
  const known = (await targetFiles(context.extensionUri)).toSorted((a, b) => Number(b.id === current) - Number(a.id === current));
  const items = known.map(({ id, name, summary, shipped }) => ({
    label: inert(id),
    id,
    description: [
      name,
      ...(id === current ? [vscode.l10n.t('target of the plan')] : []),
      ...(shipped ? [] : [vscode.l10n.t('of this workspace')]),
    ]
      .filter((part) => part !== '')
      .map(inert)
      .join(' \u00b7 '),
    detail: inert(summary),
  }));
  const placeHolder = vscode.l10n.t('Which target stands for the machine that the meter covers?');
  return (await vscode.window.showQuickPick(items, { placeHolder, matchOnDescription: true, matchOnDetail: true }))?.id;
}

async function pickModels(context: TierwiseContext): Promise<readonly vscode.Uri[]> {
  const active = context.plans.activeSnapshot?.energy?.model;
  const activeUri = active === undefined ? undefined : vscode.Uri.file(active);
  const found = await vscode.workspace.findFiles('**/*.onnx', '**/node_modules/**', maxModelsListed);
  const models = found.filter((uri) => uri.scheme === 'file').sort((a, b) => a.path.localeCompare(b.path));
  const isActive = (uri: vscode.Uri): boolean => uri.toString() === activeUri?.toString();
  if (activeUri && !models.some(isActive)) models.unshift(activeUri);
  if (models.length === 0) {
    void vscode.window.showInformationMessage(vscode.l10n.t('There is no ONNX model in this workspace.'));
    return [];
  }
  return pickOf(models, isActive);
}

async function pickOf(models: readonly vscode.Uri[], picked: (uri: vscode.Uri) => boolean): Promise<readonly vscode.Uri[]> {
  const items = models.map((uri) => ({
    label: inert(baseName(uri.path)),
    description: inert(vscode.workspace.asRelativePath(vscode.Uri.joinPath(uri, '..'))),
    picked: picked(uri),
    uri,
  }));
  const chosen = await vscode.window.showQuickPick(items, {
    canPickMany: true,
    placeHolder: vscode.l10n.t('By which models? Several of different size tell the constants apart.'),
  });
  if (chosen?.length === 0) void vscode.window.showInformationMessage(vscode.l10n.t('No model was ticked, so nothing was calibrated.'));
  return (chosen ?? []).map(({ uri }) => uri);
}

const trustText = (): string =>
  vscode.l10n.t('Measuring is blocked in a restricted workspace, because it runs the model of this workspace in ONNX Runtime.');
