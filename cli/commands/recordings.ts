import { readFileSync } from 'node:fs';
import type { Command, Option } from 'commander';
import type { RecordingEvent } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { createEventCheck } from '../../proxy/recorder/event-schema.ts';
import { createSealVerifier } from '../../proxy/recorder/seal.ts';
import { verifyRecording, type VerifyOptions } from '../../proxy/recorder/verify.ts';
import { recordingsDirectory } from '../config.ts';
import { loadConfig } from '../config/load.ts';
import { formatFinding } from '../errors.ts';
import { protocolNames } from '../protocols.ts';
import { formatOption } from '../usage.ts';
import { findRecordings, readEvents, summarize } from '../recordings.ts';

interface Options {
  readonly config: string;
  readonly format: string;
  readonly key?: string;
}

export function register(program: Command): void {
  const recordings = program.command('recordings').description('Read and check the recordings that a gateway wrote.');
  const configOption = [
    '-c, --config <file>',
    'configuration that says where the recordings are',
    'sallyport.yaml',
  ] as const;
  const format = (): Option => formatOption().default('pretty');

  recordings
    .command('list')
    .description('Lists recordings: when, who, where, how many commands and denials.')
    .argument('[path]', "a recording or a folder; default: the configuration's folder")
    .option(...configOption)
    .addOption(format())
    .addHelpText('after', helpText('0  done', '$ sallyport recordings list --config sallyport.yaml'))
    .action(async (path: string | undefined, options: Options) => {
      await list(path, options);
    });

  recordings
    .command('show')
    .description('Shows the events of one session.')
    .argument('<recording>', 'a file, or a session id (or a decision id that a client was shown)')
    .option(...configOption)
    .addOption(format())
    .addHelpText('after', helpText('0  done', '$ sallyport recordings show 6f1c0c0e-5a1c-4a52-9d0b-2f3c1f1f8f10'))
    .action(async (recording: string, options: Options) => {
      await show(recording, options);
    });

  recordings
    .command('verify')
    .description('Checks hash chains, numbering, schema, ends and seals.')
    .argument('[path]', "a recording or a folder; default: the configuration's folder")
    .option(...configOption)
    .addOption(format())
    .option('--key <file>', 'public Ed25519 key in PEM; every ended recording must then be sealed with it')
    .addHelpText(
      'after',
      helpText(
        '0  all hold\n  1  something is damaged',
        '$ sallyport recordings verify recordings/ --key signing.pub.pem',
      ),
    )
    .action(async (path: string | undefined, options: Options) => {
      process.exitCode = (await verify(path, options)) ? 0 : 1;
    });
}

function helpText(codes: string, example: string): string {
  return `\nExit codes:\n  ${codes}\n  2  could not run (nothing there, unreadable, an invalid configuration)\n\nExample:\n  ${example}`;
}

async function locate(path: string | undefined, options: Options): Promise<string[]> {
  return findRecordings(path ?? recordingsDirectory(loadConfig(options.config, protocolNames)));
}

async function list(path: string | undefined, options: Options): Promise<void> {
  for (const file of await locate(path, options)) {
    const summary = await summarize(file);
    if (options.format === 'json') process.stdout.write(`${JSON.stringify(summary ?? { file })}\n`);
    else if (summary === undefined) process.stdout.write(`${file}: no start event\n`);
    else {
      const { started, session, subject, resource, commands, denied, state } = summary;
      process.stdout.write(
        `${started}  ${session}  ${subject} → ${resource}  ${commands} commands, ${denied} denied  ${state}\n`,
      );
    }
  }
}

async function show(recording: string, options: Options): Promise<void> {
  for await (const event of readEvents(await findOne(recording, options))) {
    process.stdout.write(options.format === 'json' ? `${JSON.stringify(event)}\n` : describeEvent(event));
  }
}

/** A path is taken as it is; else the recording whose session id it is, or begins with: decision ids do. */
async function findOne(recording: string, options: Options): Promise<string> {
  if (recording.endsWith('.jsonl')) return recording;
  const session = recording.split('.')[0] ?? recording;
  const files = await locate(undefined, options);
  const found = files.find((file) => file.endsWith(`${session}.jsonl`));
  if (found === undefined) throw new SallyportError('SP_USAGE', `There is no recording of ${recording}.`);
  return found;
}

function describeEvent(event: RecordingEvent): string {
  return `${String(event.seq).padStart(5)}  ${event.time}  ${event.type.padEnd(8)}  ${oneLine(detailsOf(event))}\n`;
}

function detailsOf(event: RecordingEvent): string {
  switch (event.type) {
    case 'start':
      return `${event.subject.id} (${event.subject.kind}) → ${event.resource.name} from ${event.client.address}`;
    case 'command':
      return event.input.command?.text ?? '';
    case 'decision': {
      const reasons = event.decision.reasons.map(({ rule, message }) => `${rule}: ${message}`);
      const what = event.command === 0 ? 'the session' : String(event.command);
      return `${event.decision.effect} of ${what}  ${reasons.join('; ')}`;
    }
    case 'result': {
      const words = [event.tag, event.code, event.message].filter((word) => word !== undefined);
      return `${event.status} of ${event.commands.join(', ')}  ${words.join(' ')}`;
    }
    case 'approval': {
      const { request, state, commands, reviewers = [], comment = '' } = event;
      return `${state} of ${commands.join(', ')}  request ${request}  ${reviewers.join(', ')} ${comment}`;
    }
    case 'error':
      return `${event.code} ${event.message}`;
    case 'end':
      return `${event.reason}: ${event.commands} commands, ${event.denied} denied`;
  }
}

/** Recorded text comes from clients: what would move a terminal's cursor is shown, not obeyed. */
function oneLine(text: string): string {
  return text.replaceAll(/\s+/g, ' ').replaceAll(/\p{Cc}/gu, (control) => `\\x${control.charCodeAt(0).toString(16)}`);
}

/** @returns whether all of them hold */
async function verify(path: string | undefined, options: Options): Promise<boolean> {
  const files = await locate(path, options);
  const verifyOptions: VerifyOptions = {
    checkEvent: createEventCheck(),
    ...(options.key === undefined ? {} : { checkSeal: createSealVerifier(readKey(options.key)) }),
  };
  let damaged = 0;
  for (const file of files) {
    const { findings, events, ended, sealed } = await verifyRecording(file, verifyOptions);
    const holds = findings.every(({ severity }) => severity !== 'error');
    if (!holds) damaged += 1;
    if (options.format === 'json') {
      process.stdout.write(`${JSON.stringify({ file, events, ended, sealed, holds, findings })}\n`);
    } else {
      process.stdout.write(findings.map(formatFinding).join(''));
    }
  }
  if (options.format !== 'json') {
    process.stdout.write(`${files.length} recordings, ${damaged} damaged\n`);
  }
  return damaged === 0;
}

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SallyportError('SP_USAGE', `The key ${path} cannot be read.`, { cause });
  }
}
