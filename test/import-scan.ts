import { readFileSync, readdirSync, statSync } from 'node:fs';
import { dirname, join, relative, resolve, sep } from 'node:path';
import { layers } from './layers.ts';
import { projectRoot } from './shared.ts';

const importPattern = /\b((?:import|export)\b[^;'"`]*?\bfrom|import|require)\s*\(?\s*(['"`])([^'"`\n]+)\2/g;

/** Every TypeScript source under the given folders, as paths relative to the project, with forward slashes. */
export function sourceFiles(folders: readonly string[]): string[] {
  const found: string[] = [];
  const walk = (folder: string): void => {
    for (const name of readdirSync(folder)) {
      if (name === 'node_modules' || name === 'dist') continue;
      const path = join(folder, name);
      if (statSync(path).isDirectory()) walk(path);
      else if (/\.tsx?$/.test(name)) found.push(relative(projectRoot, path).split(sep).join('/'));
    }
  };
  for (const folder of folders) walk(join(projectRoot, folder));
  return found.sort();
}

/** The part that owns a path: the longest key of the table that is a prefix of it. */
export function ownerOf(path: string): string | undefined {
  return Object.keys(layers)
    .filter((key) => path === key || path.startsWith(`${key}/`))
    .sort((a, b) => b.length - a.length)[0];
}

/** Reads one file and returns a sentence per violation of the direction table. `text` replaces the file's content in tests. */
export function scanFile(path: string, text = readFileSync(join(projectRoot, path), 'utf8')): string[] {
  const owner = ownerOf(path);
  const part = owner === undefined ? undefined : layers[owner];
  if (owner === undefined || part === undefined) return [`${path}: belongs to no part of test/layers.ts`];
  const problems: string[] = [];
  for (const match of text.matchAll(importPattern)) {
    const [, head = '', , specifier = ''] = match;
    const problem = judge(path, owner, specifier, /^(import|export)\s+type\b/.test(head));
    if (problem !== undefined) problems.push(`${path}: ${problem}`);
  }
  if (/\/\/\/\s*<reference/.test(text)) problems.push(`${path}: triple-slash references are not allowed`);
  if (/\bimport\(\s*[^'"`\s)]/.test(text)) problems.push(`${path}: import() of something that is not a literal`);
  if (/\b(getBuiltinModule|createRequire)\b/.test(text)) problems.push(`${path}: reaches modules behind the scan's back`);
  if (part.pure && /\b(Math\.random|new Date\b|Date\.now|performance\.now)/.test(text))
    problems.push(`${path}: a pure part uses a clock or unseeded randomness`);
  return problems;
}

function judge(path: string, owner: string, specifier: string, typeOnly: boolean): string | undefined {
  const part = layers[owner];
  if (part === undefined) return undefined;
  if (specifier.startsWith('node:')) return part.may.includes('node:') ? undefined : `${owner} must not import ${specifier}`;
  if (!specifier.startsWith('.')) {
    return part.packages.some((p) => specifier === p || specifier.startsWith(`${p}/`))
      ? undefined
      : `${owner} must not import package ${specifier}`;
  }
  const target = relative(projectRoot, resolve(projectRoot, dirname(path), specifier))
    .split(sep)
    .join('/');
  // Style sheets and data files belong to the part that holds them.
  const targetOwner = ownerOf(target);
  if (targetOwner === owner) return undefined;
  if (targetOwner === undefined) return `${owner} must not import ${target}`;
  if (part.may.includes(targetOwner)) return undefined;
  if (part.may.includes(`${targetOwner}!`)) return typeOnly ? undefined : `${owner} may import ${targetOwner} as types only (import type)`;
  return `${owner} must not import ${targetOwner}`;
}
