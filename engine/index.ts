/** `sallyport/engine`: compiles policies and decides with them. */
export type * from './contract.ts';
export type { Dialect, JsonSchema, ParseResult, Statement } from './dialect.ts';
export { errorCatalogue, SallyportError, type ErrorCode } from './errors.ts';
export { createPolicyCompiler, type PolicyCompiler, type PolicyCompilerOptions } from './compiler/compiler.ts';
export type * from './compiler/protocol.ts';
export { readBundle, type Bundle, type BundleReads, type ReadBundleOptions } from './bundle.ts';
export { readVerificationKey, type BundleKey, type SigningAlgorithm } from './signing/keys.ts';
export type { BundleVerification } from './signing/verify.ts';
export { createEngine, DECISION_ENTRYPOINT, type Engine, type EngineOptions } from './engine.ts';
export { loadBundle, loadEngine, type LoadOptions } from './load.ts';
export { readPolicySources } from './policy-sources.ts';
export { formatDiagnostic, PolicyError } from './policy-error.ts';
export { watchPolicies, type PolicySource, type PolicySourceEvents } from './policy-source.ts';
export { contractSchema, type ContractName } from './schema/input-schema.ts';
