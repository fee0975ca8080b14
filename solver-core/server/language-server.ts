// The language server for plans: `language-server.cjs --stdio` or `--node-ipc`. It computes nothing about energy and runs nothing.
import { startLanguageServer } from 'langium/lsp';
import { createConnection, ProposedFeatures } from 'vscode-languageserver/node.js';
import { nodePlanWorld, planTargets } from '../jobs/plan-world.ts';
import type { PlanOutline, TierAssignment } from '../protocol/index.ts';
import { answerAssignTier } from './language/assign-request.ts';
import { PlanChecks } from './language/plan-checks.ts';
import { createPlanServices, planRequirements } from './language/services.ts';

const connection = createConnection(ProposedFeatures.all);
const checks = new PlanChecks({ forPlan: (path) => nodePlanWorld(path), targets: planTargets });
const services = createPlanServices(connection, checks);

/** `tierwise/outline` { uri }: where tiers and layers stand in an open plan; null for a document that is not open. */
connection.onRequest('tierwise/outline', (params: unknown): PlanOutline | null => {
  const uri = typeof params === 'object' && params !== null && 'uri' in params ? params.uri : undefined;
  const document = typeof uri === 'string' ? services.workspace.TextDocuments.get(uri) : undefined;
  return document === undefined ? null : checks.of(document).checked.outline;
});

/** `tierwise/assignTier` { uri, layers, goal }: edits that put layers into a tier of an open plan; null for a document that is not open. */
connection.onRequest('tierwise/assignTier', (params: unknown): TierAssignment | null =>
  answerAssignTier(params, (uri) => services.workspace.TextDocuments.get(uri), checks),
);

startLanguageServer(services, planRequirements);
