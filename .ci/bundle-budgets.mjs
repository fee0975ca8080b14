// How large each bundle may become, and what the extension's own may hold: two of them are parsed whenever a window with a plan opens.

/** Bytes by output: what it was when this was written, and room for a quarter more. */
export const bundleBudgets = {
  'dist/extension.cjs': 240_000,
  'dist/extension-shared.cjs': 90_000,
  'dist/extension-late.cjs': 320_000,
  'dist/json-rpc.cjs': 160_000,
  'dist/language-client.cjs': 1_000_000,
  'dist/solver.cjs': 4_600_000,
  'dist/language-server.cjs': 2_400_000,
  'dist/cli.cjs': 4_800_000,
  'dist/gram-worker.cjs': 220_000,
  'dist/xrt-worker.cjs': 20_000,
};

/** One page with all of its script, in bytes: minified. */
const pageBudget = 260_000;

/** Packages inside the extension's bundles; everything else is loaded when it is first used. */
const extensionPackages = new Set(['valibot']);

/**
 * What is wrong with the bundles: too large, without a budget, or with a package inside that has to wait.
 * @param {Record<string, import('esbuild').Metafile>} metafiles by output, as buildAll gives them
 * @returns {string[]} one sentence each; empty when all is well
 */
export function budgetProblems(metafiles) {
  const problems = [];
  for (const metafile of Object.values(metafiles)) {
    for (const [output, { bytes, inputs }] of Object.entries(metafile.outputs)) {
      if (/\.(map|css|ttf)$/.test(output)) continue;
      const budget = output.startsWith('dist/webview/') ? pageBudget : bundleBudgets[output];
      if (budget === undefined) problems.push(`${output} has no budget`);
      else if (bytes > budget) problems.push(`${output} has ${bytes} bytes, more than ${budget}`);
      if (!output.startsWith('dist/extension')) continue;
      for (const [input, { bytesInOutput }] of Object.entries(inputs)) {
        const owner = /node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(input)?.[1];
        if (bytesInOutput > 0 && owner !== undefined && !extensionPackages.has(owner)) problems.push(`${output} holds ${owner}: ${input}`);
        if (bytesInOutput > 0 && /^(solver-core|webview)\//.test(input))
          problems.push(`${output} holds ${input}, which it may only know the types of`);
      }
    }
  }
  return problems;
}
