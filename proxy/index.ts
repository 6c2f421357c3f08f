/**
 * The gateway as a library: sockets, gate and recorder, for programs that bring their own configuration. `sallyport
 * serve` is built on the same parts (cli/config.ts).
 */
export { startGateway } from './gateway.ts';
export type { Gateway, GatewayOptions } from './gateway.ts';
export { defaultLimits } from './limits.ts';
export type { GatewayLimits, RelayLimits } from './limits.ts';
export { LimitKeeper } from './limits/limit-keeper.ts';
export type { LimitRefusal, SessionLimits } from './limits/session-limits.ts';
export type { LimitReached, StatementLimits, StatementQuantity } from './limits/statement-limits.ts';
export type { BoundListener, ListenerOptions } from './listener.ts';
export type { GatewayResource, GatewayTarget, ListenerResources, SessionServices } from './sessions.ts';
export { Gate } from './gate.ts';
export type { DecisionPoint, DecisionPointHolder, GateOptions } from './gate.ts';
export { createFulfillers } from './obligations.ts';
export type { Fulfilment, ObligationContext, ObligationFulfiller, ObligationFulfillers } from './obligations.ts';
export type * from './protocol.ts';
export { createSubjectStore } from './identity/subjects.ts';
export type { SubjectRecord, SubjectStore, TokenRecord } from './identity/subjects.ts';
export { createToken, hashToken } from './identity/tokens.ts';
export { createCredential } from './credentials/credential.ts';
export type { Credential, CredentialReference } from './credentials/credential.ts';
export { createRecorder } from './recorder/recorder.ts';
export type { FsyncPolicy, Recorder, RecorderOptions, RecordingStart, SessionRecorder } from './recorder/recorder.ts';
export { createSealSigner, createSealVerifier } from './recorder/seal.ts';
export type { Seal, SealSigner } from './recorder/seal.ts';
export { createEventCheck } from './recorder/event-schema.ts';
export { verifyRecording } from './recorder/verify.ts';
export type { Verification, VerifyOptions } from './recorder/verify.ts';
export { selfSignedCertificate } from './sockets/certificate.ts';
export type { CertificatePair } from './sockets/certificate.ts';
export type { ClientTls, TargetTls, TargetTlsMode } from './sockets/tls.ts';
export type { Logger } from './log.ts';
export type { Clock } from './time.ts';
