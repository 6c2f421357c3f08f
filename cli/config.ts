import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { createSecureContext } from 'node:tls';
import type { Resource, Subject } from '../engine/contract.ts';
import { SallyportError } from '../engine/errors.ts';
import type { Approvals } from '../proxy/approvals/ask.ts';
import { createCatalogues } from '../proxy/catalogue/catalogues.ts';
import type { CatalogueSettings } from '../proxy/catalogue/settings.ts';
import { createCredential, type CredentialReference } from '../proxy/credentials/credential.ts';
import type { DecisionPointHolder } from '../proxy/gate.ts';
import type { GatewayOptions } from '../proxy/gateway.ts';
import { createSubjectStore, type SubjectStore } from '../proxy/identity/subjects.ts';
import { defaultLimits, type GatewayLimits } from '../proxy/limits.ts';
import { LimitKeeper } from '../proxy/limits/limit-keeper.ts';
import type { ListenerOptions } from '../proxy/listener.ts';
import { describeError, type Logger } from '../proxy/log.ts';
import { createFulfillers } from '../proxy/obligations.ts';
import type { Admission, Barring } from '../proxy/quarantine/quarantine-service.ts';
import { createRecorder, type Recorder } from '../proxy/recorder/recorder.ts';
import { createSealSigner } from '../proxy/recorder/seal.ts';
import type { GatewayResource } from '../proxy/sessions.ts';
import { selfSignedCertificate } from '../proxy/sockets/certificate.ts';
import type { ClientTls, TargetTls } from '../proxy/sockets/tls.ts';
import { isLoopback, parseAddress } from './config/address.ts';
import type { LoadedConfig } from './config/load.ts';
import { composeMaskKey } from './config/mask-key.ts';
import type { CatalogueConfig, LimitsConfig, ListenerConfig, ResourceConfig, SubjectConfig } from './config/types.ts';
import type { LoadedProtocol } from './protocols.ts';

/** What a gateway made of a configuration also needs. */
export interface Surroundings {
  /** By name, those that the listeners speak. */
  readonly protocols: ReadonlyMap<string, LoadedProtocol>;
  readonly policy: DecisionPointHolder;
  readonly subjects: SubjectStore;
  readonly recorder: Recorder;
  readonly services: GatewayServices;
  readonly logger: Logger;
  readonly version: string;
}

/** What the data path needs of what stands beside it. */
export interface GatewayServices {
  /** Absent: what a policy wants approved is refused. */
  readonly approvals?: Approvals;
  readonly quarantine: Admission & Barring;
  /** See FulfillerOptions. Absent: channels are lines in the log. */
  readonly tells?: (channel: string, session: string) => boolean;
}

/**
 * The one composition root: makes of a checked configuration what startGateway takes.
 *
 * @throws SallyportError SP_CONFIG_INVALID when a certificate or key cannot be used
 */
export async function composeGateway(loaded: LoadedConfig, surroundings: Surroundings): Promise<GatewayOptions> {
  const { config } = loaded;
  const resources = new Map(config.resources.map((resource) => [resource.name, composeResource(resource, loaded)]));
  const listeners: ListenerOptions[] = [];
  for (const listener of config.listeners) {
    listeners.push(await composeListener(listener, loaded, resources, surroundings.protocols));
  }
  const { policy, subjects, recorder, services, logger, version } = surroundings;
  const { approvals, quarantine, tells } = services;
  const limitKeeper = new LimitKeeper();
  const { key } = config.masking ?? {};
  return {
    catalogues: createCatalogues({ labels: () => policy.current.labels, logger }),
    maskKey: composeMaskKey(key === undefined ? undefined : locateCredential(key, loaded), dataDirectory(loaded)),
    policy,
    subjects,
    recorder,
    ...(approvals === undefined ? {} : { approvals }),
    logger,
    version,
    listeners,
    limits: composeLimits(config.limits),
    audit: config.recordings?.audit ?? 'required',
    limitKeeper,
    admission: quarantine,
    fulfillers: createFulfillers({
      logger,
      limits: limitKeeper,
      quarantine,
      ...(tells === undefined ? {} : { tells }),
    }),
  };
}

/** Where the gateway keeps its own files. */
export function dataDirectory({ config, directory }: LoadedConfig): string {
  return resolve(directory, config.data ?? '.sallyport');
}

export function recordingsDirectory(loaded: LoadedConfig): string {
  const configured = loaded.config.recordings?.directory;
  return configured === undefined
    ? resolve(dataDirectory(loaded), 'recordings')
    : resolve(loaded.directory, configured);
}

/** @throws SallyportError SP_RECORDER_FAILED when the directory cannot be made, SP_CONFIG_INVALID for a bad key */
export function composeRecorder(loaded: LoadedConfig, logger: Logger, grown?: (file: string) => void): Recorder {
  const { fsync, interval_ms: intervalMs, signing_key: key } = loaded.config.recordings ?? {};
  return createRecorder({
    directory: recordingsDirectory(loaded),
    logger,
    ...(grown === undefined ? {} : { grown }),
    ...(fsync === undefined ? {} : { fsync }),
    ...(intervalMs === undefined ? {} : { intervalMs }),
    ...(key === undefined ? {} : { signer: createSealSigner(readText(loaded, key)) }),
  });
}

export function composeSubjects(subjects: readonly SubjectConfig[]): SubjectStore {
  return createSubjectStore(
    subjects.map((config) => ({ subject: composeSubject(config), tokens: config.tokens ?? [] })),
  );
}

function composeSubject({ id, kind, groups, claims, owner }: SubjectConfig): Subject {
  return { id, kind, groups: [...(groups ?? [])], claims: { ...claims }, ...(owner === undefined ? {} : { owner }) };
}

/** A resource of the configuration with the way to its target. */
export function composeResource(config: ResourceConfig, loaded: LoadedConfig): GatewayResource {
  const { name, protocol, environment, labels, target, catalogue } = config;
  const resource: Resource = { name, protocol, environment: environment ?? '', labels: { ...labels } };
  const { host, port, user, password, database, tls } = target;
  return {
    resource,
    target: {
      host,
      port,
      user,
      ...(password === undefined ? {} : { password: createCredential(locateCredential(password, loaded)) }),
      ...(database === undefined ? {} : { database }),
      tls: composeTargetTls(tls, loaded),
    },
    ...(catalogue === undefined ? {} : { catalogue: composeCatalogue(catalogue) }),
  };
}

function composeCatalogue({ ttl_ms: ttlMs, timeout_ms: timeoutMs, ...most }: CatalogueConfig): CatalogueSettings {
  return {
    ...(ttlMs === undefined ? {} : { ttlMs }),
    limits: { ...(timeoutMs === undefined ? {} : { timeoutMs }), ...most },
  };
}

export function locateCredential(reference: CredentialReference, { directory }: LoadedConfig): CredentialReference {
  return typeof reference === 'object' && 'file' in reference
    ? { file: resolve(directory, reference.file) }
    : reference;
}

function composeTargetTls(tls: ResourceConfig['target']['tls'], loaded: LoadedConfig): TargetTls {
  const { mode, ca, server_name: serverName } = tls ?? {};
  return {
    mode: mode ?? (ca === undefined ? 'prefer' : 'verify-full'),
    ...(ca === undefined ? {} : { ca: readText(loaded, ca) }),
    ...(serverName === undefined ? {} : { serverName }),
  };
}

async function composeListener(
  config: ListenerConfig,
  loaded: LoadedConfig,
  resources: ReadonlyMap<string, GatewayResource>,
  protocols: ReadonlyMap<string, LoadedProtocol>,
): Promise<ListenerOptions> {
  const { name, resource, resources: several, connections } = config;
  const address = parseAddress(config.address);
  const protocol = protocols.get(config.protocol)?.protocol;
  if (address === undefined || protocol === undefined) throw new SallyportError('SP_CONFIG_INVALID');
  const tls = await composeClientTls(config, address.host, loaded);
  const find = (wanted: string): GatewayResource => {
    const found = resources.get(wanted);
    if (found === undefined) throw new SallyportError('SP_CONFIG_INVALID', `There is no resource ${wanted}.`);
    return found;
  };
  return {
    name,
    protocol,
    ...address,
    resources:
      resource === undefined
        ? { byName: new Map((several ?? []).map((wanted) => [wanted, find(wanted)])) }
        : { one: find(resource) },
    ...(tls === undefined ? {} : { tls }),
    ...(connections === undefined ? {} : { connections }),
  };
}

async function composeClientTls(
  { name, tls }: ListenerConfig,
  host: string,
  loaded: LoadedConfig,
): Promise<ClientTls | undefined> {
  // Tokens must not cross a network in the clear, unless the operator says so.
  const mode = tls?.mode ?? (isLoopback(host) ? 'optional' : 'required');
  if (mode === 'off') return undefined;
  try {
    const pair =
      tls?.certificate === undefined || tls.key === undefined
        ? await selfSignedCertificate(dataDirectory(loaded))
        : { certificate: readText(loaded, tls.certificate), key: readText(loaded, tls.key) };
    const context = createSecureContext({ cert: pair.certificate, key: pair.key, minVersion: 'TLSv1.2' });
    return { context, required: mode === 'required' };
  } catch (error) {
    throw new SallyportError('SP_CONFIG_INVALID', `Listener ${name}: the certificate cannot be used.`, {
      help: describeError(error),
      cause: error,
    });
  }
}

function composeLimits(config: LimitsConfig = {}): GatewayLimits {
  return {
    connections: config.connections ?? defaultLimits.connections,
    handshakeMs: config.handshake_ms ?? defaultLimits.handshakeMs,
    connectMs: config.connect_ms ?? defaultLimits.connectMs,
    heldMs: config.held_ms ?? defaultLimits.heldMs,
    idleMs: config.idle_ms ?? defaultLimits.idleMs,
    drainMs: config.drain_ms ?? defaultLimits.drainMs,
    closeMs: config.close_ms ?? defaultLimits.closeMs,
    frameBytes: config.frame_bytes ?? defaultLimits.frameBytes,
    statementBytes: config.statement_bytes ?? defaultLimits.statementBytes,
    pipelinedMessages: config.pipelined_messages ?? defaultLimits.pipelinedMessages,
    preparedStatements: config.prepared_statements ?? defaultLimits.preparedStatements,
    stopMs: config.stop_ms ?? defaultLimits.stopMs,
  };
}

/** A file that the configuration names, relative to it. */
export function readText({ directory }: LoadedConfig, path: string): string {
  return readFileSync(resolve(directory, path), 'utf8');
}
