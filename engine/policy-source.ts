import { watch } from 'chokidar';
import type { Engine } from './engine.ts';
import { PolicyError } from './policy-error.ts';
import { SallyportError } from './errors.ts';

/** Holds the engine in force. Whoever decides asks `current` each time: a swap is one assignment, so it is atomic. */
export interface PolicySource {
  readonly current: Engine;
  /** Loads again now; the old engine stays when that fails. Never rejects. */
  reload(): Promise<void>;
  close(): Promise<void>;
}

export interface PolicySourceEvents {
  /** Another revision is in force. */
  readonly onSwap?: (engine: Engine, previous: Engine) => void;
  /** What was found does not compile or load; the engine in force stays. PolicyError carries the diagnostics. */
  readonly onRefused?: (error: SallyportError, current: Engine) => void;
}

/** Editors and `git checkout` write several files at once: wait until they are quiet, in milliseconds. */
const quietMs = 150;

/**
 * Loads an engine and keeps it up to date with folders or a bundle on disk.
 *
 * @param paths what is watched
 * @param load gives the engine of what stands there now
 * @throws whatever the first `load` throws: without a policy there is nothing to fall back on
 */
export async function watchPolicies(
  paths: string | readonly string[],
  load: () => Promise<Engine>,
  events: PolicySourceEvents = {},
): Promise<PolicySource> {
  let current = await load();
  let running: Promise<void> | undefined;
  let asked = 0;
  let timer: NodeJS.Timeout | undefined;

  async function swap(): Promise<void> {
    try {
      const next = await load();
      if (next.revision === current.revision) {
        if (next.digest === current.digest) return;
        // Decisions are remembered, and recorded, by their revision: one that means two things would mix them up.
        throw new SallyportError(
          'SP_BUNDLE_INVALID',
          `Revision ${next.revision} is in force already, with other content.`,
          {
            help: 'Give the bundle a revision of its own: sallyport build --revision.',
          },
        );
      }
      const previous = current;
      current = next;
      events.onSwap?.(next, previous);
    } catch (error) {
      events.onRefused?.(asSallyportError(error), current);
    }
  }

  // One load at a time; a change during a load asks for one more after it, so that the last state always wins.
  function reload(): Promise<void> {
    asked += 1;
    running ??= settle().finally(() => {
      running = undefined;
    });
    return running;
  }

  async function settle(): Promise<void> {
    for (let served = -1; served !== asked;) {
      served = asked;
      await swap();
    }
  }

  const roots = typeof paths === 'string' ? [paths] : [...paths];
  const watcher = watch(roots, { ignoreInitial: true, ignored: (file) => isHidden(file, roots) });
  watcher.on('all', () => {
    clearTimeout(timer);
    timer = setTimeout(() => void reload(), quietMs);
  });
  watcher.on('error', (error) => events.onRefused?.(asSallyportError(error), current));
  await new Promise<void>((resolve) => watcher.once('ready', resolve));

  return {
    get current() {
      return current;
    },
    reload,
    async close() {
      clearTimeout(timer);
      await watcher.close();
      await running;
    },
  };
}

/** Below what is watched: a root itself may stand in a hidden folder. */
function isHidden(file: string, roots: readonly string[]): boolean {
  const root = roots.filter((one) => file.startsWith(one)).sort((a, b) => b.length - a.length)[0] ?? '';
  return /(^|[/\\])\.[^/\\.]/.test(file.slice(root.length));
}

function asSallyportError(error: unknown): SallyportError {
  return error instanceof SallyportError ? error : new PolicyError([], error);
}
