import { existsSync, readdirSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { diagnosticLine } from '../../solver-core/report/check-text.ts';
import { settingKeys } from '../../extension/settings-schema.ts';

const root = fileURLToPath(new URL('../..', import.meta.url));
const manifestText = readFileSync(path.join(root, 'package.json'), 'utf8');
const manifest = JSON.parse(manifestText) as {
  activationEvents: string[];
  capabilities: { untrustedWorkspaces: { restrictedConfigurations: string[] } };
  contributes: {
    commands: { command: string; title: string; category: string }[];
    menus: Record<string, { command: string }[]>;
    configuration: { properties: Record<string, { scope: string }> }[];
    views: Record<string, { id: string }[]>;
    problemMatchers: { pattern: { regexp: string } }[];
    walkthroughs: { steps: { id: string; description: string; media: { svg: string; altText: string }; completionEvents: string[] }[] }[];
  };
};
const texts = JSON.parse(readFileSync(path.join(root, 'package.nls.json'), 'utf8')) as Record<string, string>;

function sources(folder: string): string[] {
  return readdirSync(folder, { withFileTypes: true }).flatMap((entry) => {
    const full = path.join(folder, entry.name);
    return entry.isDirectory() ? sources(full) : entry.name.endsWith('.ts') ? [full] : [];
  });
}

const code = sources(path.join(root, 'extension'))
  .map((file) => readFileSync(file, 'utf8'))
  .join('\n');

describe('manifest', () => {
  it('uses every text of package.nls.json and lacks none', () => {
    const used = new Set([...manifestText.matchAll(/"%([\w.]+)%"/g)].map((match) => match[1] ?? ''));
    expect([...used].sort()).toEqual(Object.keys(texts).sort());
  });

  it('registers every command that it contributes, and menus name only contributed ones', () => {
    const contributed = manifest.contributes.commands.map((command) => command.command);
    const table = /export const commands[\s\S]*?\n};/.exec(code)?.[0] ?? '';
    const registered = [...table.matchAll(/^ {2}(\w+): /gm)].map((match) => `tierwise.${match[1]}`);
    expect(contributed.filter((command) => !registered.includes(command))).toEqual([]);
    const inMenus = Object.values(manifest.contributes.menus)
      .flat()
      .map((item) => item.command);
    expect(inMenus.filter((command) => !contributed.includes(command))).toEqual([]);
    expect(manifest.contributes.commands.every((command) => command.category === 'Tierwise')).toBe(true);
  });

  it('names only commands that exist in its texts', () => {
    const named = Object.values(texts).flatMap((text) => [...text.matchAll(/\(command:(tierwise\.\w+)\)/g)].map((match) => match[1]));
    const contributed = manifest.contributes.commands.map((command) => command.command);
    expect(named.length).toBeGreaterThan(0);
    expect(named.filter((command) => !contributed.includes(command ?? ''))).toEqual([]);
  });

  it('declares the settings that the code reads, each with a scope', () => {
    const properties = Object.assign({}, ...manifest.contributes.configuration.map((group) => group.properties)) as Record<
      string,
      { scope?: string }
    >;
    expect(Object.keys(properties).sort()).toEqual(settingKeys.map((key) => `tierwise.${key}`).sort());
    expect(Object.values(properties).every((property) => property.scope !== undefined)).toBe(true);
  });

  it('restricts the setting that names an executable', () => {
    expect(manifest.capabilities.untrustedWorkspaces.restrictedConfigurations).toContain('tierwise.solver.nodePath');
  });

  it('is never active without a reason', () => {
    expect(manifest.activationEvents).not.toContain('*');
    expect(manifest.activationEvents).not.toContain('onStartupFinished');
  });

  it('points at files that exist', () => {
    const files = [...manifestText.matchAll(/"(?:\.\/)?(extension\/media\/[^"]+)"/g)].map((match) => match[1] ?? '');
    expect(files.length).toBeGreaterThan(5);
    expect(files.filter((file) => !existsSync(path.join(root, file)))).toEqual([]);
  });

  it('provides every view it contributes', () => {
    const views = Object.values(manifest.contributes.views)
      .flat()
      .map((view) => view.id);
    expect(views.filter((view) => !code.includes(`'${view}'`))).toEqual([]);
  });
});

describe('problem matcher', () => {
  it('reads the lines that "tierwise check" prints', () => {
    const line = diagnosticLine({
      code: 'unknown-layer',
      severity: 'error',
      message: 'no layer "/fc9: 1:2" in the model',
      where: { path: 'C:/models/digits.tiers', range: { line: 9, column: 10, endLine: 9, endColumn: 21 } },
    });
    const pattern = new RegExp(manifest.contributes.problemMatchers[0]?.pattern.regexp ?? '');
    expect(pattern.exec(line)?.slice(1)).toEqual([
      'C:/models/digits.tiers',
      '9',
      '10',
      'error',
      'unknown-layer',
      'no layer "/fc9: 1:2" in the model',
    ]);
  });
});

describe('extension sources', () => {
  it('never load the ONNX runtime or a serial port, nor read a model', () => {
    expect(code).not.toMatch(/from .(onnxruntime|serialport|koffi)/);
    expect(code).not.toMatch(/from ['"]node:fs/);
    // Three readers of files: the small descriptions of kept fits, Python source, two manuals of the package; none for anything else.
    const readers = sources(path.join(root, 'extension')).filter((file) => /\bfs\.readFile\(/.test(readFileSync(file, 'utf8')));
    expect(readers.map((file) => path.basename(file)).sort()).toEqual(['disk.ts', 'explain-finding.ts', 'read-source.ts']);
    const guards = {
      'explain-finding.ts': "vscode.Uri.joinPath(context.extensionUri, 'docs', file)",
      'read-source.ts': "if (!uri.path.endsWith('.py')) return undefined;",
      'disk.ts': "if (!file.endsWith('.json')) return undefined;",
    };
    for (const [name, guard] of Object.entries(guards))
      expect(readFileSync(readers.find((file) => path.basename(file) === name) ?? '', 'utf8')).toContain(guard);
  });
});
