import { Option, type Command } from 'commander';
import type { Diagnostic } from '../../engine/contract.ts';
import { inputFacts } from '../../engine/linter/input-facts.ts';
import { createPolicyLinter, type PolicyLinter } from '../../engine/linter/linter.ts';
import type { LintResult, LintRule, LintSettings } from '../../engine/linter/protocol.ts';
import { readLibrary } from '../../engine/load.ts';
import { allDialects } from '../dialects.ts';
import { findLintProject, nameInProject, type LintProject } from '../lint/project.ts';
import { codeOf, explainRule, listRules, ruleInfo } from '../lint/rules.ts';
import { defaultPlaces, readProject, shownPath } from '../policy-project.ts';
import { repeated } from '../repeated.ts';
import { addReportOptions, publish, type ReportOptions } from '../reporters/publish.ts';
import type { Report, RuleInfo } from '../reporters/report.ts';
import { plural } from '../reporters/text.ts';
import { BatchWriter, processStreams, type Streams } from '../streams.ts';

export interface LintOptions extends ReportOptions {
  readonly dialect?: readonly string[];
  readonly configFile?: string;
  /** The least level that fails. Default: error. */
  readonly failLevel?: 'error' | 'warning';
  readonly disable?: readonly string[];
  readonly disableAll?: boolean;
  readonly disableCategory?: readonly string[];
  readonly enable?: readonly string[];
  readonly enableAll?: boolean;
  readonly enableCategory?: readonly string[];
  readonly ignoreFiles?: readonly string[];
  /** Print the rules instead. */
  readonly rules?: boolean;
  /** Print what a rule is about instead. */
  readonly explain?: string;
}

export function register(program: Command): void {
  const command = program
    .command('lint')
    .summary('find what is doubtful in policies')
    .description(
      'Lints policies with Regal and with rules of Sallyport’s own: values that the input never has, patterns on a ' +
        'command’s text, reviews that nobody can answer, … Honours .regal/config.yaml and `# regal ignore:` comments.',
    )
    .argument('[paths...]', 'folders of Rego, .rego files, or pack:NAME (default: policies, or the working directory)')
    .option(
      '-d, --dialect <name>',
      'a third-party dialect whose attributes policies may read; may be repeated',
      repeated,
    )
    .option('-c, --config-file <file>', 'instead of the .regal/config.yaml that is found upwards')
    .addOption(
      new Option('--fail-level <level>', 'the least level that gives exit code 1')
        .choices(['error', 'warning'])
        .default('error'),
    )
    .option('--disable <rule>', 'without a rule; may be repeated', repeated)
    .option('--disable-all', 'without any rule that is not enabled by name or category')
    .option('--disable-category <category>', 'without a category; may be repeated', repeated)
    .option('--enable <rule>', 'with a rule that is off; may be repeated', repeated)
    .option('--enable-all', 'with every rule')
    .option('--enable-category <category>', 'with a category; may be repeated', repeated)
    .option('--ignore-files <pattern>', 'without files, as .gitignore names them; may be repeated', repeated)
    .option('--rules', 'print all rules with their levels and pages, and lint nothing')
    .option('--explain <rule>', 'print what a rule is about, and lint nothing');
  addReportOptions(command)
    .addHelpText(
      'after',
      `
Exit codes:
  0  no errors (with --fail-level warning: no warnings either)
  1  there are errors, or files that do not parse
  2  could not run: no such path, no Rego there, a configuration that does not hold

Examples:
  $ sallyport lint policies
  $ sallyport lint policies --disable-category style --fail-level warning
  $ sallyport lint --explain unknown-value
  $ sallyport lint policies --report sarif=lint.sarif`,
    )
    .action(async (paths: string[], options: LintOptions) => {
      process.exitCode = await runLint(paths, options, processStreams);
    });
}

/**
 * @param warm a linter to use and leave running; one of its own is made and closed otherwise
 * @returns the exit code
 * @throws SallyportError SP_BUNDLE_NOT_FOUND, SP_POLICY_INVALID, SP_CONFIG_INVALID, SP_USAGE, SP_LINTER_*
 */
export async function runLint(
  paths: readonly string[],
  options: LintOptions,
  streams: Streams,
  warm?: PolicyLinter,
): Promise<number> {
  const linter = warm ?? createPolicyLinter();
  try {
    const places = defaultPlaces(paths);
    const project = await findLintProject(places, options.configFile);
    if (options.rules === true || options.explain !== undefined) {
      return await printRules(await linter.rules(await settingsOf(project, options)), options, streams);
    }
    return await publish(await lint(places, project, options, linter), options, streams);
  } finally {
    if (warm === undefined) await linter.close();
  }
}

async function lint(
  places: readonly string[],
  project: LintProject,
  options: LintOptions,
  linter: PolicyLinter,
): Promise<Report> {
  const dialects = await allDialects(options.dialect);
  const { sources } = await readProject(places, dialects);
  const texts: Record<string, string> = {};
  const shown = new Map<string, string>();
  for (const [module, file] of Object.entries(sources.files)) {
    const name = nameInProject(project, file);
    texts[name] = sources.modules[module] ?? '';
    shown.set(name, shownPath(file));
  }
  const settings = { ...(await settingsOf(project, options)), data: inputFacts(dialects) };
  const result = await linter.lint(texts, settings);
  const rules = await linter.rules(settings);
  return report(result, rules, { project, options, shown });
}

async function settingsOf(project: LintProject, options: LintOptions): Promise<LintSettings> {
  const { modules: library } = await readLibrary();
  return {
    library,
    rules: project.rules,
    ...(project.config === undefined ? {} : { config: project.config }),
    disable: options.disable ?? [],
    disable_all: options.disableAll === true,
    disable_categories: options.disableCategory ?? [],
    enable: options.enable ?? [],
    enable_all: options.enableAll === true,
    enable_categories: options.enableCategory ?? [],
    ignore_files: options.ignoreFiles ?? [],
  };
}

const unparsed: RuleInfo = {
  title: 'The file does not parse',
  description: 'OPA cannot read this file as Rego v1; no rule has seen it.',
};

interface Shown {
  readonly project: LintProject;
  readonly options: LintOptions;
  /** The path to show, by the linter's name for a file. */
  readonly shown: ReadonlyMap<string, string>;
}

function report(result: LintResult, rules: readonly LintRule[], { project, options, shown }: Shown): Report {
  const byName = new Map(rules.map((rule) => [`${rule.category}/${rule.name}`, rule]));
  const pathOf = (file: string): string => shown.get(file) ?? file;
  const infos: Record<string, RuleInfo> = {};
  const findings: Diagnostic[] = [];
  for (const { category, title, description, level, location } of result.violations) {
    if (level === 'ignore') continue;
    const rule = byName.get(`${category}/${title}`);
    const code = codeOf(rule ?? { category, name: title, regal: false });
    if (rule !== undefined) infos[code] = ruleInfo(rule);
    findings.push({
      severity: level,
      code,
      message: description,
      ...(location.file === '' ? {} : { file: pathOf(location.file) }),
      ...(location.row > 0 ? { row: location.row, col: Math.max(location.col, 1) } : {}),
      ...(location.end === undefined ? {} : { end_row: location.end.row, end_col: location.end.col }),
    });
  }
  for (const { code, message, file, row, col } of result.unparsed) {
    infos[code] = unparsed;
    findings.push({ severity: 'error', code, message, file: pathOf(file), row, col });
  }
  const count = (severity: Diagnostic['severity']): number =>
    findings.filter((one) => one.severity === severity).length;
  const errors = count('error');
  const warnings = count('warning');
  const found = findings.length === 0 ? 'no findings' : `${plural(errors, 'error')}, ${plural(warnings, 'warning')}`;
  return {
    tool: 'lint',
    summary: `${plural(result.linted.length, 'file')} linted, ${found}`,
    exitCode: errors > 0 || (options.failLevel === 'warning' && warnings > 0) ? 1 : 0,
    failLevel: options.failLevel ?? 'error',
    files: [...result.linted, ...new Set(result.unparsed.map(({ file }) => file))].map(pathOf).sort(),
    findings,
    rules: infos,
    cases: [],
    tables: [],
    details: { config: project.configFile === undefined ? null : shownPath(project.configFile) },
  };
}

async function printRules(
  rules: readonly LintRule[],
  { explain, format }: LintOptions,
  streams: Streams,
): Promise<number> {
  const writer = new BatchWriter(streams.stdout);
  if (explain !== undefined) await writer.write(explainRule(rules, explain));
  else if (format === 'json') {
    const list = rules.map((rule) => ({ code: codeOf(rule), level: rule.level, ...ruleInfo(rule) }));
    await writer.write(`${JSON.stringify(list, undefined, 2)}\n`);
  } else await writer.write(listRules(rules));
  await writer.flush();
  return 0;
}
