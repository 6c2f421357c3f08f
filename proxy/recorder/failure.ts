import { SallyportError } from '../../engine/errors.ts';

/** The system's own words without its paths: clients see them. */
export function recorderFailure(error: unknown): SallyportError {
  const code = error instanceof Error && 'code' in error && typeof error.code === 'string' ? ` (${error.code})` : '';
  return new SallyportError('SP_RECORDER_FAILED', `The recording could not be written${code}.`, {
    help: "Tell the gateway's operator: commands are refused until recordings can be written again.",
    cause: error,
  });
}
