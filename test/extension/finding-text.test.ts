import { readFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { explanationOf } from '../../extension/finding-text.ts';
import { pythonCodes } from '../../solver-core/python/python-findings.ts';
import { diagnosticCodes } from '../../solver-core/tiers/codes.ts';
import { projectRoot } from '../shared.ts';

const t = (text: string): string => text;
const read = (file: string): string => readFileSync(path.join(projectRoot, file), 'utf8');
const plans = read('docs/tier-language.md');
const python = read('docs/python.md');

describe('what the code of a finding leads to', () => {
  it.each(diagnosticCodes)('explains %s of a plan: how grave, what it means, what repairs it', (code) => {
    expect(explanationOf(plans, code, t)).toMatch(
      /^\*\*Severity\*\*: \w.+\n\n\*\*What it means\*\*: .{10,}\n\n\*\*Repairs that the editor offers\*\*: .{5,}$/,
    );
  });

  it.each([...pythonCodes, 'annotation-differs'])('explains %s of an annotation', (code) => {
    expect(explanationOf(python, code, t)).toMatch(/^\*\*What it means\*\*: .{10,}$/);
  });

  it('says nothing of what the manual does not name, nor of a part of a name', () => {
    for (const code of ['unknown', 'layer', 'rls', '', 'code', '---']) expect(explanationOf(plans, code, t), code).toBeUndefined();
    expect(explanationOf('# A manual without findings', 'unknown-layer', t)).toBeUndefined();
  });

  it('is in the package', () => {
    const packed = read('.vscodeignore');
    for (const manual of ['docs/tier-language.md', 'docs/python.md']) expect(packed).toContain(`!${manual}\n`);
  });
});
