import { xrtHost } from '../backends/xrt/host.ts';
import type { PciCard } from '../backends/xrt/cards.ts';
import { listPciCards } from '../backends/xrt/cards.ts';
import { readElectrical } from '../backends/xrt/read-electrical.ts';
import { openSerial } from '../backends/serial/open-serial.ts';
import type { AbortFlag } from '../model/abort.ts';
import { TierwiseError } from '../model/error.ts';
import type { BoardSource } from '../sensors/board.ts';
import type { FoundSensor } from '../sensors/found.ts';
import type { SensorHost } from '../sensors/host.ts';
import type { SensorSources } from '../sensors/list.ts';
import { findSensors } from '../sensors/list.ts';
import { nodeSensorHost } from '../sensors/node-host.ts';
import type { CardSource } from '../sensors/xrt.ts';
import { nodeHost } from './host.ts';
import type { SerialSeams } from './serial.ts';

/** What meters are looked for on; other than by default only in tests. */
export interface SensorSeams {
  readonly host?: SensorHost;
  readonly sources?: SensorSources;
  readonly serial?: SerialSeams;
}

/** Every meter of this machine. `port`: a serial board that is asked, too; no other port is opened. */
export async function machineSensors(seams: SensorSeams, port: string | undefined, abort?: AbortFlag): Promise<readonly FoundSensor[]> {
  const host = seams.host ?? nodeSensorHost();
  if (seams.sources !== undefined) return findSensors(host, seams.sources);
  const cards = host.platform === 'linux' ? (await listPciCards(xrtHost())).map(cardSource) : [];
  if (port === undefined) return findSensors(host, { cards, boards: [] });
  const opened = await openSerial(port, { host: nodeHost, skipSelfTest: true, ...seams.serial }, abort);
  const board: BoardSource = {
    path: opened.port.path,
    name: opened.device.info.device,
    clockHz: opened.link.info.clockHz,
    watch: (intervalMs, listener) => opened.link.watch(intervalMs, listener),
  };
  try {
    return await findSensors(host, { cards, boards: [board] });
  } finally {
    await opened.device.dispose();
  }
}

/** The board of `--backend serial:PORT`; undefined without one. Throws for other backends, which have no telemetry. */
export function boardPort(backend: string | undefined): string | undefined {
  if (backend === undefined) return undefined;
  const match = /^serial(?::(.+))?$/s.exec(backend);
  if (match !== null) return match[1] ?? 'auto';
  throw new TierwiseError('usage', `the backend "${backend}" has no telemetry`, 'Name a board: --backend serial:PORT.', {
    category: 'usage',
  });
}

function cardSource(card: PciCard): CardSource {
  const { bdf, vendor, device, state } = card;
  return {
    bdf,
    name: `${vendor} ${device}`,
    obstacle: obstacles[state],
    async read() {
      const answer = await readElectrical(xrtHost(), bdf);
      if (answer.kind === 'none') return answer;
      const { powerW } = answer.report;
      return powerW.kind === 'value' ? { kind: 'power', watts: powerW.value } : { kind: 'none', reason: powerW.reason };
    },
  };
}

const obstacles: Readonly<Record<PciCard['state'], CardSource['obstacle']>> = {
  ready: null,
  'no-driver': { state: 'absent', reason: 'The card has no driver: install XRT with its kernel module xocl.' },
  'no-node': { state: 'absent', reason: 'The card has no device node under /dev/dri: its driver is not loaded.' },
  'no-permission': {
    state: 'not-permitted',
    reason: 'The card may not be opened by this user: join the group of its device node, usually render.',
  },
  'not-ready': { state: 'absent', reason: 'The card is not ready: flash its platform and start the machine again.' },
};
