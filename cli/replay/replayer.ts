import type { Bundle } from '../../engine/bundle.ts';
import { createEventCheck } from '../../proxy/recorder/event-schema.ts';
import { createSealVerifier } from '../../proxy/recorder/seal.ts';
import { allDialects } from '../dialects.ts';
import { EventReader } from './event-reader.ts';
import type { Expectation } from './expectations.ts';
import type { FileReplayOptions } from './file-replay.ts';
import { Judge } from './judge.ts';
import { SessionChoice, type Selection } from './selection.ts';
import { CommandReplay } from './session-replay.ts';
import { Tally } from './tally.ts';

/** What a thread needs to replay. Plain data, so that it can be handed to a worker. */
export interface ReplaySetup {
  readonly bundle: Bundle;
  /** Absent: the recorded decisions are compared with. */
  readonly baseline?: Bundle;
  /** Parse statements again, with the dialects that come with Sallyport and these. */
  readonly parse: boolean;
  /** As loadDialect takes them. */
  readonly dialects: readonly string[];
  readonly selection: Selection;
  readonly expectations?: readonly Expectation[];
  /** Public key in PEM that seals must be of. */
  readonly sealKey?: string;
}

/**
 * Makes what a thread replays files with; all of them are counted in one tally.
 *
 * @throws SallyportError SP_BUNDLE_INVALID, SP_USAGE for a dialect or a key
 */
export async function createReplayer(
  setup: ReplaySetup,
): Promise<{ readonly tally: Tally } & Pick<FileReplayOptions, 'replay' | 'reader' | 'checkSeal'>> {
  const tally = new Tally();
  const { bundle, baseline, expectations, sealKey } = setup;
  const replay = new CommandReplay({
    tally,
    choice: new SessionChoice(setup.selection),
    judge: new Judge(bundle),
    ...(baseline === undefined ? {} : { baseline: new Judge(baseline) }),
    ...(setup.parse ? { dialects: await allDialects(setup.dialects) } : {}),
    ...(expectations === undefined ? {} : { expectations }),
  });
  return {
    tally,
    replay,
    reader: new EventReader(createEventCheck()),
    ...(sealKey === undefined ? {} : { checkSeal: createSealVerifier(sealKey) }),
  };
}
