// The process in which the policies of a replay are compiled: see policy-process.ts.
import { plainError } from './plain-error.ts';
import { loadHere, type PolicyAnswer, type PolicyRequest } from './policy-process.ts';

// Ctrl-C reaches every process of a terminal: what becomes of it is for the one to say that asked.
process.on('SIGINT', () => undefined);
process.on('disconnect', () => process.exit(0));
process.once('message', (request: PolicyRequest) => {
  loadHere(request)
    .then(
      (policies): PolicyAnswer => ({ policies }),
      (error: unknown): PolicyAnswer => ({ error: plainError(error) }),
    )
    .then((answer) => process.send?.(answer))
    .catch(() => process.exit(1));
});
