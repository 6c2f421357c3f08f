import { builtins } from './builtins.ts';
import { containers } from './containers.ts';
import { databases } from './databases.ts';
import { files } from './files.ts';
import { network } from './network.ts';
import { packages } from './packages.ts';
import { system } from './system.ts';
import { text } from './text.ts';
import { versions } from './versions.ts';
import { wrappers } from './wrappers.ts';
import type { ProgramSpec, ProgramTable } from './spec.ts';

/** Every program that is known, by its name. A Map, for `constructor` may be a program's name, too. */
export function knownPrograms(more: ProgramTable = {}): ReadonlyMap<string, ProgramSpec> {
  return new Map(
    [files, text, system, network, packages, containers, databases, versions, builtins, wrappers, more].flatMap(
      (table) => Object.entries(table),
    ),
  );
}
