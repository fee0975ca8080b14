import type { MeasureSeams } from '../../../solver-core/jobs/measure-options.ts';
import { TierwiseError } from '../../../solver-core/model/error.ts';
import { FakeHost } from '../sensors/fake-host.ts';

/** A machine on which one run takes `runMs` and `joules` beside 10 W of idling. */
export function machine(joules: number, runMs = 20): MeasureSeams {
  const host = new FakeHost('one-package');
  let total = 0;
  let extraW = 0;
  host.clock.onPass = (_, ms) => {
    total += (10 + extraW) * ms * 1000;
  };
  host.drive('/sys/class/powercap/intel-rapl:0/energy_uj', () => `${Math.floor(total)}\n`);
  return {
    host,
    sources: { cards: [], boards: [] },
    date: '2026-11-21T10:00:00.000Z',
    async around(run) {
      await run();
      extraW = joules / (runMs / 1000);
      host.clock.pass(runMs);
      extraW = 0;
    },
  };
}

/** The code of the TierwiseError that a job rejects with; other text otherwise. */
export const codeOf = async (job: Promise<unknown>): Promise<string> => {
  const error: unknown = await job.then(
    () => undefined,
    (reason: unknown) => reason,
  );
  return error instanceof TierwiseError ? error.code : String(error);
};
