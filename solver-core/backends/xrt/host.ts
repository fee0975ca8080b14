import { join } from 'node:path';

/** What the XRT backend looks at in the machine; tests give their own. */
export interface XrtHost {
  /** process.platform. */
  readonly platform: string;
  /** process.arch. */
  readonly architecture: string;
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Folder that holds `sys` and `dev`; '/' on a real machine. */
  readonly fileRoot: string;
  /** Folders where the XRT libraries may be, besides those that `env` names. */
  readonly libraryFolders: readonly string[];
}

const multiarch: Readonly<Record<string, string>> = {
  x64: 'x86_64-linux-gnu',
  arm64: 'aarch64-linux-gnu',
  ppc64: 'powerpc64le-linux-gnu',
};

/** Architectures XRT exists for, as process.arch names them. */
export const xrtArchitectures: readonly string[] = Object.keys(multiarch);

/**
 * This machine. TIERWISE_XRT_FILE_ROOT replaces `/` as the folder that holds `sys` and `dev` (rehearsals with a simulated card).
 */
export function xrtHost(): XrtHost {
  const triplet = multiarch[process.arch];
  return {
    platform: process.platform,
    architecture: process.arch,
    env: process.env,
    fileRoot: process.env['TIERWISE_XRT_FILE_ROOT'] ?? '/',
    libraryFolders: [
      '/opt/xilinx/xrt/lib',
      ...(triplet === undefined ? [] : [join('/usr/lib', triplet), join('/lib', triplet)]),
      '/usr/local/lib',
      '/usr/lib64',
      '/usr/lib',
    ],
  };
}
