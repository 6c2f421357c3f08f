import type { ApprovalRequest } from '../approvals/requests.ts';
import { bounded, boundedList, commandOf, partiesOf, type NewNotification } from './notice.ts';

/** What a channel is told of a request for approval in the state that it is in. */
export function approvalNotice(request: ApprovalRequest): Omit<NewNotification, 'channel'> {
  const { id, state, body, votes, subject, subject_kind, owner, resource, session, gateway, created, decided } =
    request;
  const asking = body.commands.filter(({ reasons }) => reasons.length > 0);
  const reasons = asking.flatMap((command) => command.reasons.map(({ message }) => message));
  const waiting = state === 'waiting';
  const [first] = asking;
  const reviewers = votes.map(({ reviewer }) => reviewer);
  return {
    source: `${id}.${state}`,
    time: (decided ?? created).toISOString(),
    notice: {
      type: 'approval',
      message: bounded(
        waiting
          ? `${subject} asks for approval (${id}): ${reasons.join('; ')}`
          : `${id} of ${subject} is ${state}${reviewers.length === 0 ? '' : ` by ${reviewers.join(', ')}`}`,
        'message',
      ),
      gateway,
      session,
      ...partiesOf({
        subject: { id: subject, kind: subject_kind, ...(owner === null ? {} : { owner }) },
        resource: { name: resource, environment: body.environment },
        client: body.client,
      }),
      ...(first === undefined ? {} : { command: commandOf(first) }),
      approval: {
        id,
        state,
        approvers: [...new Set(body.terms.requirements.flatMap(({ approvers }) => approvers))],
        expires: request.expires.toISOString(),
        reviewers,
        comment: bounded(
          votes
            .map(({ comment }) => comment)
            .filter((comment) => comment !== '')
            .join('; '),
          'message',
        ),
        cautions: boundedList(body.cautions.map(({ message }) => message)),
        show: waiting ? `sallyport approvals show ${id}` : '',
        approve: waiting ? `sallyport approvals approve ${id}` : '',
      },
    },
  };
}
