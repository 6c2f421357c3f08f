import { randomUUID } from 'node:crypto';
import ipaddr from 'ipaddr.js';
import type { Client, Resource, Subject } from '../engine/contract.ts';
import { SallyportError } from '../engine/errors.ts';
import type { Approvals } from './approvals/ask.ts';
import type { Catalogues } from './catalogue/catalogues.ts';
import type { CatalogueSettings } from './catalogue/settings.ts';
import type { CatalogueView } from './catalogue/view.ts';
import type { Credential } from './credentials/credential.ts';
import { Gate, type DecisionPointHolder } from './gate.ts';
import type { SubjectStore } from './identity/subjects.ts';
import type { LimitKeeper } from './limits/limit-keeper.ts';
import type { SessionLimits } from './limits/session-limits.ts';
import type { Logger } from './log.ts';
import type { KeyedHash } from './masking/ways/keyed-hash.ts';
import type { ObligationFulfillers } from './obligations.ts';
import { judgeOpening } from './opening.ts';
import type { SessionRequest, SessionSettings, SessionState, TargetAccess } from './protocol.ts';
import { SESSION_REFUSED } from './recorder/events.ts';
import type { Recorder } from './recorder/recorder.ts';
import type { TargetTls } from './sockets/tls.ts';
import type { Clock } from './time.ts';

/** Where a resource's target is, and how the gateway gets in. */
export interface GatewayTarget {
  readonly host: string;
  readonly port: number;
  readonly user: string;
  /** Read at each new connection. */
  readonly password?: Credential;
  /** Pins the database; absent: the one that the client asks for. */
  readonly database?: string;
  readonly tls: TargetTls;
}

/** A resource as policies see it, with the way to its target. */
export interface GatewayResource {
  readonly resource: Resource;
  readonly target: GatewayTarget;
  /** How the target's catalogue is kept. */
  readonly catalogue?: CatalogueSettings;
}

/** What a listener leads to: one resource, or several of which the client names one as its database. */
export type ListenerResources =
  { readonly one: GatewayResource } | { readonly byName: ReadonlyMap<string, GatewayResource> };

/** What all sessions of a gateway share. */
export interface SessionServices {
  readonly subjects: SubjectStore;
  readonly policy: DecisionPointHolder;
  readonly recorder: Recorder;
  readonly fulfillers: ObligationFulfillers;
  /** What sessions enter. The fulfiller of `limit` has the same one. */
  readonly limitKeeper: LimitKeeper;
  /** Absent: what a policy wants approved is refused. */
  readonly approvals?: Approvals;
  /** What the targets' databases hold, for dialects that follow values. Absent: nothing can be masked. */
  readonly catalogues?: Catalogues;
  /** What values are masked with. Absent: nothing can be masked. */
  readonly maskKey?: KeyedHash;
  readonly audit: 'required' | 'best_effort';
  readonly logger: Logger;
  /** Version of the gateway, for the recording. */
  readonly version: string;
  readonly clock?: Clock;
}

/** A session that was let in, as the relay needs it. */
export interface LiveSession {
  readonly id: string;
  readonly subject: Subject;
  readonly resource: Resource;
  readonly gate: Gate;
  readonly limits: SessionLimits;
  readonly target: GatewayTarget;
  readonly access: TargetAccess;
  readonly settings: SessionSettings;
  readonly catalogue: CatalogueView | undefined;
  readonly maskKey: KeyedHash | undefined;
}

/**
 * Authenticates a client, finds its resource, begins the recording and asks the policy whether the session may open.
 *
 * @throws SessionRefused as judgeOpening; SallyportError SP_AUTH_FAILED, SP_RESOURCE_UNKNOWN, SP_RECORDER_FAILED, SP_CONFIG_INVALID (a credential is
 *   missing)
 */
export function openSession(
  services: SessionServices,
  resources: ListenerResources,
  request: SessionRequest,
  from: { readonly address: string; readonly tls: boolean },
): LiveSession {
  const { subjects, policy, recorder, fulfillers, limitKeeper, approvals, audit, logger, version, clock } = services;
  const subject = subjects.authenticate(request.user, request.token);
  const found = findResource(resources, request);
  const { resource, target } = found;
  const access = accessTo(target, resources, request);
  const id = randomUUID();
  const client: Client = {
    address: plainAddress(from.address),
    tls: from.tls,
    ...(request.application === undefined ? {} : { application: request.application }),
  };
  const engine = policy.current;
  const limits = limitKeeper.enter({ id, subject: subject.id });
  const shared = { session: id, subject, resource, client, fulfillers, audit, logger, ...(clock && { clock }) };
  try {
    const recording = recorder.open({ session: id, subject, resource, client, revision: engine.revision, version });
    try {
      const { checkSettings, stateAt = plainState } = request;
      const settings = judgeOpening({
        ...shared,
        engine,
        recorder: recording,
        limits,
        state: stateAt(access),
        ...(checkSettings && { checkSettings }),
      });
      const gate = new Gate({ ...shared, policy, recorder: recording, ...(approvals && { approvals }) });
      const { catalogues, maskKey } = services;
      const catalogue = catalogues?.view(found, access.database);
      // Read while the session still connects, so that its first command need not wait.
      if (engine.wantsLineage !== false) void catalogue?.load();
      return { id, subject, resource, gate, limits, target, access, settings, catalogue, maskKey };
    } catch (error) {
      recording.end(SESSION_REFUSED, { commands: 0, denied: 0 });
      throw error;
    }
  } catch (error) {
    limits.leave();
    throw error;
  }
}

/** Of a protocol that keeps no state before traffic. */
function plainState({ user, database }: TargetAccess): SessionState {
  return { user, transaction: 'idle', settings: {}, ...(database === undefined ? {} : { database }) };
}

function findResource(resources: ListenerResources, request: SessionRequest): GatewayResource {
  if ('one' in resources) {
    const { resource, target } = resources.one;
    // libpq names the user where a client names no database.
    const names = [target.database, resource.name, request.user, undefined];
    if (target.database === undefined || names.includes(request.database)) return resources.one;
    throw unknownResource(request.database, [target.database]);
  }
  const found = request.database === undefined ? undefined : resources.byName.get(request.database);
  if (found === undefined) throw unknownResource(request.database, [...resources.byName.keys()]);
  return found;
}

function unknownResource(asked: string | undefined, known: readonly string[]): SallyportError {
  const what = asked === undefined ? 'No database was asked for.' : `There is no ${JSON.stringify(asked)} here.`;
  return new SallyportError('SP_RESOURCE_UNKNOWN', what, { help: `Ask for one of: ${known.join(', ')}.` });
}

function accessTo(target: GatewayTarget, resources: ListenerResources, request: SessionRequest): TargetAccess {
  const asked = 'one' in resources ? request.database : undefined;
  const database = target.database ?? asked;
  const { mode } = target.tls;
  return {
    user: target.user,
    ...(target.password === undefined ? {} : { password: target.password() }),
    ...(database === undefined ? {} : { database }),
    tls: mode === 'disable' || mode === 'prefer' ? mode : 'require',
  };
}

/** Policies compare networks: an IPv4 client of a dual-stack listener must look like one. */
export function plainAddress(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address;
}
