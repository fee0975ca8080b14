import type { TextDocument } from 'langium';
import type { TierAssignment, TierGoal } from '../../protocol/index.ts';
import { assignTier } from '../../tiers/assign.ts';
import type { PlanChecks } from './plan-checks.ts';

/** More layers than any model of ours has in one request. */
const maxLayers = 200_000;

/** Answers `tierwise/assignTier`: null for a document that is not open, a refusal for parameters that are none. */
export function answerAssignTier(
  params: unknown,
  documentOf: (uri: string) => TextDocument | undefined,
  checks: PlanChecks,
): TierAssignment | null {
  const { uri, layers, goal } = typeof params === 'object' && params !== null ? (params as Record<string, unknown>) : {};
  if (typeof uri !== 'string' || !isLayers(layers) || !isGoal(goal))
    return { refusal: { code: 'bad-request', message: 'the request names no layers or no tier', advice: 'Choose layers and a tier.' } };
  const document = documentOf(uri);
  if (document === undefined) return null;
  return assignTier({ text: document.getText(), ...checks.of(document) }, layers, goal);
}

function isLayers(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.length <= maxLayers && value.every((id) => typeof id === 'string');
}

function isGoal(value: unknown): value is TierGoal {
  if (typeof value !== 'object' || value === null || !('kind' in value)) return false;
  if (value.kind === 'frozen') return true;
  return (value.kind === 'lower' || value.kind === 'upper') && 'name' in value && typeof value.name === 'string';
}
