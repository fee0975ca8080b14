// Splits the extension in two: what `activate` runs, and what waits until a plan, a page or a command needs it. The extension host
// parses whatever it loads, so that the second half costs nothing in a window that only opens.
import { readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { transform } from 'esbuild';

const folder = fileURLToPath(new URL('../extension/', import.meta.url));

/** The bundle of what waits. */
const lateBundle = 'extension-late.cjs';

/**
 * Sources that wait, below extension/: functions that nobody calls, schemas that nobody reads and classes that nobody makes or extends
 * before there is a plan, a page or a command. test/packaging/late-sources.test.ts tells when one of them is needed earlier.
 */
const late = [
  /^(add-energy|compound-run|record-parts|evidence-text|far-file|figure-view|format|html|inert|inert-markdown|layer-groups|markdown|next-steps|search-run)\.ts$/,
  /^(questions|simulation|stream-pick|target-files|task-plan|trash)\.ts$/,
  /^to-\w+(-view)?\.ts$/,
  /^[\w-]+-(hint|lines|record|refs|revisions|text|words)\.ts$/,
  /^boards\/board-(actions|details|nodes)\.ts$/,
  // A board that an earlier window left behind is looked for at the start.
  /^commands\/(?!simulated-board\.)/,
  /^fits\/(compare-fits|entry|fit-actions|fit-choice|fit-text)\.ts$/,
  /^panels\/(model-compare|model-rows|no-plan|page-\w+|plan-edits|restored-tabs)\.ts$/,
  /^plan-language\/(?!register-|layer-target)/,
  /^python\/(annotation-(offer|text)|create-annotated-plan|layer-(commands|hint)|line-layers|merge-plan|model-order)\.ts$/,
  /^python\/(notebook-text|plan-difference|plan-of-model|proposal-documents|read-source|text-places)\.ts$/,
  /^tools\/(?!register-)/,
];

/** Names below extension/ of the sources that wait, in order. */
export const lateSources = readdirSync(folder, { recursive: true })
  .map((name) => name.replaceAll('\\', '/'))
  .filter((name) => name.endsWith('.ts') && late.some((pattern) => pattern.test(name)))
  .sort();

/** What stands for the second half among the entry points. */
export const lateEntry = 'late-sources';

/**
 * An esbuild plugin for a build with `splitting`. A source that waits becomes, for those that do not, an object whose members load the
 * bundle of all that wait when they are first read; bundles read imported names where they use them, so sources stay as they are.
 * @returns {import('esbuild').Plugin}
 */
export function lateSourcesPlugin() {
  const waiting = new Set(lateSources);
  return {
    name: 'late-sources',
    setup(build) {
      build.onResolve({ filter: /^late-sources$/ }, ({ path: name }) => ({ path: name, namespace: 'late-entry' }));
      build.onLoad({ filter: /.*/, namespace: 'late-entry' }, () => ({
        contents: lateSources.map((name, i) => `export * as m${i} from './${name}';`).join('\n'),
        resolveDir: folder,
      }));
      build.onResolve({ filter: /^\.\.?\/.*\.ts$/ }, ({ path: imported, importer, resolveDir, namespace }) => {
        if (namespace !== 'file') return undefined;
        const name = nameOf(path.resolve(resolveDir, imported));
        return waiting.has(name) && !waiting.has(nameOf(importer)) ? { path: name, namespace: 'late-source' } : undefined;
      });
      build.onResolve({ filter: /.*/, namespace: 'late-source' }, ({ path: name }) => ({ path: name, external: true }));
      build.onLoad({ filter: /.*/, namespace: 'late-source' }, ({ path: name }) => {
        const load = `let loaded;\nconst load = () => (loaded ??= require('./${lateBundle}').m${lateSources.indexOf(name)});`;
        const getters = exportsOf(name).map((exported) => `get ${exported}() { return load().${exported}; }`);
        return { contents: `${load}\nmodule.exports = {\n${getters.join(',\n')}\n};\n`, loader: 'js' };
      });
    },
  };
}

/**
 * Turns what a build with `splitting` gives, which are ES modules, into the CommonJS that VS Code loads extensions as.
 * @param {import('esbuild').OutputFile} file a script whose source map is inside
 * @param {import('esbuild').TransformOptions} options
 * @returns {Promise<import('esbuild').TransformResult>} the script, and its map by itself
 */
export async function toCommonJs(file, options) {
  const name = path.basename(file.path);
  const result = await transform(file.text, { ...options, format: 'cjs', platform: 'node', sourcemap: 'external', sourcefile: name });
  return { ...result, code: `${result.code}//# sourceMappingURL=${name}.map\n` };
}

const nameOf = (file) => path.relative(folder, file).replaceAll('\\', '/');

/** Names of the values that a source exports. Throws for a form of export that nobody uses here. */
function exportsOf(name) {
  const text = readFileSync(path.join(folder, name), 'utf8');
  const values = text.matchAll(/^export (?!(?:type|interface) )(?:(?:abstract class|async function|class|const|function) (\w+))?.*/gm);
  return [...values].map(([line, exported]) => {
    if (exported === undefined) throw new Error(`extension/${name}: .ci/late-sources.mjs does not know the export ${line}`);
    return exported;
  });
}
