import type { PlannedCommand } from './commands.ts';
import { backCommand, fsubCommand } from './commands.ts';
import type { EngineFlags, EngineInfo, SolvePart } from './device.ts';
import type { EngineSession } from './session.ts';
import { factorLimbs } from './session.ts';

/**
 * The commands of `solve` on the vector that lies in the engine: FSUB, BACK in place, or both. `execute` runs one command. Adds the
 * cycles to the session's totals; saturated when either was.
 */
export async function substituteInPlace(
  session: EngineSession,
  info: EngineInfo,
  part: SolvePart,
  execute: (planned: PlannedCommand) => Promise<EngineFlags>,
): Promise<EngineFlags> {
  const { layout, totals } = session;
  const limbs = factorLimbs(session);
  let saturated = false;
  let cycles = 0;
  if (part !== 'backward') {
    const flags = await execute(fsubCommand(layout, info, limbs));
    totals.fsubCycles += flags.cycles;
    cycles += flags.cycles;
    saturated ||= flags.saturated;
  }
  if (part !== 'forward') {
    const flags = await execute(backCommand(layout, info, 'backv', limbs));
    totals.backCycles += flags.cycles;
    cycles += flags.cycles;
    saturated ||= flags.saturated;
  }
  return { breakdown: false, saturated, cycles };
}
