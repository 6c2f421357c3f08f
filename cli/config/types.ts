import type { SigningAlgorithm } from '../../engine/signing/keys.ts';
import type { CredentialReference } from '../../proxy/credentials/credential.ts';

/** The configuration file as config.schema.json describes it, before defaults. Written by hand; a test compares both. */
export interface ConfigFile {
  readonly data?: string;
  readonly policies: string | readonly string[];
  readonly policies_verification?: {
    readonly keys: readonly { readonly file: string; readonly id?: string; readonly algorithm?: SigningAlgorithm }[];
    readonly scope?: string;
  };
  readonly listeners: readonly ListenerConfig[];
  readonly resources: readonly ResourceConfig[];
  readonly subjects: readonly SubjectConfig[];
  readonly recordings?: RecordingsConfig;
  readonly store?: 'none' | StoreConfig;
  readonly api?: ApiConfig;
  readonly notifications?: { readonly channels: Readonly<Record<string, ChannelConfig>> };
  readonly masking?: { readonly key?: CredentialReference };
  readonly limits?: LimitsConfig;
  readonly log?: { readonly level?: 'debug' | 'info' | 'warn' | 'error' | 'silent' };
}

export interface ListenerConfig {
  readonly name: string;
  readonly protocol: string;
  readonly address: string;
  readonly resource?: string;
  readonly resources?: readonly string[];
  readonly connections?: number;
  readonly tls?: {
    readonly mode?: 'off' | 'optional' | 'required';
    readonly certificate?: string;
    readonly key?: string;
  };
}

export interface ResourceConfig {
  readonly name: string;
  readonly protocol: string;
  readonly environment?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly target: {
    readonly host: string;
    readonly port: number;
    readonly user: string;
    readonly password?: CredentialReference;
    readonly database?: string;
    readonly tls?: {
      readonly mode?: 'disable' | 'prefer' | 'require' | 'verify-ca' | 'verify-full';
      readonly ca?: string;
      readonly server_name?: string;
    };
  };
  readonly catalogue?: CatalogueConfig;
}

export interface CatalogueConfig {
  readonly ttl_ms?: number;
  readonly timeout_ms?: number;
  readonly objects?: number;
  readonly characters?: number;
}

export interface SubjectConfig {
  readonly id: string;
  readonly kind: 'human' | 'agent' | 'ci' | 'service';
  readonly groups?: readonly string[];
  readonly owner?: string;
  readonly claims?: Readonly<Record<string, unknown>>;
  readonly tokens?: readonly { readonly sha256: string; readonly expires?: string; readonly name?: string }[];
}

export interface StoreConfig {
  readonly url: CredentialReference;
  readonly connections?: number;
}

export interface ApiConfig {
  readonly address: string;
  readonly auditors?: readonly string[];
  readonly wardens?: readonly string[];
  readonly tls?: { readonly certificate: string; readonly key: string };
}

export interface ChannelConfig {
  readonly url: CredentialReference;
  readonly format?: 'json' | 'slack';
  readonly secret?: CredentialReference;
  readonly per_minute?: number;
  readonly template?: string;
  readonly approvals?: boolean;
  readonly backlog?: { readonly most?: number; readonly hours?: number };
}

export interface RecordingsConfig {
  readonly directory?: string;
  readonly fsync?: 'always' | 'interval' | 'never';
  readonly interval_ms?: number;
  readonly audit?: 'required' | 'best_effort';
  readonly signing_key?: string;
}

export interface LimitsConfig {
  readonly connections?: number;
  readonly handshake_ms?: number;
  readonly connect_ms?: number;
  readonly held_ms?: number;
  readonly idle_ms?: number;
  readonly drain_ms?: number;
  readonly close_ms?: number;
  readonly frame_bytes?: number;
  readonly statement_bytes?: number;
  readonly pipelined_messages?: number;
  readonly prepared_statements?: number;
  readonly stop_ms?: number;
}
