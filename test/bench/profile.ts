import fs from 'node:fs';
import path from 'node:path';

/** The parts of V8's .cpuprofile format that are read here. */
interface CpuProfile {
  readonly nodes: readonly {
    readonly id: number;
    readonly callFrame: { readonly functionName: string; readonly url: string; readonly lineNumber: number };
  }[];
  readonly samples: readonly number[];
  readonly timeDeltas: readonly number[];
}

/** Folder for the gateway's profiles, below the run's own. */
export const profileFolder = (folder: string): string => path.join(folder, 'profiles');

/** The functions with the most self time, and keeps the profiles themselves in `keepIn`. */
export function hottestFunctions(folder: string, keepIn: string, top = 40): string {
  const files = fs.existsSync(profileFolder(folder)) ? fs.readdirSync(profileFolder(folder)) : [];
  const parts = files.map((file) => {
    const from = path.join(profileFolder(folder), file);
    fs.mkdirSync(keepIn, { recursive: true });
    fs.copyFileSync(from, path.join(keepIn, file));
    return `${file}\n${selfTimes(JSON.parse(fs.readFileSync(from, 'utf8')) as CpuProfile, top)}`;
  });
  return parts.length === 0 ? 'no profile was written' : parts.join('\n\n');
}

function selfTimes(profile: CpuProfile, top: number): string {
  const names = new Map(
    profile.nodes.map(({ id, callFrame }) => [
      id,
      `${callFrame.functionName || '(anonymous)'} ${callFrame.url.split('/').slice(-3).join('/')}:${callFrame.lineNumber + 1}`,
    ]),
  );
  const spent = new Map<string, number>();
  let busy = 0;
  profile.samples.forEach((id, index) => {
    const name = names.get(id) ?? '?';
    if (name.startsWith('(idle)')) return;
    const delta = profile.timeDeltas[index] ?? 0;
    busy += delta;
    spent.set(name, (spent.get(name) ?? 0) + delta);
  });
  return [...spent]
    .sort((a, b) => b[1] - a[1])
    .slice(0, top)
    .map(([name, time]) => `${((time / busy) * 100).toFixed(1).padStart(5)} %  ${name}`)
    .join('\n');
}
