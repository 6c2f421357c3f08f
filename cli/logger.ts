import { destination, pino, type Logger } from 'pino';

/**
 * Structured logs on standard error, one JSON object per line. What the gateway logs holds no secret in the first
 * place; these paths are the second lock, should a secret ever ride along in an object.
 */
export function createLogger(level: string): Logger {
  const secrets = ['token', 'password', 'secret', 'authorization'];
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (label) => ({ level: label }) },
      redact: { paths: secrets.flatMap((name) => [name, `*.${name}`, `*.*.${name}`]), censor: '***' },
    },
    // Synchronous: the last lines before a crash are the ones that matter.
    destination({ dest: 2, sync: true }),
  );
}
