import { createHash } from 'node:crypto';
import { resolve } from 'node:path';
import { Option, type Command } from 'commander';
import { unpackBundle } from '../../engine/bundle-archive.ts';
import { bundleOf } from '../../engine/bundle.ts';
import { createPolicyCompiler, type PolicyCompiler } from '../../engine/compiler/compiler.ts';
import { createEngine, DECISION_ENTRYPOINT } from '../../engine/engine.ts';
import { SallyportError } from '../../engine/errors.ts';
import { PolicyError } from '../../engine/policy-error.ts';
import { signingAlgorithms, verificationKeyOf } from '../../engine/signing/keys.ts';
import { signaturesFile, signFiles } from '../../engine/signing/sign.ts';
import { verifyBundle } from '../../engine/signing/verify.ts';
import { allDialects } from '../dialects.ts';
import { formatFinding } from '../errors.ts';
import { normalizeEntrypoint } from '../policy/entrypoint-name.ts';
import { requireReadableLabels } from '../policy/label-findings.ts';
import { readManifests } from '../policy/manifest.ts';
import { defaultRevision } from '../policy/revision.ts';
import { readSigning, type Signing, type SigningOptions } from '../policy/signing-options.ts';
import { defaultPlaces, readProject } from '../policy-project.ts';
import { repeated } from '../repeated.ts';
import { writeOutput } from '../reporters/output-file.ts';
import { BatchWriter, processStreams, type Streams } from '../streams.ts';

export interface BuildOptions extends SigningOptions {
  readonly output: string;
  readonly revision?: string;
  readonly entrypoint?: readonly string[];
  readonly dialect?: readonly string[];
  readonly format?: 'pretty' | 'json';
}

export function register(program: Command): void {
  program
    .command('build')
    .summary('make a bundle of policies')
    .description(
      'Compiles policies into an OPA bundle (.tar.gz). The same policies give the same bytes, wherever and whenever it is built.',
    )
    .argument('[paths...]', 'folders of Rego, .rego files, or pack:NAME (default: policies, or the working directory)')
    .requiredOption('-o, --output <file>', 'where the bundle is written')
    .option('-r, --revision <text>', 'the id of the bundle (default: the git commit, or the digest of the sources)')
    .option('-e, --entrypoint <path>', 'a rule to ask by name besides the decision; may be repeated', repeated)
    .option(
      '-d, --dialect <name>',
      'a third-party dialect whose attributes policies may read; may be repeated',
      repeated,
    )
    .option('--signing-key <file>', 'sign the bundle: a private key in PEM, or a file that is the secret')
    .addOption(
      new Option('--signing-alg <name>', 'the algorithm, if the key should not decide').choices(signingAlgorithms),
    )
    .option('--key-id <id>', 'the id by which verifiers know the key')
    .option('--claims-file <file>', 'further claims of the signature, such as {"scope": "write"}, as JSON')
    .addOption(new Option('-f, --format <format>', 'of what is told').choices(['pretty', 'json']).default('pretty'))
    .addHelpText(
      'after',
      `
Before it is written, the bundle is loaded and its signature verified. Tests (*_test.rego) are left out. A .manifest
beside the policies may give roots, revision and metadata.

Exit codes:
  0  the bundle was written
  2  it was not: the policies do not compile, a path or key cannot be read, the file cannot be written

Examples:
  $ sallyport build policies -o bundle.tar.gz
  $ sallyport build policies pack:destructive-sql -o bundle.tar.gz --signing-key key.pem --key-id release`,
    )
    .action(async (paths: string[], options: BuildOptions) => {
      process.exitCode = await runBuild(paths, options, processStreams);
    });
}

/**
 * @throws SallyportError SP_BUNDLE_NOT_FOUND, SP_BUNDLE_KEY_INVALID, SP_USAGE, SP_OUTPUT_FAILED, SP_COMPILER_*;
 * PolicyError (SP_POLICY_INVALID) with the diagnostics
 */
export async function runBuild(
  paths: readonly string[],
  options: BuildOptions,
  streams: Streams,
  warm?: PolicyCompiler,
): Promise<number> {
  const signing = await readSigning(options);
  const compiler = warm ?? createPolicyCompiler();
  try {
    const built = await build(paths, options, signing, compiler);
    writeOutput(options.output, built.bytes);
    for (const warning of built.warnings) streams.stderr.write(warning);
    const writer = new BatchWriter(streams.stdout);
    await writer.write(
      options.format === 'json' ? `${JSON.stringify(built.summary, null, 2)}\n` : render(built.summary),
    );
    await writer.flush();
    return 0;
  } finally {
    if (warm === undefined) await compiler.close();
  }
}

interface Summary {
  readonly file: string;
  readonly revision: string;
  /** Where the revision was taken from. */
  readonly origin: string;
  readonly entrypoints: readonly string[];
  readonly bytes: number;
  readonly sha256: string;
  readonly signature: { readonly algorithm: string; readonly keyId: string | null } | null;
}

async function build(
  paths: readonly string[],
  options: BuildOptions,
  signing: Signing | undefined,
  compiler: PolicyCompiler,
): Promise<{ bytes: Uint8Array; summary: Summary; warnings: string[] }> {
  // In one order, whatever the command line's: what stands first in an archive must not depend on it.
  const places = [...defaultPlaces(paths)].sort((a, b) => (resolve(a) < resolve(b) ? -1 : 1));
  const project = await readProject(places, await allDialects(options.dialect));
  const manifest = await readManifests(places);
  const given = options.revision ?? manifest.revision;
  const { revision, origin } =
    given === undefined
      ? await defaultRevision(places, project.sources)
      : { revision: given, origin: options.revision === undefined ? 'manifest' : 'option' };
  const { result, diagnostics } = await compiler.build({
    ...project.request,
    ...(manifest.roots === undefined ? {} : { roots: manifest.roots }),
    ...(manifest.metadata === undefined ? {} : { metadata: manifest.metadata }),
    entrypoints: [...new Set([DECISION_ENTRYPOINT, ...(options.entrypoint ?? []).map(normalizeEntrypoint)])],
    revision,
  });
  const located = diagnostics.map(project.locate);
  if (result === undefined) throw new PolicyError(located);
  requireReadableLabels(project.sources.data);
  const bytes = signing === undefined ? result.bundle : await sign(result.bundle, signing, compiler);
  const entrypoints = await prove(options.output, bytes, signing);
  return {
    bytes,
    warnings: [
      ...located.map(formatFinding),
      ...(signing?.warnings ?? []).map((message) =>
        formatFinding({ severity: 'warning', code: 'weak_secret', message }),
      ),
    ],
    summary: {
      file: options.output,
      revision,
      origin,
      entrypoints,
      bytes: bytes.length,
      sha256: createHash('sha256').update(bytes).digest('hex'),
      signature: signing === undefined ? null : { algorithm: signing.key.algorithm, keyId: signing.key.id ?? null },
    },
  };
}

async function sign(bundle: Uint8Array, { key, claims }: Signing, compiler: PolicyCompiler): Promise<Uint8Array> {
  const { files } = await unpackBundle('the bundle', bundle);
  const signature = await signFiles(files, key, claims);
  return compiler.archive(new Map([...files, [signaturesFile, Buffer.from(signature)]]));
}

/** Loads what is about to be written as a gateway would, and gives its entrypoints. */
async function prove(file: string, bytes: Uint8Array, signing: Signing | undefined): Promise<readonly string[]> {
  const archive = await unpackBundle(file, bytes);
  if (signing !== undefined) {
    const { scope } = signing.claims;
    await verifyBundle(archive, {
      keys: [verificationKeyOf(signing.key)],
      ...(typeof scope === 'string' && scope !== '' ? { scope } : {}),
    });
  }
  const { entrypoints } = createEngine(bundleOf(archive));
  if (entrypoints.includes(DECISION_ENTRYPOINT)) return [...entrypoints].sort();
  throw new SallyportError('SP_INTERNAL', `The bundle lacks ${DECISION_ENTRYPOINT}.`);
}

function render({ file, revision, origin, entrypoints, bytes, sha256, signature }: Summary): string {
  const signed =
    signature === null ? 'not signed' : `${signature.algorithm}, key ${signature.keyId ?? 'without an id'}`;
  const lines: [string, string][] = [
    ['bundle', `${file} (${bytes} bytes)`],
    ['revision', `${revision} (${origin})`],
    ['entrypoints', entrypoints.join(', ')],
    ['signature', signed],
    ['sha256', sha256],
  ];
  return lines.map(([name, value]) => `${name.padEnd(13)}${value}\n`).join('');
}
