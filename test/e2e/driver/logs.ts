import { readFileSync, readdirSync } from 'node:fs';
import path from 'node:path';

/** What the extension host and the language client have logged as errors so far: uncaught exceptions and rejections of ours among them. */
export function extensionErrors(workbench: { readonly logsDir: string }): readonly string[] {
  const logs = readdirSync(workbench.logsDir, { recursive: true, withFileTypes: true }).filter(
    (entry) => entry.isFile() && /^(remoteexthost|exthost)\.log$|[Tt]ierwise.*\.log$/.test(entry.name),
  );
  if (logs.length < 2) throw new Error(`${workbench.logsDir} lacks the logs of the extension host and of the extension`);
  return logs
    .flatMap((entry) => readFileSync(path.join(entry.parentPath, entry.name), 'utf8').split('\n'))
    .filter((line) => /\[error\]/.test(line));
}
