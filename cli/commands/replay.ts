import { readFileSync, writeFileSync } from 'node:fs';
import { availableParallelism } from 'node:os';
import { Option, type Command } from 'commander';
import type { PolicyCompiler } from '../../engine/compiler/compiler.ts';
import { SallyportError } from '../../engine/errors.ts';
import { repeated } from '../repeated.ts';
import { replaySources } from '../replay/crew.ts';
import { readExpectations } from '../replay/expectations.ts';
import { mergeParts, type RunFacts } from '../replay/part.ts';
import { loadPolicies } from '../replay/policy-process.ts';
import { Progress } from '../replay/progress.ts';
import type { ReplaySetup } from '../replay/replayer.ts';
import { replayReport } from '../replay/report.ts';
import { readMoment, readSample, readShard, type Selection } from '../replay/selection.ts';
import { findSources } from '../replay/sources.ts';
import { Tally, type TallyState } from '../replay/tally.ts';
import { readThresholds } from '../replay/thresholds.ts';
import { expectationsFor } from '../replay/written-expectations.ts';
import { addReportOptions, publish, type ReportOptions } from '../reporters/publish.ts';
import { processStreams, type Streams } from '../streams.ts';

export interface ReplayOptions extends ReportOptions {
  readonly bundle?: readonly string[];
  /** `recorded`, or places as of --bundle. */
  readonly baseline?: readonly string[];
  readonly parsed?: 'again' | 'recorded';
  readonly dialect?: readonly string[];
  readonly failOn?: string;
  readonly expect?: string;
  readonly writeExpect?: string;
  readonly since?: string;
  readonly until?: string;
  readonly subject?: readonly string[];
  readonly resource?: readonly string[];
  readonly sample?: string;
  readonly shard?: string;
  readonly limitGroups?: string;
  readonly jobs?: string;
  readonly key?: string;
  readonly progress?: boolean;
}

export function register(program: Command): void {
  const replay = program
    .command('replay')
    // What follows `merge` is merge's own.
    .enablePositionalOptions()
    .summary('say what a change of policies would have done to recorded traffic')
    .description(
      'Judges recorded commands again, by other policies, and reports every decision that would be another one.\n' +
        'Recordings are verified on the way.',
    )
    .argument('[recordings...]', 'folders, .jsonl or .jsonl.gz files, globs, or - for standard input')
    .option('-b, --bundle <path>', 'policies to judge with: folders, .rego files, pack:NAME, or one bundle', repeated)
    .option('--baseline <path>', 'what to compare with: recorded (the default), or policies as for --bundle', repeated)
    .addOption(
      new Option('--parsed <how>', "parse statements again with today's dialects, or take commands as recorded")
        .choices(['again', 'recorded'])
        .default('again'),
    )
    .option('-d, --dialect <name>', 'a third-party dialect; may be repeated', repeated)
    .option('--fail-on <conditions>', "exit with 1 under any of these, such as 'deny->allow>0,allow->deny>1%'")
    .option('--expect <file>', 'accepted changes, YAML or JSON; any other change fails')
    .option('--write-expect <file>', 'write a file that accepts the changes as they are')
    .option('--since <moment>', 'leave out commands before a date or date-time')
    .option('--until <moment>', 'leave out commands from a date or date-time on')
    .option('--subject <glob>', "only sessions of subjects with such an id ('agent-*'); may be repeated", repeated)
    .option('--resource <glob>', 'only sessions on resources of such a name; may be repeated', repeated)
    .option('--sample <share>', 'only a share of the sessions, always the same ones: 5% or 1/20')
    .option('--shard <i/n>', 'only one of n parts of the sessions; put together with replay merge')
    .option('--limit-groups <n>', 'groups to show of each kind', '10')
    .option('-j, --jobs <n>', 'threads (default: one for each core)')
    .option('--key <file>', 'public Ed25519 key in PEM; every ended recording must then be sealed with it')
    .option('--progress', 'say how far it is, in lines, where standard error is no terminal');
  addReportOptions(replay)
    .addHelpText(
      'after',
      `
A condition of --fail-on is a measure, > or >=, and a number or a share of the judged commands (with %). Measures are
allow->deny and its like (* is any effect), any, obligations-lost, -gained and -changed, errors, parsed-differently.
Changes that --expect accepts do not count.

Exit codes:
  0  judged, and within --fail-on and --expect; a shard that was replayed to its end
  1  a condition of --fail-on holds, a change is not expected or an expected one is missing, a recording is damaged,
     or an evaluation fails that did not fail before
  2  could not run, or was interrupted: the report is then of a part, and says so

Examples:
  $ sallyport replay recordings/ --bundle policies --fail-on 'deny->allow>0'
  $ sallyport replay 'recordings/2026-11-*' --bundle policies --baseline main.tar.gz --expect accepted.yaml
  $ sallyport replay recordings/ --bundle policies --shard 1/4 --report json=part1.json
  $ sallyport replay merge part1.json part2.json part3.json part4.json --report markdown=comment.md`,
    )
    .action(async (places: string[], options: ReplayOptions) => {
      const interrupt = new AbortController();
      const stop = (): void => {
        interrupt.abort();
      };
      // A second one ends the process as usual.
      for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, stop);
      try {
        process.exitCode = await runReplay(places, options, processStreams, { signal: interrupt.signal });
      } finally {
        for (const signal of ['SIGINT', 'SIGTERM'] as const) process.off(signal, stop);
      }
    });

  const merge = replay
    .command('merge')
    .summary('put the shards of a replay together')
    .description('Makes of the JSON reports of all shards the report that one replay of everything gives.')
    .argument('<parts...>', 'JSON reports of replay --shard');
  addReportOptions(merge)
    .addHelpText(
      'after',
      `
Exit codes:
  0  the whole is within the shards' --fail-on and --expect
  1  it is not, as replay says
  2  could not run: a shard is missing, was interrupted, or is of another replay

Example:
  $ sallyport replay merge part-*.json --report junit=replay.xml`,
    )
    .action(async (parts: string[], options: ReportOptions) => {
      process.exitCode = await runReplayMerge(parts, options, processStreams);
    });
}

export interface ReplayControl {
  /** Aborted: stop, and report what there is. */
  readonly signal?: AbortSignal;
  /** A compiler to use and leave running. */
  readonly warm?: PolicyCompiler;
}

/**
 * @param places recordings; see findSources
 * @throws SallyportError SP_USAGE, SP_BUNDLE_*, SP_POLICY_INVALID, SP_COMPILER_*
 */
export async function runReplay(
  places: readonly string[],
  options: ReplayOptions,
  streams: Streams,
  control: ReplayControl = {},
): Promise<number> {
  const plan = readPlan(places, options);
  const sources = await findSources(places);
  const { setup, run } = await prepare(plan, options, control.warm);
  const progress = new Progress({
    stream: streams.stderr,
    totalBytes: sources.reduce((sum, { bytes }) => sum + bytes, 0),
    lines: options.progress === true,
  });
  let tally: TallyState;
  try {
    const states = await replaySources(sources, setup, {
      jobs: plan.jobs,
      stdin: streams.stdin,
      onAdvance: (advance) => {
        progress.advance(advance);
      },
      ...(control.signal === undefined ? {} : { signal: control.signal }),
    });
    const whole = new Tally();
    for (const state of states) whole.merge(state);
    tally = whole.state();
  } finally {
    progress.finish();
  }
  if (options.writeExpect !== undefined) writeFileSync(options.writeExpect, expectationsFor(tally));
  return publish(replayReport(run, tally, plan.selection.shard), options, streams);
}

/** @throws SallyportError SP_USAGE when the parts are not the shards of one replay */
export async function runReplayMerge(
  parts: readonly string[],
  options: ReportOptions,
  streams: Streams,
): Promise<number> {
  const { run, tally } = mergeParts(parts);
  return publish(replayReport(run, tally), options, streams);
}

interface Plan {
  readonly bundle: readonly string[];
  readonly baseline: readonly string[] | undefined;
  readonly selection: Selection;
  readonly limitGroups: number;
  readonly jobs: number;
}

/** Everything that can be wrong on the command line is found before anything is compiled or read. */
function readPlan(places: readonly string[], options: ReplayOptions): Plan {
  const { bundle = [], baseline = ['recorded'], failOn, since, until, sample, shard } = options;
  if (places.length === 0) throw new SallyportError('SP_USAGE', 'Which recordings? Give folders, files or -.');
  if (bundle.length === 0) {
    throw new SallyportError('SP_USAGE', 'By which policies? Give --bundle.', {
      help: 'sallyport replay RECORDINGS… --bundle policies',
    });
  }
  const recorded = baseline.includes('recorded');
  if (recorded && baseline.length > 1) throw new SallyportError('SP_USAGE', '--baseline recorded stands alone.');
  if (failOn !== undefined) readThresholds(failOn);
  return {
    bundle,
    baseline: recorded ? undefined : baseline,
    limitGroups: wholeNumber('--limit-groups', options.limitGroups ?? '10'),
    jobs: options.jobs === undefined ? availableParallelism() : wholeNumber('--jobs', options.jobs),
    selection: {
      ...(shard === undefined ? {} : { shard: readShard(shard) }),
      ...(sample === undefined ? {} : { sample: readSample(sample) }),
      ...(since === undefined ? {} : { since: readMoment('--since', since) }),
      ...(until === undefined ? {} : { until: readMoment('--until', until) }),
      ...(options.subject === undefined ? {} : { subjects: options.subject }),
      ...(options.resource === undefined ? {} : { resources: options.resource }),
    },
  };
}

function wholeNumber(option: string, text: string): number {
  const number = /^\d{1,6}$/.test(text) ? Number(text) : 0;
  if (number >= 1) return number;
  throw new SallyportError('SP_USAGE', `${option} takes a whole number from 1 on, not ${JSON.stringify(text)}.`);
}

async function prepare(
  plan: Plan,
  options: ReplayOptions,
  warm: PolicyCompiler | undefined,
): Promise<{ readonly setup: ReplaySetup; readonly run: RunFacts }> {
  const { parsed = 'again', dialect = [], expect, key } = options;
  const expectations = expect === undefined ? undefined : readExpectations(expect);
  const sealKey = key === undefined ? undefined : readKey(key);
  const { bundle, baseline: places } = plan;
  const { policy, baseline } = await loadPolicies(
    { bundle, dialects: dialect, ...(places === undefined ? {} : { baseline: places }) },
    warm,
  );
  return {
    setup: {
      bundle: policy.bundle,
      ...(baseline === undefined ? {} : { baseline: baseline.bundle }),
      parse: parsed === 'again',
      dialects: dialect,
      selection: plan.selection,
      ...(expectations === undefined ? {} : { expectations: expectations.expectations }),
      ...(sealKey === undefined ? {} : { sealKey }),
    },
    run: {
      bundle: { places: bundle, revision: policy.bundle.revision },
      baseline: baseline === undefined ? 'recorded' : { places: places ?? [], revision: baseline.bundle.revision },
      parsed,
      selection: selectionTexts(options),
      fail_on: options.failOn ?? null,
      expectations: expectations ?? null,
      limit_groups: plan.limitGroups,
      rules: policy.rules,
    },
  };
}

function selectionTexts(options: ReplayOptions): Record<string, string | readonly string[]> {
  const { since, until, sample, subject, resource } = options;
  const given = Object.entries({ since, until, sample, subject, resource });
  return Object.fromEntries(
    given.filter((entry): entry is [string, string | readonly string[]] => entry[1] !== undefined),
  );
}

function readKey(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch (cause) {
    throw new SallyportError('SP_USAGE', `--key ${path} cannot be read.`, { cause });
  }
}
