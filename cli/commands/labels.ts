import { InvalidArgumentError, Option, type Command as Program } from 'commander';
import { isObject } from '../../engine/is-object.ts';
import type { LabelNotice } from '../../proxy/catalogue/labels/assign.ts';
import { noticeSentence } from '../../proxy/catalogue/labels/tell-notices.ts';
import { loadConfig } from '../config/load.ts';
import { existingLabels } from '../labels/existing.ts';
import { labelRows } from '../labels/list.ts';
import { renderJson, renderYaml, summary } from '../labels/render.ts';
import { suggestLabels } from '../labels/suggest.ts';
import { findTarget, openTarget } from '../labels/target.ts';
import { protocolNames } from '../protocols.ts';
import { printRows } from '../api/rows.ts';
import { repeated } from '../repeated.ts';
import { oneLine, printableJson } from '../reporters/text.ts';
import { processStreams, type Streams } from '../streams.ts';

interface CommonOptions {
  readonly config: string;
  readonly database?: string;
  readonly data?: string;
}

export interface SuggestLabelsOptions extends CommonOptions {
  readonly schema?: readonly string[];
  readonly rows: number;
  readonly timeout: number;
  readonly format: 'yaml' | 'json';
}

export interface ListLabelsOptions extends CommonOptions {
  readonly format: 'table' | 'json' | 'csv';
}

export function register(program: Program): void {
  const labels = program.command('labels').description("Labels of targets' columns: what policies mask and judge by.");

  addCommonOptions(
    labels
      .command('suggest')
      .summary('suggest labels by names, types and a sample of values')
      .description(
        "Connects to a resource's target as the gateway would, looks at names, types and some rows of each table, and prints " +
          "data for the policies' folder, to be reviewed: what is labelled already stays, what is new says why. Never a value.",
      ),
  )
    .option('--schema <name>', "only this schema; may be repeated (default: all but the target's own)", repeated)
    .option('--rows <number>', 'most rows of a table that are looked at; 0: names and types alone', count, 1_000)
    .option('--timeout <ms>', 'longest time for one table', count, 10_000)
    .addOption(new Option('-f, --format <format>').choices(['yaml', 'json']).default('yaml'))
    .addHelpText(
      'after',
      `
Views and what inherits from another table are left out: their labels follow from what they are made of.

Exit codes:
  0  nothing new: every column that looks sensitive has labels
  1  there are suggestions, stale entries, or tables that could not be looked at
  2  could not run: no such resource, its target cannot be reached, labels that cannot be read

Examples:
  $ sallyport labels suggest shop > suggested.yaml
  $ sallyport labels suggest shop --data policies/data.yaml --format json | jq .new`,
    )
    .action(async (resource: string, options: SuggestLabelsOptions) => {
      process.exitCode = await runSuggest(resource, options, processStreams);
    });

  addCommonOptions(
    labels
      .command('list')
      .summary('the labels that are in force, and where each comes from')
      .description(
        "Lists the labels of a target's columns: from policy data, from comments (@labels(…)), from security labels.",
      ),
  )
    .addOption(new Option('-f, --format <format>').choices(['table', 'json', 'csv']).default('table'))
    .addHelpText(
      'after',
      `
Exit codes:
  0  done
  1  some labels are stale or cannot be read: each is told on standard error
  2  could not run: no such resource, its target cannot be reached, labels that cannot be read

Example:
  $ sallyport labels list shop`,
    )
    .action(async (resource: string, options: ListLabelsOptions) => {
      process.exitCode = await runList(resource, options, processStreams);
    });
}

function addCommonOptions(command: Program): Program {
  return command
    .argument('<resource>', 'name of a resource of the configuration')
    .option('-c, --config <file>', "the gateway's configuration", 'sallyport.yaml')
    .option('--database <name>', "the database, where the resource's target has many")
    .option(
      '--data <file>',
      "data file (YAML, JSON) with the labels there are (default: the configuration's policies)",
    );
}

/** @returns the exit code: 0 or 1 @throws SallyportError SP_CONFIG_INVALID, SP_USAGE, SP_POLICY_INVALID, SP_TARGET_UNREACHABLE */
export async function runSuggest(resource: string, options: SuggestLabelsOptions, streams: Streams): Promise<number> {
  const { stdout, stderr } = streams;
  const loaded = loadConfig(options.config, protocolNames);
  const found = findTarget(loaded, resource, options.database);
  const existing = await existingLabels(loaded, options.data);
  const target = await openTarget(found, existing.value);
  try {
    const { rows, timeout: timeoutMs, schema: schemas, format } = options;
    const terminal = 'isTTY' in stderr && stderr.isTTY === true;
    const onTable = (done: number, all: number): void => {
      if (terminal) stderr.write(done < all ? `\r\x1b[K${done} of ${all} tables` : '\r\x1b[K');
    };
    const suggested = await suggestLabels(target.run, target.read, { resource, schemas, rows, timeoutMs, onTable });
    const report = {
      ...suggested,
      resource,
      existing: isObject(existing.value) ? existing.value : {},
      stale: staleKeys(target.read.assigned.notices),
    };
    stdout.write(format === 'json' ? renderJson(report) : renderYaml(report));
    stderr.write(`${summary(report)}\n`);
    return report.suggestions.length + report.stale.size + report.skipped.length === 0 ? 0 : 1;
  } finally {
    await target.close();
  }
}

/** @returns the exit code: 0 or 1 @throws as runSuggest */
export async function runList(resource: string, options: ListLabelsOptions, streams: Streams): Promise<number> {
  const loaded = loadConfig(options.config, protocolNames);
  const found = findTarget(loaded, resource, options.database);
  const { value } = await existingLabels(loaded, options.data);
  const target = await openTarget(found, value);
  try {
    const rows = labelRows(target.read).map((row) => ({ ...row }));
    const { notices } = target.read.assigned;
    const layout = {
      title: 'Labels',
      columns: [
        ['column', 'column'],
        ['label', 'label'],
        ['from', 'from'],
      ],
      none: 'No column has a label.',
    } as const;
    if (options.format === 'json') streams.stdout.write(`${printableJson({ labels: rows, notices })}\n`);
    else printRows(rows, layout, options.format, streams);
    for (const notice of notices)
      streams.stderr.write(`warning: ${oneLine(subjectOf(notice))}: ${noticeSentence(notice)}\n`);
    return notices.length === 0 ? 0 : 1;
  } finally {
    await target.close();
  }
}

function subjectOf(notice: LabelNotice): string {
  return 'key' in notice ? notice.key : notice.relation.join('.');
}

function staleKeys(notices: readonly LabelNotice[]): ReadonlySet<string> {
  return new Set(
    notices.flatMap((notice) =>
      notice.kind === 'no_such_column' || notice.kind === 'no_such_relation' ? [notice.key] : [],
    ),
  );
}

function count(text: string): number {
  if (!/^\d{1,9}$/.test(text)) throw new InvalidArgumentError('It is a whole number.');
  return Number(text);
}
