import { createEngine, type Engine } from '../engine/engine.ts';
import { readBundle } from '../engine/bundle.ts';

/** Makes an engine of what stands at a path now: a bundle or a folder of Rego. */
export async function loadEngine(path: string): Promise<Engine> {
  return createEngine(await readBundle(path));
}
