export { createRecorder } from './recorder.ts';
export type { FsyncPolicy, Recorder, RecorderOptions, RecordingStart, SessionRecorder } from './recorder.ts';
export { createSealSigner } from './seal.ts';
export type { Seal, SealSigner } from './seal.ts';
