import { run, type Output } from './processes.ts';
import { tokenOf, type SubjectName } from './subjects.ts';
import { eventually } from './processes.ts';
import type { Gateway } from './gateway.ts';

/** A request for approval, as the API lists it. */
export interface ListedApproval {
  readonly id: string;
  readonly state: string;
  readonly subject: string;
  readonly summary: string;
}

/** Runs the `sallyport` command line against a gateway's API as somebody. */
export function asReviewer(gateway: Gateway, who: SubjectName, ...args: readonly string[]): Promise<Output> {
  return run(process.execPath, [gateway.main, ...args], {
    env: { SALLYPORT_API: gateway.api(), SALLYPORT_TOKEN: tokenOf(who) },
  });
}

/** Waits for the one request in a state whose text begins so. */
export function waitingFor(gateway: Gateway, text: string, state = 'waiting'): Promise<ListedApproval> {
  return eventually(`a request for ${text}`, async () => {
    const { stdout, code, stderr } = await asReviewer(
      gateway,
      'keeper',
      'approvals',
      'list',
      '--state',
      state,
      '-f',
      'json',
    );
    if (code !== 0) throw new Error(stderr);
    return (JSON.parse(stdout) as ListedApproval[]).find(({ summary }) => summary.startsWith(text));
  });
}

/** What the API itself answers. */
export async function askApi(
  gateway: Gateway,
  who: SubjectName | undefined,
  path: string,
  body?: object,
): Promise<{ status: number; body: unknown }> {
  const response = await fetch(new URL(path, gateway.api()), {
    headers: {
      ...(who === undefined ? {} : { authorization: `Bearer ${tokenOf(who)}` }),
      ...(body === undefined ? {} : { 'content-type': 'application/json' }),
    },
    ...(body === undefined ? {} : { method: 'POST', body: JSON.stringify(body) }),
  });
  return { status: response.status, body: await response.json() };
}
