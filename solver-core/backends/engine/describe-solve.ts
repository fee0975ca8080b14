import type { EngineInfo } from './device.ts';
import type { Answer } from './finish-solve.ts';
import type { EngineResults } from './run-engine.ts';

/** Above this relative residual the text says that refinement fell short. */
const reached = 1e-8;

/** Which arithmetic produced an answer, for people: one line without a full stop. */
export function describeSolve(info: EngineInfo, engine: EngineResults, answer: Answer, asked: number): string {
  const parts: string[] = [info.level];
  const passes = answer.enginePasses + answer.hostPasses;
  if (passes > 0) parts.push(`${passes} refinement ${passes === 1 ? 'pass' : 'passes'}`);
  const { gradientSteps } = answer;
  if (gradientSteps > 0) parts.push(`${gradientSteps} conjugate gradient ${gradientSteps === 1 ? 'step' : 'steps'}`);
  return [parts.join(' + '), ...notesOf(info, engine, answer, asked)].join('; ');
}

function notesOf(info: EngineInfo, engine: EngineResults, answer: Answer, asked: number): readonly string[] {
  const notes: string[] = [];
  const words = `${info.wordBits}-bit words`;
  if (engine.lengthened === 'broke-down') notes.push(`the factor broke down in ${words}, so the engine used two limbs`);
  else if (engine.lengthened === 'too-coarse') notes.push(`${words} were too coarse for the condition, so the engine used two limbs`);
  else if (answer.isLengthenedLate) notes.push(`refinement was slow in ${words}, so the engine used two limbs`);
  if (answer.path === 'gradients')
    notes.push("refinement on the engine was slow, so conjugate gradients on the host used the engine's factor");
  if (answer.path === 'host') {
    const length = answer.limbs === 2 || engine.lengthened !== null ? 'words of two limbs' : words;
    const why = answer.limbs === null ? 'the factor broke down' : 'the factor was not good enough';
    notes.push(`${why} in ${length}, so the host factored the engine's Gram in fp64`);
  }
  if (answer.lambda !== asked) notes.push(`the equations are singular at lambda ${asked}, lambda raised`);
  if (answer.relativeResidual > reached) notes.push('refinement stopped before it reached its goal');
  const { nScaled } = engine;
  if (nScaled > 0) {
    const outputs = `${nScaled} ${nScaled === 1 ? 'output' : 'outputs'}`;
    notes.push(`the weights of ${outputs} outgrew the words and were computed from smaller right-hand sides`);
  }
  if (engine.nRuns > 1) notes.push(`${engine.nRuns} runs, because not all outputs fit the engine at once`);
  return notes;
}
