import { execFile } from 'node:child_process';
import { access, constants, statfs } from 'node:fs/promises';
import { availableParallelism, cpus, freemem, totalmem } from 'node:os';
import { promisify } from 'node:util';
import { makeFolder } from '../../core/make-folder.js';
import { cacheFolder } from '../../models/weights/cache.js';

export interface Check {
  readonly name: string;
  readonly ok: boolean;
  readonly found: string;
  /** What to do, where something is missing. */
  readonly todo?: string;
}

const run = promisify(execFile);
const gibi = (bytes: number): string => `${(bytes / 2 ** 30).toFixed(1)} GiB`;

/** What this machine has of all that rankforge can use. Looks only; installs and downloads nothing. */
export async function checkMachine(): Promise<Check[]> {
  return Promise.all([
    checkNode(),
    checkProcessor(),
    checkPackage('node-llama-cpp', 'local models'),
    checkPackage(
      'onnxruntime-node',
      'dense retrieval and ONNX students',
      ' (ONNXRUNTIME_NODE_INSTALL=skip before it, where only a package registry is reached)',
    ),
    checkPackage('@langchain/core', 'LangChain models'),
    checkCache(),
    checkPip(),
    checkKey('OPENAI_API_KEY', 'models behind openai:'),
    checkKey('HF_TOKEN', 'models behind huggingface: and private weights'),
  ]);
}

async function checkNode(): Promise<Check> {
  const [major = 0, minor = 0] = process.versions.node.split('.').map(Number);
  const ok = major > 20 || (major === 20 && minor >= 19);
  return {
    name: 'Node',
    ok,
    found: process.version,
    ...(ok ? {} : { todo: 'Install Node 20.19 or newer.' }),
  };
}

async function checkProcessor(): Promise<Check> {
  return {
    name: 'Machine',
    ok: true,
    found: `${availableParallelism()} threads (${cpus()[0]?.model.trim() ?? 'unknown processor'}), ${gibi(freemem())} of ${gibi(totalmem())} memory free`,
  };
}

async function checkPackage(name: string, purpose: string, advice = ''): Promise<Check> {
  try {
    import.meta.resolve(name);
    return { name, ok: true, found: `installed, for ${purpose}` };
  } catch {
    return {
      name,
      ok: false,
      found: `not installed; needed for ${purpose} only`,
      todo: `npm install ${name}${advice}`,
    };
  }
}

async function checkCache(): Promise<Check> {
  const folder = cacheFolder();
  try {
    await makeFolder(folder);
    await access(folder, constants.W_OK);
    const { bavail, bsize } = await statfs(folder);
    return { name: 'Weights folder', ok: true, found: `${folder}, ${gibi(bavail * bsize)} free` };
  } catch {
    return {
      name: 'Weights folder',
      ok: false,
      found: `${folder} cannot be written`,
      todo: 'Set RANKFORGE_HOME to a folder that can.',
    };
  }
}

async function checkPip(): Promise<Check> {
  for (const python of ['python3', 'python', 'py']) {
    try {
      const { stdout } = await run(python, ['-m', 'pip', '--version'], { timeout: 20_000 });
      return {
        name: 'pip',
        ok: true,
        found: `${stdout.split(' from ')[0]!.trim()} through ${python}, for weights on networks that mirror only package registries`,
      };
    } catch {
      // Try the next name.
    }
  }
  return {
    name: 'pip',
    ok: false,
    found: 'not found; needed only where the model hub cannot be reached',
    todo: 'Install Python 3 with pip.',
  };
}

async function checkKey(name: string, purpose: string): Promise<Check> {
  return { name, ok: true, found: process.env[name] ? `set, for ${purpose}` : `not set; for ${purpose}` };
}
