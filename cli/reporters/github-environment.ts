import { isAbsolute, relative, sep } from 'node:path';

type Environment = Readonly<NodeJS.ProcessEnv>;

/** Whether a GitHub Actions runner reads what is printed. */
export function isWorkflowLog(env: Environment): boolean {
  return env['GITHUB_ACTIONS'] === 'true';
}

/**
 * A runner obeys lines that begin with `::` and, anywhere in a line, `##[`. Text of policies and recorded statements must
 * not: a zero-width space takes the meaning away and leaves the look.
 */
export function defuseWorkflowCommands(text: string): string {
  return text.replace(/^(\s*:)(?=:)/gm, '$1\u200b').replaceAll('##[', '##\u200b[');
}

/** Where the working directory stands in the job's checkout, such as `teams/data`; empty where it is its root, or there is none. */
export function rootInRepository(env: Environment, directory: string): string {
  const workspace = env['GITHUB_WORKSPACE'];
  if (workspace === undefined || workspace === '') return '';
  const path = relative(workspace, directory).replaceAll(sep, '/');
  return path.startsWith('..') || isAbsolute(path) ? '' : path;
}

/** The address of the repository's files at the job's commit, without a slash at its end. */
export function repositoryAddress(env: Environment): string | undefined {
  const { GITHUB_SERVER_URL: server, GITHUB_REPOSITORY: name, GITHUB_SHA: commit } = env;
  if (!server || !name || !commit) return undefined;
  return `${server}/${name}/blob/${commit}`;
}
