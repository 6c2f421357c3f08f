import { stat } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { readBundleArchive } from '../../engine/bundle-archive.ts';
import { createPolicyCompiler, type PolicyCompiler } from '../../engine/compiler/compiler.ts';
import { SallyportError } from '../../engine/errors.ts';
import { allDialects } from '../dialects.ts';
import { inspectSources } from '../policy/inspect-sources.ts';
import { inspectBundle, type Inspection } from '../policy/inspection.ts';
import { renderInspection } from '../policy/render-inspection.ts';
import { addVerificationOptions, readVerification, type VerificationOptions } from '../policy/verification-options.ts';
import { defaultPlaces } from '../policy-project.ts';
import { repeated } from '../repeated.ts';
import { createPaint } from '../reporters/terminal.ts';
import { BatchWriter, processStreams, type Streams } from '../streams.ts';

export interface InspectOptions extends VerificationOptions {
  readonly dialect?: readonly string[];
  readonly format?: 'pretty' | 'json';
}

export function register(program: Command): void {
  const command = program
    .command('inspect')
    .summary('show what a bundle or a folder of policies holds')
    .description(
      'Shows rules with their METADATA, entrypoints, what is read of the input, builtins, data, and who signed it.',
    )
    .argument('[paths...]', 'a bundle (.tar.gz, also of opa build), or folders of Rego, .rego files, pack:NAME')
    .option(
      '-d, --dialect <name>',
      'a third-party dialect whose attributes policies may read; may be repeated',
      repeated,
    );
  addVerificationOptions(command)
    .addOption(new Option('-f, --format <format>').choices(['pretty', 'json']).default('pretty'))
    .addHelpText(
      'after',
      `
Exit codes:
  0  done
  1  the signature does not hold, or --verification-key was given and there is none
  2  could not run: no such path, no bundle, no Rego

Examples:
  $ sallyport inspect bundle.tar.gz --verification-key release.pub
  $ sallyport inspect policies --format json`,
    )
    .action(async (paths: string[], options: InspectOptions) => {
      process.exitCode = await runInspect(paths, options, processStreams);
    });
}

/** @throws SallyportError SP_BUNDLE_NOT_FOUND, SP_BUNDLE_INVALID, SP_BUNDLE_KEY_INVALID, SP_POLICY_INVALID, SP_USAGE */
export async function runInspect(
  paths: readonly string[],
  options: InspectOptions,
  streams: Streams,
  warm?: PolicyCompiler,
): Promise<number> {
  const compiler = warm ?? createPolicyCompiler();
  try {
    const inspection = await inspect(defaultPlaces(paths), options, compiler);
    const writer = new BatchWriter(streams.stdout);
    await writer.write(
      options.format === 'json'
        ? `${JSON.stringify(inspection, null, 2)}\n`
        : renderInspection(inspection, createPaint(streams.stdout, streams.env ?? {})),
    );
    await writer.flush();
    const state = inspection.signature?.state;
    return state === 'invalid' || (state === 'none' && options.verificationKey !== undefined) ? 1 : 0;
  } finally {
    if (warm === undefined) await compiler.close();
  }
}

async function inspect(
  places: readonly string[],
  options: InspectOptions,
  compiler: PolicyCompiler,
): Promise<Inspection> {
  const verification = await readVerification(options);
  const bundles = await Promise.all(places.map(isBundle));
  const [place = ''] = places;
  if (bundles.length === 1 && bundles[0] === true) {
    return inspectBundle(await readBundleArchive(place), verification, compiler);
  }
  if (bundles.includes(true)) throw new SallyportError('SP_USAGE', 'A bundle is inspected by itself.');
  if (verification !== undefined) throw new SallyportError('SP_USAGE', 'Only a bundle has a signature to verify.');
  return inspectSources(places, await allDialects(options.dialect), compiler);
}

async function isBundle(place: string): Promise<boolean> {
  const entry = await stat(place).catch(() => undefined);
  return entry?.isFile() === true && !place.endsWith('.rego');
}
