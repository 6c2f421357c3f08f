import type { ServerInfo } from './postgres-server.ts';

/** A server that the whole suite shares, with the bundle of ../policies/shop that its gateways run by default. */
export interface SuiteServer extends ServerInfo {
  readonly policyBundle: string;
}
