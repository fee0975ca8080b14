// The texts of the extension and its pages, as `t('…')` calls name them: l10n/bundle.l10n.json holds them for translators,
// l10n/bundle.l10n.<language>.json their translations. `node .ci/l10n.mjs` writes the first anew and tells what translations lack.
import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');
const folder = path.join(root, 'l10n');
const bundleFile = path.join(folder, 'bundle.l10n.json');

/**
 * Every text that the sources hand to `t`, sorted, and the calls whose first argument is no literal: those cannot be translated.
 * @returns {{ texts: string[], dynamic: string[] }} dynamic: `file:line`
 */
export function extractTexts() {
  const texts = new Set();
  const dynamic = [];
  for (const file of [...sources(path.join(root, 'extension')), ...sources(path.join(root, 'webview', 'app'))]) {
    const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.Latest, true);
    const visit = (node) => {
      if (ts.isCallExpression(node) && isTranslate(node.expression)) {
        const literals = literalsOf(node.arguments[0]);
        if (literals === null)
          dynamic.push(`${path.relative(root, file)}:${source.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
        else literals.forEach((text) => texts.add(text));
      }
      if (ts.isCallExpression(node) && ts.isIdentifier(node.expression) && node.expression.text === 'startPage')
        for (const title of titlesOf(node.arguments[0])) texts.add(title);
      ts.forEachChild(node, visit);
    };
    visit(source);
  }
  return { texts: [...texts].sort(), dynamic };
}

/** `t(…)`, `context.t(…)`, `vscode.l10n.t(…)`. */
function isTranslate(callee) {
  return (ts.isIdentifier(callee) && callee.text === 't') || (ts.isPropertyAccessExpression(callee) && callee.name.text === 't');
}

/** The texts that an argument can be: a literal, or a choice between literals; null for anything else. */
function literalsOf(node) {
  if (node === undefined) return null;
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isParenthesizedExpression(node)) return literalsOf(node.expression);
  if (!ts.isConditionalExpression(node)) return null;
  const [yes, no] = [literalsOf(node.whenTrue), literalsOf(node.whenFalse)];
  return yes === null || no === null ? null : [...yes, ...no];
}

/** What `startPage({ title: '…' })` names its page; the shell of all pages translates it. */
function titlesOf(node) {
  if (node === undefined || !ts.isObjectLiteralExpression(node)) return [];
  return node.properties.flatMap((property) =>
    ts.isPropertyAssignment(property) &&
    ts.isIdentifier(property.name) &&
    property.name.text === 'title' &&
    ts.isStringLiteral(property.initializer)
      ? [property.initializer.text]
      : [],
  );
}

function sources(directory) {
  return readdirSync(directory, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(directory, entry.name);
    if (entry.isDirectory()) return sources(full);
    return entry.name.endsWith('.ts') && !entry.name.endsWith('.d.ts') ? [full] : [];
  });
}

if (process.argv[1] !== undefined && path.resolve(process.argv[1]) === fileURLToPath(import.meta.url)) {
  const { texts, dynamic } = extractTexts();
  mkdirSync(folder, { recursive: true });
  writeFileSync(bundleFile, `${JSON.stringify(Object.fromEntries(texts.map((text) => [text, text])), null, 2)}\n`);
  process.stdout.write(`${texts.length} texts\n`);
  for (const place of dynamic) process.stdout.write(`not a literal: ${place}\n`);
  for (const name of existsSync(folder) ? readdirSync(folder) : []) {
    if (!/^bundle\.l10n\.[\w-]+\.json$/.test(name) || name === 'bundle.l10n.json') continue;
    const known = JSON.parse(readFileSync(path.join(folder, name), 'utf8'));
    const missing = texts.filter((text) => !Object.hasOwn(known, text));
    process.stdout.write(`${name}: ${missing.length} missing\n${missing.map((text) => `  ${JSON.stringify(text)}\n`).join('')}`);
  }
}
