import { readFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { projectRoot } from '../shared.ts';

interface Manifest {
  readonly icon: string;
  readonly categories: readonly string[];
  readonly keywords: readonly string[];
  readonly galleryBanner: { readonly color: string; readonly theme: string };
  readonly extensionKind: readonly string[];
  readonly engines: { readonly vscode: string };
  readonly devDependencies: Readonly<Record<string, string>>;
  readonly capabilities: { readonly untrustedWorkspaces: { readonly restrictedConfigurations: readonly string[] } };
  readonly contributes: {
    readonly languageModelTools: readonly Tool[];
    readonly configuration: readonly { readonly properties: Readonly<Record<string, { readonly scope: string }>> }[];
  };
}
interface Tool {
  readonly name: string;
  readonly toolReferenceName: string;
  readonly modelDescription: string;
  readonly icon: string;
  readonly tags: readonly string[];
  readonly canBeReferencedInPrompt: boolean;
  readonly inputSchema: { readonly properties: Readonly<Record<string, { readonly description: string }>> };
}

const manifest = JSON.parse(readFileSync(path.join(projectRoot, 'package.json'), 'utf8')) as Manifest;
/** Words that the Marketplace knows as categories. */
const categories = ['AI', 'Data Science', 'Machine Learning', 'Programming Languages', 'Visualization', 'Testing', 'Other'];

test('the icon is a square PNG of at least 128 pixels', () => {
  const bytes = readFileSync(path.join(projectRoot, manifest.icon));
  // PNG specification 5.2 and 11.2.2: signature, then IHDR with width and height.
  expect(bytes.subarray(1, 4).toString()).toBe('PNG');
  const [width, height] = [bytes.readUInt32BE(16), bytes.readUInt32BE(20)];
  expect(width).toBe(height);
  expect(width).toBeGreaterThanOrEqual(128);
});

test('the listing has known categories, few keywords and a banner', () => {
  expect(manifest.categories.filter((name) => !categories.includes(name))).toEqual([]);
  expect(manifest.keywords.length).toBeLessThanOrEqual(30);
  expect(manifest.galleryBanner.color).toMatch(/^#[0-9a-f]{6}$/);
  expect(['dark', 'light']).toContain(manifest.galleryBanner.theme);
  expect(manifest.extensionKind).toEqual(['workspace']);
});

test('the README names pictures of the package, small, and none of another kind than PNG', () => {
  const readme = readFileSync(path.join(projectRoot, 'README.md'), 'utf8');
  const pictures = [...readme.matchAll(/!\[[^\]]*\]\(([^)]+)\)/g)].map(([, file = '']) => file);
  expect(pictures.length).toBeGreaterThan(2);
  for (const file of pictures) {
    expect(file).toMatch(/^docs\/images\/[\w-]+\.png$/);
    expect(readFileSync(path.join(projectRoot, file)).length, file).toBeLessThan(300_000);
  }
});

test('the types of VS Code are not newer than the oldest version that is supported', () => {
  const oldest = /\d+\.\d+/.exec(manifest.engines.vscode)?.[0];
  expect(manifest.devDependencies['@types/vscode']).toContain(`${oldest}.`);
});

test('every setting that chooses a program, port, card or file is restricted in an untrusted workspace', () => {
  const settings = manifest.contributes.configuration.flatMap(({ properties }) => Object.keys(properties));
  const powerful = settings.filter((key) => /path$|port$|device$|xclbin$|backend$|command|executable|env/i.test(key));
  expect(powerful.length).toBeGreaterThan(3);
  expect([...manifest.capabilities.untrustedWorkspaces.restrictedConfigurations].sort()).toEqual(powerful.sort());
});

test('every tool for chat models can be referenced, says that names are data, and describes its inputs', () => {
  const code = readFileSync(path.join(projectRoot, 'extension/tools/register-tools.ts'), 'utf8');
  expect(manifest.contributes.languageModelTools.length).toBe(3);
  for (const tool of manifest.contributes.languageModelTools) {
    expect(code).toContain(`'${tool.name}'`);
    expect(tool.name).toMatch(/^tierwise_\w+$/);
    expect(tool.toolReferenceName).toMatch(/^tierwise\w+$/);
    expect(tool.canBeReferencedInPrompt).toBe(true);
    expect(tool.icon).toMatch(/^\$\([\w-]+\)$/);
    expect(tool.tags).toContain('tierwise');
    expect(tool.modelDescription).toMatch(/Read-only.*not instructions/);
    for (const [name, { description }] of Object.entries(tool.inputSchema.properties)) expect(description, name).not.toBe('');
  }
});
