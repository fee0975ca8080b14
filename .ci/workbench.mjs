// Starts one VS Code workbench (code-server) with a fresh profile and stops it again, whatever happens to us.
import { spawn, spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import os from 'node:os';
import path from 'node:path';
import { installWorkbench } from './workbench-install.mjs';

const START_TIMEOUT_MS = 60_000;
const INSTALL_TIMEOUT_MS = 120_000;
const STOP_GRACE_MS = 10_000;

/** A quiet workbench: nothing that reaches for the network, opens by itself or differs from run to run. */
const QUIET_SETTINGS = {
  'chat.disableAIFeatures': true,
  'editor.inlayHints.enabled': 'on',
  'editor.fontFamily': 'DejaVu Sans Mono',
  'extensions.autoCheckUpdates': false,
  'extensions.autoUpdate': 'off',
  'extensions.ignoreRecommendations': true,
  'git.enabled': false,
  'remote.autoForwardPorts': false,
  'telemetry.telemetryLevel': 'off',
  'update.mode': 'none',
  'window.autoDetectColorScheme': false,
  'workbench.enableExperiments': false,
  'workbench.secondarySideBar.defaultVisibility': 'hidden',
  'workbench.startupEditor': 'none',
  'workbench.tips.enabled': false,
};

const TRUST_SETTINGS = {
  trusted: { 'security.workspace.trust.enabled': false },
  untrusted: { 'security.workspace.trust.startupPrompt': 'never', 'security.workspace.trust.banner': 'never' },
};

/**
 * Starts a workbench on a folder and resolves when it answers.
 * @param {object} options
 * @param {string} options.folder absolute path of the folder to open
 * @param {string} [options.vsix] extension package to install first, by the same program a user would use
 * @param {Record<string, unknown>} [options.settings] user settings on top of the quiet ones
 * @param {number} [options.port] 0 (default) takes a free one
 * @param {boolean} [options.trusted] default true; false starts in Restricted Mode
 * @param {NodeJS.ProcessEnv} [options.env] additions to the server's environment
 * @param {(line: string) => void} [options.log] progress; default: silent
 * @returns {Promise<import('./workbench.d.mts').Workbench>}
 * @throws {Error} when the extension does not install or the server does not answer in time, with its last words
 */
export async function startWorkbench(options) {
  const log = options.log ?? (() => {});
  const { nodeBin, entry } = installWorkbench({ log });
  const dir = mkdtempSync(path.join(os.tmpdir(), 'tierwise-workbench-'));
  const userDir = path.join(dir, 'user');
  const extensionsDir = path.join(dir, 'extensions');
  const trusted = options.trusted ?? true;
  const writeSettings = (more) => {
    const settings = { ...QUIET_SETTINGS, ...(trusted ? TRUST_SETTINGS.trusted : TRUST_SETTINGS.untrusted), ...options.settings, ...more };
    mkdirSync(path.join(userDir, 'User'), { recursive: true });
    writeFileSync(path.join(userDir, 'User', 'settings.json'), JSON.stringify(settings, null, 2));
  };
  writeSettings({});

  const place = ['--user-data-dir', userDir, '--extensions-dir', extensionsDir, '--config', path.join(dir, 'config.yaml')];
  const env = { ...cleanEnvironment(dir), ...options.env };
  let server;
  try {
    if (options.vsix !== undefined) {
      log(`workbench: installing ${path.basename(options.vsix)} ...`);
      installExtension(nodeBin, [entry, ...place, '--install-extension', options.vsix], env);
    }
    const args = [
      entry,
      '--bind-addr',
      `127.0.0.1:${options.port ?? 0}`,
      '--auth',
      'none',
      '--disable-telemetry',
      '--disable-update-check',
      ...place,
    ];
    if (trusted) args.push('--disable-workspace-trust');
    // A process group of its own, so that one signal reaches the server, its extension host and what that started.
    server = spawn(nodeBin, args, { env, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  } catch (error) {
    rmSync(dir, { recursive: true, force: true });
    throw error;
  }
  const stop = stopper(server, dir);
  try {
    const origin = await listening(server);
    await healthy(origin);
    const url = `${origin}/?folder=${encodeURIComponent(options.folder)}`;
    return { url, origin, pid: server.pid, dir, userDir, extensionsDir, logsDir: path.join(userDir, 'logs'), writeSettings, stop };
  } catch (error) {
    await stop();
    throw error;
  }
}

/**
 * Whether a line on the browser's console is only the workbench missing the network (gallery, sign-in), not a fault of ours.
 * @param {string} text
 * @returns {boolean}
 */
export function isNetworkNoise(text) {
  return /^(Resolv|Creating a socket|Timed out waiting for auth)|gallery|marketplace|open-vsx|net::ERR_|github-authentication|Failed to load resource|default account|policy.*service/i.test(
    text,
  );
}

/** What we pass on: no settings of an editor we may have been started from, no folder in the home directory. */
function cleanEnvironment(dir) {
  const env = {};
  for (const [name, value] of Object.entries(process.env)) {
    if (!/^(VSCODE_|ELECTRON_|npm_|NODE_OPTIONS$|VITEST|CODE_SERVER)/.test(name)) env[name] = value;
  }
  return {
    ...env,
    XDG_CONFIG_HOME: path.join(dir, 'config'),
    XDG_DATA_HOME: path.join(dir, 'data'),
    XDG_CACHE_HOME: path.join(dir, 'cache'),
  };
}

function installExtension(nodeBin, args, env) {
  const result = spawnSync(nodeBin, args, { env, encoding: 'utf8', timeout: INSTALL_TIMEOUT_MS });
  const words = `${result.stdout ?? ''}${result.stderr ?? ''}`;
  if (result.status !== 0 || !/successfully installed/i.test(words)) {
    throw new Error(`The extension did not install (${result.error?.message ?? `exit ${result.status}`}): ${words.slice(-2000)}`);
  }
}

/** The server's own line tells the port, so no other program can take it in between. */
function listening(server) {
  return new Promise((resolve, reject) => {
    let words = '';
    const timer = setTimeout(
      () => reject(new Error(`The workbench did not listen within ${START_TIMEOUT_MS / 1000} s. Its words: ${words.slice(-2000)}`)),
      START_TIMEOUT_MS,
    );
    const read = (chunk) => {
      words = (words + chunk).slice(-20_000);
      const found = /HTTP server listening on (http:\/\/127\.0\.0\.1:\d+)/.exec(words);
      if (found === null) return;
      clearTimeout(timer);
      resolve(found[1]);
    };
    server.stdout.setEncoding('utf8').on('data', read);
    server.stderr.setEncoding('utf8').on('data', read);
    server.once('error', reject);
    server.once('exit', (code) => {
      clearTimeout(timer);
      reject(new Error(`The workbench ended with exit code ${code} before it listened. Its words: ${words.slice(-2000)}`));
    });
  });
}

async function healthy(origin) {
  const deadline = Date.now() + START_TIMEOUT_MS;
  for (;;) {
    const answer = await fetch(`${origin}/healthz`).catch(() => undefined);
    if (answer?.ok === true) return;
    if (Date.now() > deadline) throw new Error(`${origin}/healthz did not answer within ${START_TIMEOUT_MS / 1000} s.`);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
}

/** One stop for every way out: asked for, Ctrl+C, or the end of this process for any reason. */
function stopper(server, dir) {
  const signalGroup = (signal) => {
    try {
      process.kill(-server.pid, signal);
    } catch {
      // Already gone.
    }
  };
  const removeFiles = () => rmSync(dir, { recursive: true, force: true, maxRetries: 5, retryDelay: 100 });
  const atExit = () => {
    signalGroup('SIGKILL');
    if (existsSync(dir)) removeFiles();
  };
  const onSignal = (signal) => {
    atExit();
    process.exit(signal === 'SIGINT' ? 130 : 143);
  };
  process.once('exit', atExit);
  process.once('SIGINT', onSignal);
  process.once('SIGTERM', onSignal);
  let stopping;
  return () => {
    stopping ??= (async () => {
      if (server.exitCode === null && server.signalCode === null) {
        const ended = new Promise((resolve) => server.once('exit', resolve));
        server.kill('SIGTERM');
        const timer = setTimeout(() => signalGroup('SIGKILL'), STOP_GRACE_MS);
        await ended;
        clearTimeout(timer);
      }
      // The extension host may outlive its server by a moment; nothing of this run shall.
      signalGroup('SIGKILL');
      removeFiles();
      process.off('exit', atExit);
      process.off('SIGINT', onSignal);
      process.off('SIGTERM', onSignal);
    })();
    return stopping;
  };
}
