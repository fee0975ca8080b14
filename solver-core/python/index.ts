// Layers and `# tier:` comments of Python source.
export { analysePython, needsLinear, reportUnsolvable, type AnalysedLayer, type Analysis } from './analyse.ts';
export type { Annotation } from './annotation.ts';
export { chooseModel, withTurns, type Candidate, type ChosenModel } from './choose-model.ts';
export { layersOfNodes } from './estimate-graph.ts';
export { familyOf, type ModelLayer } from './match.ts';
export { planText, tierGroups, type AnnotatedLayer, type PlanParts } from './plan-text.ts';
export { planTiers } from './plan-tiers.ts';
export { maxSourceLength } from './syntax.ts';
export { annotationItems } from './completion.ts';
