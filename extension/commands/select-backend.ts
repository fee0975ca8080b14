import * as vscode from 'vscode';
import type { BoardsDocument, SerialPortDocument, XrtDeviceDocument } from '../../solver-core/protocol/index.ts';
import { answerText, isCurrentPort, portSetting, powerText, splitPorts, withChosenPort } from '../backend-choice.ts';
import type { TierwiseContext } from '../context.ts';
import { toErrorData } from '../solver-error.ts';
import type { Settings } from '../settings-schema.ts';
import { explainTrust } from '../trust.ts';
import { startSimulatedBoard } from './simulated-board.ts';

/** What choosing an entry does; `probe` is what the entry's button asks. */
interface BackendItem extends vscode.QuickPickItem {
  readonly choose?: Partial<Pick<Settings, 'fitBackend' | 'boardPort' | 'boardXrtDevice'>>;
  readonly probe?: string;
  readonly isSimulatedBoard?: true;
}

/**
 * Picks where fits solve: the plan's own backend, this machine, the simulated engine, a serial board or a card. Listing opens no
 * port; the button of an entry asks who answers there. The choice is kept in the settings.
 */
export async function selectBackend(context: TierwiseContext): Promise<void> {
  if (!vscode.workspace.isTrusted)
    return explainTrust(vscode.l10n.t('Boards are out of reach in a restricted workspace, because its settings could name any port.'));
  const chosen = await pick(context);
  if (chosen === undefined) return;
  if (chosen.isSimulatedBoard) return startSimulatedBoard(context);
  await rememberBackend(chosen.choose ?? {});
}

/** Writes the choice where it belongs: into the workspace when one is open, else for the user. */
export async function rememberBackend(choice: NonNullable<BackendItem['choose']>): Promise<void> {
  const configuration = vscode.workspace.getConfiguration('tierwise');
  const target = vscode.workspace.workspaceFolders === undefined ? vscode.ConfigurationTarget.Global : vscode.ConfigurationTarget.Workspace;
  // The port first: a fit that starts between the two must not go to the old one.
  if (choice.boardPort !== undefined) await configuration.update('board.port', choice.boardPort, target);
  if (choice.boardXrtDevice !== undefined) await configuration.update('board.xrtDevice', choice.boardXrtDevice, target);
  if (choice.fitBackend !== undefined) await configuration.update('fit.backend', choice.fitBackend, target);
}

function pick(context: TierwiseContext): Promise<BackendItem | undefined> {
  const list = vscode.window.createQuickPick<BackendItem>();
  list.title = vscode.l10n.t('Where should fits solve?');
  list.placeholder = vscode.l10n.t('A backend, a board or a card');
  list.matchOnDescription = true;
  list.matchOnDetail = true;
  let boards: BoardsDocument | undefined;
  let isOpen = true;
  const show = (): void => {
    if (isOpen) list.items = itemsOf(context, boards);
  };
  const stop = new vscode.CancellationTokenSource();
  const askNow = async (probe?: string): Promise<void> => {
    if (!isOpen) return;
    list.busy = true;
    try {
      const answer = await context.solver.request('tierwise/boards', probe === undefined ? {} : { probe }, { token: stop.token });
      boards = boards === undefined ? answer : merged(boards, answer);
    } catch (error) {
      const { message } = toErrorData(error);
      boards = { ...(boards ?? { schema: 'tierwise.boards/1', serial: [], xrt: [] }), notes: [message] };
    }
    list.busy = false;
    show();
  };
  // One question after the other: ports are opened for them.
  let last = Promise.resolve();
  const ask = (probe?: string): Promise<void> => (last = last.then(() => askNow(probe)));
  return new Promise((resolve) => {
    list.onDidAccept(() => {
      const [item] = list.selectedItems;
      // A note is there to be read.
      if (item === undefined || (item.choose === undefined && !item.isSimulatedBoard)) return;
      resolve(item);
      list.hide();
    });
    list.onDidTriggerItemButton(({ item }) => void ask(item.probe));
    list.onDidHide(() => {
      isOpen = false;
      stop.cancel();
      stop.dispose();
      resolve(undefined);
      list.dispose();
    });
    show();
    list.show();
    void ask();
  });
}

/** An answer to one question keeps what was known of the others. */
function merged(before: BoardsDocument, after: BoardsDocument): BoardsDocument {
  return {
    ...after,
    serial: after.serial.map((port) => {
      const known = before.serial.find(({ path }) => path === port.path);
      return port.answer.kind === 'not-asked' && known !== undefined ? { ...port, answer: known.answer } : port;
    }),
    xrt: after.xrt.map((device) => {
      const known = before.xrt.find(({ index }) => index === device.index);
      return device.answer.kind === 'not-asked' && known !== undefined ? { ...device, answer: known.answer } : device;
    }),
  };
}

function itemsOf(context: TierwiseContext, boards: BoardsDocument | undefined): BackendItem[] {
  const { current } = context.settings;
  const planned = context.plans.activeSnapshot?.check?.backend;
  const t = vscode.l10n.t;
  const mark = (backend: Settings['fitBackend']): string => (current.fitBackend === backend ? t('in use') : '');
  const all = withChosenPort(current, boards?.serial ?? []);
  const ports = splitPorts(all);
  return [
    separator(t('Without a board')),
    {
      label: `$(file-code) ${t('Backend of the plan')}`,
      description: [planned ?? '', mark('plan')].filter((text) => text !== '').join(' \u00b7 '),
      choose: { fitBackend: 'plan' },
    },
    {
      label: `$(chip) ${t('Simulated engine')}`,
      description: mark('sim'),
      detail: t('The circuit of the boards, as WebAssembly'),
      choose: { fitBackend: 'sim' },
    },
    {
      label: `$(vm) ${t('This machine')}`,
      description: mark('cpu'),
      detail: t('Double precision, no engine'),
      choose: { fitBackend: 'cpu' },
    },
    separator(t('Serial boards')),
    {
      label: `$(search) ${t('The board that answers')}`,
      description: current.fitBackend === 'serial' && current.boardPort === 'auto' ? t('in use') : '',
      detail: t('Asks the likely ports before each fit'),
      choose: { fitBackend: 'serial', boardPort: 'auto' },
    },
    ...ports.boards.map((port) => portItem(current, port, all)),
    {
      label: `$(debug-start) ${t('Start a simulated board')}`,
      detail: t('Serial line included, in a terminal: for trying out without hardware'),
      isSimulatedBoard: true,
    },
    ...section(
      t('Other serial ports'),
      ports.others.map((port) => portItem(current, port, all)),
    ),
    ...section(
      t('Cards'),
      (boards?.xrt ?? []).map((device) => cardItem(current, device)),
    ),
    ...section(
      t('Notes'),
      (boards?.notes ?? []).map((note) => ({ label: `$(info) ${inert(note)}`, alwaysShow: true })),
    ),
  ];
}

function portItem(current: Settings, port: SerialPortDocument, all: readonly SerialPortDocument[]): BackendItem {
  const t = vscode.l10n.t;
  const about = [port.simulated ? port.path : (port.manufacturer ?? ''), isCurrentPort(current, port, all) ? t('in use') : ''];
  return {
    label: `$(${port.answer.kind === 'error' ? 'warning' : 'circuit-board'}) ${port.simulated ? t('Simulated board') : inert(port.path)}`,
    description: inert(about.filter((text) => text !== '').join(' \u00b7 ')),
    detail: inert(answerText(port.answer, port.candidates, t)),
    buttons: [{ iconPath: new vscode.ThemeIcon('question'), tooltip: t('Ask who answers at this port') }],
    choose: { fitBackend: 'serial', boardPort: portSetting(port, all) },
    probe: port.path,
  };
}

function cardItem(current: Settings, device: XrtDeviceDocument): BackendItem {
  const t = vscode.l10n.t;
  const inUse = current.fitBackend === 'xrt' && current.boardXrtDevice === device.index;
  const about = [device.bdf ?? '', powerText(device, t), inUse ? t('in use') : ''];
  return {
    label: `$(server) ${inert(device.name ?? t('Card {0}', device.index))}`,
    description: inert(about.filter((text) => text !== '').join(' \u00b7 ')),
    detail: inert(answerText(device.answer, [], t)),
    buttons: [{ iconPath: new vscode.ThemeIcon('question'), tooltip: t('Ask which kernel runs on this card') }],
    choose: { fitBackend: 'xrt', boardXrtDevice: device.index },
    probe: `xrt:${device.index}`,
  };
}

const separator = (label: string): BackendItem => ({ label, kind: vscode.QuickPickItemKind.Separator });
const section = (label: string, items: readonly BackendItem[]): readonly BackendItem[] =>
  items.length === 0 ? [] : [separator(label), ...items];
/** Names come from devices; `$(name)` in them must not become an icon. */
const inert = (text: string): string => text.replace(/\$\(/g, '$ (');
