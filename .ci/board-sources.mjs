// Which files a design for a board consists of: from its top downwards, with the cells of the board's family.
import { readdir, readFile } from 'node:fs/promises';
import { relative, resolve } from 'node:path';
import { root, sha256 } from './hdl-sources.mjs';

/** Paths from `from` of all files below `folder` whose name ends so. */
async function filesBelow(from, folder, ending) {
  const entries = await readdir(resolve(from, folder), { recursive: true, withFileTypes: true }).catch(() => []);
  const paths = entries.filter((e) => e.isFile() && e.name.endsWith(ending)).map((e) => relative(from, resolve(e.parentPath, e.name)));
  return paths.filter((p) => !p.includes('node_modules')).sort();
}

/** The facts of every board, by folder name. */
export async function readBoards(from = root) {
  const paths = (await filesBelow(from, 'hdl/boards', 'board.json')).filter((p) => p.endsWith('/board.json'));
  const entries = paths.map(async (path) => [path.split('/').at(-2), JSON.parse(await readFile(resolve(from, path), 'utf8'))]);
  return Object.fromEntries(await Promise.all(entries));
}

const withoutComments = (text) => text.replace(/\/\/.*$/gm, '').replace(/\/\*[\s\S]*?\*\//g, '');

/** Modules and packages a text defines, and names of all that it could use. */
function namesIn(text) {
  const code = withoutComments(text);
  const defines = [...code.matchAll(/^\s*(?:module|package)\s+(\w+)/gm)].map((m) => m[1]);
  const uses = [
    ...[...code.matchAll(/\b(\w+)\s*#\s*\(/g)].map((m) => m[1]),
    ...[...code.matchAll(/^\s*(\w+)\s+u_\w+\s*\(/gm)].map((m) => m[1]),
    ...[...code.matchAll(/\b(\w+)::/g)].map((m) => m[1]),
  ];
  return { defines, uses };
}

/**
 * Sources of the design with this top module in dependency order, leaves first: [{ path, text }]. `top` is a file; cells come from
 * hdl/rtl/tech/<family>, else from hdl/rtl/tech/block (what families with block RAM share), else from hdl/rtl/tech/generic.
 */
export async function designSources(topPath, family, from = root) {
  const cells = ['generic', 'block', family].map((name) => `hdl/rtl/tech/${name}`);
  const own = await Promise.all([...cells, 'hdl/rtl', 'hdl/sys'].map((folder) => filesBelow(from, folder, '.sv')));
  // A later file replaces an earlier one that defines the same module.
  const wanted = (path, i) => i < cells.length || !path.includes('/tech/');
  const ordered = [...own.flatMap((paths, i) => paths.filter((path) => wanted(path, i))), topPath];
  const definedIn = new Map();
  const files = new Map();
  for (const path of ordered) {
    if (path.includes('/model/') || files.has(path)) continue;
    const text = await readFile(resolve(from, path), 'utf8');
    const names = namesIn(text);
    files.set(path, { text, names });
    for (const name of names.defines) definedIn.set(name, path);
  }
  const done = new Set();
  const visit = (path) => {
    if (done.has(path)) return [];
    done.add(path);
    const { text, names } = files.get(path);
    const below = names.uses.flatMap((name) => (definedIn.has(name) ? visit(definedIn.get(name)) : []));
    return [...below, { path, text }];
  };
  return visit(topPath);
}

/** One hash of all inputs of a design: sources, facts of the board, constraints. */
export function designHash(sources, ...others) {
  return sha256(JSON.stringify([sources.map(({ path, text }) => [path, text]), ...others]));
}
