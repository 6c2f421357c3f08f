// The process in which the policies of a replay are compiled: see policy-process.ts.
import { SallyportError } from '../../engine/errors.ts';
import { PolicyError } from '../../engine/policy-error.ts';
import { loadHere, type PolicyAnswer, type PolicyRequest } from './policy-process.ts';

// Ctrl-C reaches every process of a terminal: what becomes of it is for the one to say that asked.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
process.once('message', (request: PolicyRequest) => {
  loadHere(request)
    .then((policies): PolicyAnswer => ({ policies }), failure)
    .then((answer) => process.send?.(answer))
    .catch(() => process.exit(1));
});

function failure(error: unknown): PolicyAnswer {
  if (!(error instanceof SallyportError)) {
    return { error: { message: error instanceof Error ? (error.stack ?? error.message) : String(error) } };
  }
  const { code, message, help } = error;
  return {
    error: {
      code,
      message,
      ...(help === undefined ? {} : { help }),
      ...(error instanceof PolicyError ? { diagnostics: error.diagnostics } : {}),
    },
  };
}
