import type { Command as Program } from 'commander';
import { addIndexOptions, type IndexOptions } from '../api/index-source.ts';
import type { QuarantineView, SubjectDetails } from '../../proxy/quarantine/subject-views.ts';
import { openSubjects, type SubjectSource } from '../api/subject-source.ts';
import { wholeNumber } from '../api/whole-number.ts';
import { renderTable } from '../reporters/tables.ts';
import { createPaint, printable, type Paint } from '../reporters/terminal.ts';
import { printableJson } from '../reporters/text.ts';
import { processStreams, type Streams } from '../streams.ts';
import { formatOption } from '../usage.ts';

interface CommonOptions extends IndexOptions {
  readonly format: 'pretty' | 'json';
}

interface ListOptions extends CommonOptions {
  readonly quarantined?: boolean;
  readonly limit: string;
}

const exitCodes = `
Exit codes:
  0  done
  2  could not run: no such subject, not yours to decide, the gateway or its store cannot be reached`;

export function register(program: Program): void {
  const subjects = program.command('subjects').description('Subjects: who has come, and who may not come any more.');

  addIndexOptions(
    subjects
      .command('list')
      .summary('who has come, and who is quarantined')
      .description('Lists subjects: those that are quarantined, then the last seen.')
      .option('--quarantined', 'only those that are')
      .option('--limit <number>', 'most rows', '100')
      .addOption(formatOption().default('pretty')),
  )
    .addHelpText('after', `${exitCodes}\n\nExample:\n  $ sallyport subjects list --quarantined`)
    .action(async (options: ListOptions) => {
      process.exitCode = await listSubjects(options, processStreams);
    });

  addIndexOptions(
    subjects
      .command('show')
      .summary('one subject, with all of its quarantines')
      .description('Shows a subject: when it came, whether it is quarantined, and when it was before.')
      .argument('<id>', 'of the subject')
      .addOption(formatOption().default('pretty')),
  )
    .addHelpText('after', `${exitCodes}\n\nExample:\n  $ sallyport subjects show agent-7`)
    .action(async (id: string, options: CommonOptions) => {
      process.exitCode = await onSubject(options, processStreams, (source) => source.find(id));
    });

  addIndexOptions(
    subjects
      .command('quarantine')
      .summary('keep a subject out until it is released')
      .description(
        'Keeps a subject out, at every gateway that shares the store: its sessions end, what it asked for is withdrawn, its grants end.',
      )
      .argument('<id>', 'of the subject')
      .requiredOption('-m, --message <words>', 'why; the subject is told')
      .addOption(formatOption().default('pretty')),
  )
    .addHelpText(
      'after',
      `${exitCodes}\n\nExample:\n  $ sallyport subjects quarantine agent-7 -m 'its token has leaked'`,
    )
    .action(async (id: string, options: CommonOptions & { message: string }) => {
      process.exitCode = await onSubject(options, processStreams, (source) => source.quarantine(id, options.message));
    });

  addIndexOptions(
    subjects
      .command('release')
      .summary('let a subject in again')
      .description('Ends a quarantine. What the subject had asked for, and its grants, do not come back.')
      .argument('<id>', 'of the subject')
      .option('-m, --message <words>', 'why')
      .addOption(formatOption().default('pretty')),
  )
    .addHelpText('after', `${exitCodes}\n\nExample:\n  $ sallyport subjects release agent-7 -m 'has a new token'`)
    .action(async (id: string, options: CommonOptions & { message?: string }) => {
      process.exitCode = await onSubject(options, processStreams, (source) => source.release(id, options.message));
    });
}

/** @returns the exit code @throws SallyportError SP_USAGE, SP_API_UNREACHABLE, SP_AUTH_FAILED, SP_STORE_* */
export async function listSubjects(options: ListOptions, streams: Streams): Promise<number> {
  const limit = wholeNumber('--limit', options.limit, 10_000);
  const { stdout, env = {} } = streams;
  const source = await openSubjects(options, env);
  try {
    const found = await source.list(options.quarantined === true, limit);
    if (options.format === 'json') stdout.write(`${printableJson(found)}\n`);
    else if (found.length === 0)
      stdout.write(options.quarantined === true ? 'Nobody is quarantined.\n' : 'Nobody yet.\n');
    else {
      const rows = found.map(({ id, kind, last_seen, quarantine }) => [
        id,
        kind ?? '',
        last_seen ?? 'never',
        quarantine === null ? '' : `since ${quarantine.since}, by ${quarantine.imposed_by}: ${quarantine.reason}`,
      ]);
      const columns = ['subject', 'kind', 'last seen', 'quarantined'];
      stdout.write(renderTable({ title: 'Subjects', columns, rows }, createPaint(stdout, env)));
    }
  } finally {
    await source.close();
  }
  return 0;
}

/** @returns the exit code @throws SallyportError SP_SUBJECT_* and as listSubjects */
export async function onSubject(
  options: CommonOptions,
  { stdout, env = {} }: Streams,
  work: (source: SubjectSource) => Promise<SubjectDetails>,
): Promise<number> {
  const source = await openSubjects(options, env);
  try {
    const subject = await work(source);
    stdout.write(
      options.format === 'json' ? `${printableJson(subject)}\n` : renderSubject(subject, createPaint(stdout, env)),
    );
  } finally {
    await source.close();
  }
  return 0;
}

function renderSubject({ id, kind, first_seen, last_seen, history }: SubjectDetails, paint: Paint): string {
  const seen = last_seen === null ? 'never seen' : `first seen ${first_seen ?? ''}, last seen ${last_seen}`;
  const state = history.some(({ released }) => released === null)
    ? paint('red', 'quarantined')
    : paint('green', 'not quarantined');
  return [
    `${paint('bold', printable(id))}${kind === null ? '' : ` (${kind})`}: ${state}\n`,
    `  ${seen}\n`,
    ...history.map((one) => `  ${renderQuarantine(one)}\n`),
  ].join('');
}

function renderQuarantine(quarantine: QuarantineView): string {
  const { since, imposed_by, reason, decision, released, released_by, release_comment } = quarantine;
  const words = release_comment === null || release_comment === '' ? '' : `: ${release_comment}`;
  const end = released === null ? '' : `; released ${released} by ${released_by ?? 'somebody'}${words}`;
  const told = decision === null ? '' : ` (decision ${decision})`;
  return printable(`quarantined ${since} by ${imposed_by}: ${reason}${told}${end}`);
}
