import type { EnergyDocument, EvidenceDocument } from '../solver-core/protocol/index.ts';

/** What the multiply-adds of a plan were simulated to switch, and for which text of the plan. */
export interface Simulation {
  readonly planHash: string;
  /** The energy document that the simulation came with. */
  readonly document: EnergyDocument;
}

/**
 * The energy of a plan with what was simulated before, as long as that belongs to it: same text of the plan, same target, same model as
 * far as the document tells. Otherwise `energy` itself. `planHash`: of the text as it is now, null while the plan is closed.
 */
export function withSimulation(energy: EnergyDocument, simulation: Simulation, planHash: string | null): EnergyDocument {
  const { document } = simulation;
  const isEdited = planHash !== null && planHash !== simulation.planHash;
  if (isEdited || energy.target !== document.target || energy.model !== document.model) return energy;
  const simulated = new Map(document.layers.map(({ id, evidence }) => [id, evidence]));
  const assumed = new Set(energy.assumptions.map(({ name }) => name));
  const found = new Set(energy.diagnostics.map(({ message }) => message));
  return {
    ...energy,
    layers: energy.layers.map((layer) => merged(layer, simulated.get(layer.id))),
    ...merged(pick(energy), document.evidence),
    assumptions: [...energy.assumptions, ...document.assumptions.filter(({ name }) => !assumed.has(name))],
    diagnostics: [
      ...energy.diagnostics,
      ...document.diagnostics.filter(({ code, message }) => code.startsWith('switching-') && !found.has(message)),
    ],
  };
}

const pick = ({ evidence }: EnergyDocument): { readonly evidence?: readonly EvidenceDocument[] } => (evidence ? { evidence } : {});

/** `to` with the evidence that it lacks. */
function merged<T extends { readonly evidence?: readonly EvidenceDocument[] }>(to: T, from: readonly EvidenceDocument[] | undefined): T {
  const has = new Set(to.evidence?.map(({ of }) => of));
  const more = (from ?? []).filter(({ of, simulated }) => simulated !== null && !has.has(of));
  return more.length === 0 ? to : { ...to, evidence: [...(to.evidence ?? []), ...more] };
}
