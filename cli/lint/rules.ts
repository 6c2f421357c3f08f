import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import { SallyportError } from '../../engine/errors.ts';
import type { LintRule } from '../../engine/linter/protocol.ts';
import { packageRoot } from '../../engine/package-root.ts';
import { suggestion } from '../config/suggest.ts';
import type { RuleInfo } from '../reporters/report.ts';

/** The category of the rules that come with Sallyport. */
const own = 'sallyport';

/** What findings of a rule carry: `sallyport:unknown-value`, `regal:bugs/constant-condition`, `custom:naming/x`. */
export function codeOf({ category, name, regal }: Pick<LintRule, 'category' | 'name' | 'regal'>): string {
  if (category === own) return `${own}:${name}`;
  return `${regal ? 'regal' : 'custom'}:${category}/${name}`;
}

/** What reports say about a rule. */
export function ruleInfo(rule: LintRule): RuleInfo {
  const url = pageOf(rule);
  return {
    title: titleOf(rule),
    category: rule.category,
    ...(rule.description === '' ? {} : { description: rule.description }),
    ...(url === undefined ? {} : { url }),
  };
}

/** Of a rule of Sallyport the heading of its page; Regal's rules have one short sentence. */
function titleOf(rule: LintRule): string {
  const [heading = ''] = ownPage(rule)?.split('\n') ?? [];
  return heading.replace(/^# /, '') || rule.description || rule.name;
}

/** Where a rule is explained: Sallyport's pages come with the package, so they can be read without a network. */
function pageOf(rule: LintRule): string | undefined {
  const file = pageFile(rule);
  return file === undefined ? rule.url : pathToFileURL(file).href;
}

/** The page of a rule of Sallyport; a project can have rules of its own in that category. */
function pageFile({ category, name }: LintRule): string | undefined {
  const file = join(packageRoot(), 'policies', 'lint', name, 'README.md');
  return category === own && existsSync(file) ? file : undefined;
}

function ownPage(rule: LintRule): string | undefined {
  const file = pageFile(rule);
  return file === undefined ? undefined : readFileSync(file, 'utf8');
}

/**
 * What `--explain` prints.
 *
 * @param asked a rule's code, or its name with or without its category
 * @throws SallyportError SP_USAGE when there is no such rule
 */
export function explainRule(rules: readonly LintRule[], asked: string): string {
  const name = asked.replace(/^(regal|custom):/, '').replace(`${own}:`, `${own}/`);
  const rule = rules.find((one) => one.name === name || `${one.category}/${one.name}` === name);
  if (rule === undefined) {
    const known = rules.map((one) => one.name);
    throw new SallyportError('SP_USAGE', `There is no rule ${JSON.stringify(asked)}.`, {
      help: suggestion(name, known),
    });
  }
  const page = ownPage(rule);
  if (page !== undefined) return page;
  return `# ${codeOf(rule)}\n\n${rule.description || 'No description.'}\n${rule.url === undefined ? '' : `\n${rule.url}\n`}`;
}

/** What `--rules` prints: a line for each rule. */
export function listRules(rules: readonly LintRule[]): string {
  const rows = rules.map((rule) => [codeOf(rule), rule.level, titleOf(rule), pageOf(rule) ?? ''] as const);
  const width = (column: 0 | 1): number => Math.max(...rows.map((row) => row[column].length));
  const [codes, levels] = [width(0), width(1)];
  return rows
    .map(
      ([code, level, title, url]) =>
        `${code.padEnd(codes)}  ${level.padEnd(levels)}  ${title}\n${' '.repeat(codes + levels + 4)}${url}\n`,
    )
    .join('');
}
