import type { Command } from 'commander';
import type { Diagnostic } from '../../engine/contract.ts';
import { SallyportError } from '../../engine/errors.ts';
import { placePath } from '../../engine/policy-sources.ts';
import { watchPolicies } from '../../engine/policy-source.ts';
import { startGateway, type Gateway } from '../../proxy/gateway.ts';
import type { SubjectStore } from '../../proxy/identity/subjects.ts';
import { describeError, type Logger } from '../../proxy/log.ts';
import { composeGateway, composeRecorder, composeSubjects, type Surroundings } from '../config.ts';
import { ConfigError, loadConfig, type LoadedConfig } from '../config/load.ts';
import { resolvedPolicyPlaces } from '../config/policy-places.ts';
import { policiesVerification } from '../config/verification.ts';
import { findingsOf, formatFinding } from '../errors.ts';
import { createLogger } from '../logger.ts';
import { createPolicyLoader, type PolicyLoader } from '../policies.ts';
import { labelFindings } from '../policy/label-findings.ts';
import { lackingApprovers } from '../policy/lacking-approvers.ts';
import { loadProtocols, protocolNames, type LoadedProtocol } from '../protocols.ts';
import { startServices } from '../services.ts';
import { formatOption } from '../usage.ts';
import { packageVersion } from '../version.ts';

interface ServeOptions {
  readonly config: string;
  readonly check?: boolean;
}

export function register(program: Command): void {
  program
    .command('serve')
    .summary('run the gateway')
    .description('Runs the gateway that a configuration describes, until SIGTERM or SIGINT.')
    .option('-c, --config <file>', 'configuration', 'sallyport.yaml')
    .option('--check', 'check the configuration and compile the policies, then exit')
    .addOption(formatOption('how errors are printed').default('pretty'))
    .addHelpText(
      'after',
      `
Prints where it listens on standard output and logs JSON lines on standard error.

Policies that change are put in force at once; policies that do not compile are refused, and the old ones stay.

Signals:
  SIGTERM, SIGINT  stop accepting, let running work finish (limits.drain_ms), then exit; a second one ends at once
  SIGHUP           read the subjects of the configuration anew; a session whose subject is gone ends.
                   Everything else in the configuration needs a restart.

Exit codes:
  0  ended by a signal, or --check found nothing
  2  could not run: the configuration or the policies do not hold, an address cannot be bound

Examples:
  $ sallyport serve --config sallyport.yaml --check
  $ sallyport serve --config sallyport.yaml`,
    )
    .action(async (options: ServeOptions) => {
      const loaded = loadConfig(options.config, protocolNames);
      if (options.check === true) await check(options.config, loaded);
      else await serve(options.config, loaded);
    });
}

type Protocols = ReadonlyMap<string, LoadedProtocol>;

async function check(file: string, loaded: LoadedConfig): Promise<void> {
  const loader = policyLoader(loaded, await protocolsOf(loaded), (warning) => {
    process.stderr.write(formatFinding(warning));
  });
  try {
    const engine = await loader.load();
    const { listeners, resources, subjects } = loaded.config;
    for (const warning of labelFindings(
      { labels: engine.labels },
      resources.map(({ name }) => name),
    )) {
      process.stderr.write(formatFinding(warning));
    }
    const lacking = lackingApprovers(await loader.requirements(), subjects);
    if (lacking.length > 0) throw new ConfigError(lacking);
    process.stdout.write(
      `${file} holds: ${listeners.length} listeners, ${resources.length} resources, ${subjects.length} subjects; ` +
        `policy revision ${engine.revision}\n`,
    );
  } finally {
    await loader.close();
  }
}

function protocolsOf({ config }: LoadedConfig): Promise<Protocols> {
  return loadProtocols(config.listeners.map(({ protocol }) => protocol));
}

function policyLoader(
  loaded: LoadedConfig,
  protocols: Protocols,
  onWarning: (warning: Diagnostic) => void,
): PolicyLoader {
  const dialects = [...protocols.values()].flatMap((protocol) => protocol.dialects);
  return createPolicyLoader(resolvedPolicyPlaces(loaded.config, loaded.directory), dialects, onWarning, () =>
    policiesVerification(loaded),
  );
}

async function serve(file: string, loaded: LoadedConfig): Promise<void> {
  const logger = createLogger(loaded.config.log?.level ?? 'info');
  const protocols = await protocolsOf(loaded);
  const loader = policyLoader(loaded, protocols, (finding) => {
    logger.warn({ finding }, 'policy warning');
  });
  let policyChanged: () => void = () => undefined;
  try {
    const policy = await watchPolicies(
      resolvedPolicyPlaces(loaded.config, loaded.directory).map(placePath),
      loader.load,
      {
        onSwap: (engine, previous) => {
          logger.info({ revision: engine.revision, previous: previous.revision }, 'policy put in force');
          policyChanged();
        },
        onRefused: (error, current) => {
          const { code } = error;
          const findings = findingsOf(error);
          logger.error({ code, findings, revision: current.revision }, 'policy refused, the old one stays');
        },
      },
    );
    try {
      await runGateway(file, loaded, { protocols, policy, loader, logger, version: packageVersion() }, (changed) => {
        policyChanged = changed;
      });
    } finally {
      await policy.close();
    }
  } finally {
    await loader.close();
  }
}

async function runGateway(
  file: string,
  loaded: LoadedConfig,
  surroundings: Omit<Surroundings, 'subjects' | 'recorder' | 'services'> & { readonly loader: PolicyLoader },
  onPolicy: (changed: () => void) => void,
): Promise<void> {
  const { logger, policy, version, loader } = surroundings;
  const subjects = new ReplaceableSubjects(composeSubjects(loaded.config.subjects));
  const tellLacking = (): void => {
    void tellLackingApprovers(loader, subjects, logger);
  };
  const services = await startServices(loaded, { policy, subjects, logger, version });
  onPolicy(() => {
    services.policyChanged();
    tellLacking();
  });
  const recorder = composeRecorder(loaded, logger, services.grown);
  try {
    const gateway = await startGateway(
      await composeGateway(loaded, { ...surroundings, subjects, recorder, services: services.gateway }),
    );
    if (services.api !== undefined) process.stdout.write(`API on ${services.api.url}\n`);
    for (const { name, protocol, host, port } of gateway.listeners) {
      process.stdout.write(`listening on ${host.includes(':') ? `[${host}]` : host}:${port} (${name}, ${protocol})\n`);
    }
    logger.info({ version, revision: policy.current.revision, listeners: gateway.listeners }, 'gateway started');
    tellLacking();
    const onHangup = (): void => {
      reloadSubjects(file, subjects, gateway, logger);
      tellLacking();
    };
    process.on('SIGHUP', onHangup);
    await untilStopped(gateway, logger);
    process.off('SIGHUP', onHangup);
  } finally {
    recorder.close();
    await services.close();
  }
}

/**
 * Warns of what nobody could approve. It keeps no gateway from starting: such a command is denied, in words that say so,
 * and refusing to run at all would lock everybody out of all the rest.
 */
async function tellLackingApprovers(loader: PolicyLoader, subjects: SubjectStore, logger: Logger): Promise<void> {
  try {
    for (const finding of lackingApprovers(await loader.requirements(), subjects.all)) {
      logger.warn({ finding }, 'nobody can approve what a rule holds');
    }
  } catch (error) {
    logger.warn({ error: describeError(error) }, 'it could not be checked whether somebody can approve');
  }
}

/** Resolves when the gateway is empty after a first signal, or at once after a second one. */
async function untilStopped(gateway: Gateway, logger: Logger): Promise<void> {
  const signals = ['SIGTERM', 'SIGINT'] as const;
  await new Promise<void>((done) => {
    let stopping = false;
    const onSignal = (signal: NodeJS.Signals): void => {
      if (stopping) {
        logger.warn({ signal, sessions: gateway.sessions }, 'second signal, ending at once');
        gateway.stop();
        return;
      }
      stopping = true;
      logger.info({ signal, sessions: gateway.sessions }, 'draining');
      void gateway.shutdown().then(() => {
        for (const one of signals) process.off(one, onSignal);
        logger.info({}, 'gateway stopped');
        done();
      });
    };
    for (const one of signals) process.on(one, onSignal);
  });
}

/** Subjects that SIGHUP can replace while sessions hold on to the store. */
class ReplaceableSubjects implements SubjectStore {
  #store: SubjectStore;

  constructor(store: SubjectStore) {
    this.#store = store;
  }

  replace(store: SubjectStore): void {
    this.#store = store;
  }

  get all(): SubjectStore['all'] {
    return this.#store.all;
  }

  authenticate(user: string, token: string): ReturnType<SubjectStore['authenticate']> {
    return this.#store.authenticate(user, token);
  }

  authenticateToken(token: string): ReturnType<SubjectStore['authenticateToken']> {
    return this.#store.authenticateToken(token);
  }
}

function reloadSubjects(file: string, subjects: ReplaceableSubjects, gateway: Gateway, logger: Logger): void {
  try {
    const { config } = loadConfig(file, protocolNames);
    subjects.replace(composeSubjects(config.subjects));
    const ids = new Set(config.subjects.map(({ id }) => id));
    gateway.endSessions(({ id }) => !ids.has(id), new SallyportError('SP_AUTH_FAILED', 'The subject was removed.'));
    logger.info({ subjects: ids.size }, 'subjects read anew; other changes need a restart');
  } catch (error) {
    logger.error(
      { findings: findingsOf(error), error: describeError(error) },
      'configuration refused, the old one stays',
    );
  }
}
