import { readFileSync } from 'node:fs';
import type { Command } from 'commander';
import { errorCatalogue, SallyportError, type ErrorCode } from '../../engine/errors.ts';
import { isObject } from '../../engine/is-object.ts';

/** Where the gateway's API is, and who asks. */
export interface ApiOptions {
  readonly api?: string;
  readonly tokenFile?: string;
}

/** Adds the options that every command has which asks a gateway. */
export function addApiOptions(command: Command): Command {
  return command
    .option('--api <url>', "the gateway's API (default: SALLYPORT_API)")
    .option('--token-file <file>', 'a file with your token (default: the token in SALLYPORT_TOKEN)');
}

/** What the API has answered. */
export interface ApiClient {
  get(path: string, query?: Readonly<Record<string, string | undefined>>): Promise<unknown>;
  post(path: string, body: object): Promise<unknown>;
}

/** A gateway that does not answer is given up. */
const TIMEOUT_MS = 30_000;

/** @throws SallyportError SP_USAGE when it is not known where to ask, or as whom */
export function createApiClient(options: ApiOptions, env: Readonly<NodeJS.ProcessEnv>): ApiClient {
  const base = options.api ?? env['SALLYPORT_API'];
  if (base === undefined || !URL.canParse(base)) {
    throw new SallyportError('SP_USAGE', base === undefined ? 'Which gateway?' : `${base} is not a URL.`, {
      help: 'Give --api or SALLYPORT_API: the address that `sallyport serve` prints, such as http://127.0.0.1:8642.',
    });
  }
  const token = readToken(options, env);
  const ask = async (path: string, sent?: object): Promise<unknown> => {
    const init: RequestInit = {
      headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      ...(sent === undefined ? {} : { method: 'POST', body: JSON.stringify(sent) }),
    };
    let response: Response;
    try {
      response = await fetch(new URL(path, base), { ...init, signal: AbortSignal.timeout(TIMEOUT_MS) });
    } catch (cause) {
      const why = cause instanceof Error && cause.cause instanceof Error ? cause.cause.message : String(cause);
      throw new SallyportError('SP_API_UNREACHABLE', `The gateway at ${base} cannot be reached: ${why}`, { cause });
    }
    const body: unknown = await response.json().catch(() => undefined);
    if (!response.ok) throw refusal(response.status, body);
    return body;
  };
  return {
    get(path, query = {}) {
      const given = new URLSearchParams();
      for (const [name, value] of Object.entries(query)) if (value !== undefined) given.set(name, value);
      return ask(given.size === 0 ? path : `${path}?${given.toString()}`);
    },
    post: (path, body) => ask(path, body),
  };
}

function readToken({ tokenFile }: ApiOptions, env: Readonly<NodeJS.ProcessEnv>): string {
  let token = env['SALLYPORT_TOKEN'];
  if (tokenFile !== undefined) {
    try {
      token = readFileSync(tokenFile, 'utf8');
    } catch (cause) {
      throw new SallyportError('SP_USAGE', `The token file ${tokenFile} cannot be read.`, { cause });
    }
  }
  const trimmed = token?.trim() ?? '';
  if (!/^[\x21-\x7e]+$/.test(trimmed)) {
    throw new SallyportError('SP_USAGE', 'Who asks? There is no token.', {
      help: 'Give --token-file, or the token in SALLYPORT_TOKEN. `sallyport token create` makes one.',
    });
  }
  return trimmed;
}

function refusal(status: number, body: unknown): SallyportError {
  if (isObject(body) && typeof body['code'] === 'string' && Object.hasOwn(errorCatalogue, body['code'])) {
    const { message, help } = body;
    return new SallyportError(
      body['code'] as ErrorCode,
      typeof message === 'string' ? message : undefined,
      typeof help === 'string' ? { help } : {},
    );
  }
  return new SallyportError('SP_API_UNREACHABLE', `The gateway answered ${status}, in words that are not its own.`, {
    help: 'Does --api lead to the API, and not to a listener or a proxy?',
  });
}
