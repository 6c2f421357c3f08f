import { createApiClient } from '../api/client.ts';
import { renderApproval, type ApprovalDetails } from '../api/approval-view.ts';
import type { Paint } from '../reporters/terminal.ts';

/** Where the demo's gateway is asked, and as whom. */
export interface ReviewerAccess {
  readonly api: string;
  readonly token: string;
}

/** What the reviewer says when the demo approves by itself. */
export const comment = 'as agreed';

/**
 * Does what the reviewer would do: reads the request over the HTTP API, and approves exactly what was read.
 *
 * @returns what the reviewer was shown
 * @throws SallyportError SP_API_UNREACHABLE, SP_APPROVAL_*
 */
export async function approveAsReviewer(
  request: string,
  { api, token }: ReviewerAccess,
  paint: Paint,
): Promise<{ readonly shown: string; readonly approved: boolean }> {
  const client = createApiClient({ api }, { SALLYPORT_TOKEN: token });
  const path = `/v1/approvals/${encodeURIComponent(request)}`;
  const details = (await client.get(path)) as ApprovalDetails;
  const decided = (await client.post(`${path}/approve`, { digest: details.digest, comment })) as ApprovalDetails;
  return { shown: renderApproval(details, paint, false, new Date()), approved: decided.state !== 'waiting' };
}

/** The lines that a reviewer types in another terminal. */
export function tellReviewer(request: string, { api, token }: ReviewerAccess): string[] {
  return [
    `export SALLYPORT_API=${api} SALLYPORT_TOKEN=${token}`,
    `npx sallyport approvals show ${request}`,
    `npx sallyport approvals approve ${request} -m '${comment}'`,
  ];
}
