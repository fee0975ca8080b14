import { descendants } from './processes.ts';
import type { Session } from './session.ts';
import { until } from './wait.ts';

/** The solver process of this workbench, and of no other on this machine. */
export async function solverPid(session: Session): Promise<number> {
  const found = await until(
    'the solver process',
    () => descendants(session.workbench.pid).find((one) => one.command.includes('dist/solver.cjs')),
    {
      seen: () => JSON.stringify(descendants(session.workbench.pid).map((one) => one.command.slice(-120))),
    },
  );
  return found.pid;
}

/** The extension host process of this workbench. */
export async function extensionHostPid(session: Session): Promise<number> {
  const found = await until('the extension host', () =>
    descendants(session.workbench.pid).find((one) => one.command.includes('--type=extensionHost')),
  );
  return found.pid;
}
