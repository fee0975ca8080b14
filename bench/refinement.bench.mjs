// Residual of the ridge equations by pass of refinement and the path that answers, by condition and word length.
//   node bench/refinement.bench.mjs [features x rows x outputs, e.g. 64x10000x8]        prints the tables of bench/results/refinement.md
import { loadSource } from './peers/peers.mjs';

const engine = 'solver-core/backends/engine';
const { FunctionalDevice } = await loadSource(`${engine}/functional-device.ts`);
const { defaultEngineParameters } = await loadSource(`${engine}/parameters.ts`);
const { planQuantisation } = await loadSource(`${engine}/quantise.ts`);
const { runEngine } = await loadSource(`${engine}/run-engine.ts`);
const { DeviceSolver } = await loadSource(`${engine}/device-solve.ts`);
const { startRefinement } = await loadSource(`${engine}/refine-on-device.ts`);
const { solveOnDevice } = await loadSource(`${engine}/solve-on-device.ts`);
const { arrayRows } = await loadSource('solver-core/fit/ridge/array-rows.ts');
const { ridgeStatistics } = await loadSource('solver-core/fit/ridge/statistics.ts');
const { ridgeResidual } = await loadSource('solver-core/fit/ridge/residual.ts');
const { oracleRidge } = await loadSource('test/solver-core/fit/oracle.ts');
const { madeProblem, relativeError } = await loadSource('test/solver-core/fit/problems.ts');

const [d, n, k] = (process.argv[2] ?? '64x10000x8').split('x').map(Number);
const context = { host: { nowMs: () => performance.now(), pause: () => Promise.resolve() } };
const norm = (values) => Math.sqrt(values.reduce((sum, v) => sum + v * v, 0));
const short = (v) => (v === 0 ? '0' : v.toExponential(0).replace('e+', 'e'));

/** Weights before refinement and after each pass with words of so many limbs, whatever the rules of the product would do; null after a breakdown. */
async function passes(made, limbs, count) {
  const problem = { source: arrayRows(made.x, made.y, d, k), lambda: 0, bias: true };
  const device = new FunctionalDevice(context.host, { ...defaultEngineParameters, limbs });
  const statistics = await ridgeStatistics(problem, context);
  const run = { problem, statistics, plan: planQuantisation(statistics, 0, device.info), device, context };
  const results = await runEngine(run);
  const held = results.held?.limbs === limbs || results.held === null ? results.held : await results.lengthen();
  if (held === null) return null;
  const rightSide = await ridgeResidual(problem.source, statistics, 0, new Float64Array(d * k), context);
  const refined = { source: problem.source, statistics, lambda: 0, context, scale: norm(rightSide) };
  const solver = new DeviceSolver(device, held.factor, limbs, results.perSolve, k, undefined);
  let state = await startRefinement(refined, results.weights, rightSide);
  const seen = [state];
  for (let pass = 0; pass < count; pass++) {
    const w = state.w.map((v) => v);
    const correction = await solver.apply(state.residual);
    for (let i = 0; i < w.length; i++) w[i] += correction[i];
    state = await startRefinement(refined, w, rightSide);
    seen.push(state);
  }
  return seen;
}

const conditions = [1e1, 1e2, 1e3, 1e4, 1e5, 1e6, 1e8, 1e10];
const paths = [];
console.log(`\n## d = ${d}, n = ${n}, m = ${k}, no ridge term\n`);
console.log('| condition | words | relative error of W before refinement and after each pass on the engine | relative residual |');
console.log('|---|---|---|---|');
for (const kappa of conditions) {
  const made = madeProblem(n, d, k, 3, { kappa });
  const exact = oracleRidge(made, 0, true).w;
  for (const limbs of [1, 2]) {
    const seen = await passes(made, limbs, 5);
    const words = limbs === 1 ? '18 bits' : 'two limbs';
    if (seen === null) {
      console.log(`| ${short(kappa)} | ${words} | the factor breaks down | |`);
    } else {
      const errors = seen.map((s) => short(relativeError(s.w, exact))).join(' ');
      console.log(`| ${short(kappa)} | ${words} | ${errors} | ${seen.map((s) => short(s.relativeResidual)).join(' ')} |`);
    }
    const device = new FunctionalDevice(context.host, { ...defaultEngineParameters, limbs });
    const problem = { source: arrayRows(made.x, made.y, d, k), lambda: 0, bias: true };
    const solution = await solveOnDevice(problem, device, context);
    paths.push([short(kappa), limbs, short(relativeError(solution.w, exact)), short(solution.relativeResidual), solution.method]);
  }
}
console.log(
  '\n| condition | engine has limbs | relative error of W | relative residual | what answered (the report line) |\n|---|---|---|---|---|',
);
for (const [kappa, limbs, error, residual, method] of paths)
  console.log(`| ${kappa} | ${limbs} | ${error} | ${residual} | ${method.replace('functional + ', '')} |`);
