import { describe, expect, test } from 'vitest';
import { createDetectors, DETECTORS } from '../../../proxy/masking/detectors/index.ts';
import { DetectorStream, type StreamOutput } from '../../../proxy/masking/detectors/stream.ts';
import { Chance, GENERATED } from './generated.ts';

const detectors = createDetectors(DETECTORS);

function shown({ bytes, found }: StreamOutput): string {
  let text = '';
  let since = 0;
  for (const { detector, start, end } of found) {
    text += `${bytes.toString('utf8', since, start)}<${detector}>`;
    since = end;
  }
  return text + bytes.toString('utf8', since);
}

function through(pieces: readonly Buffer[]): string {
  const stream = new DetectorStream(detectors);
  return pieces.map((piece) => shown(stream.push(piece))).join('') + shown(stream.flush());
}

describe('text that comes in pieces', () => {
  const chance = new Chance(7);
  test.each(DETECTORS)('%s is found wherever the pieces part', (name) => {
    for (let run = 0; run < 3; run++) {
      const text = Buffer.from(`first line\nit is ${GENERATED[name](chance)}; done\nlast`);
      const expected = `first line\nit is <${name}>; done\nlast`;
      // Of an assignment or a URL only a part is the secret.
      const whole = name === 'secret' ? through([text]) : expected;
      expect(through([text])).toBe(whole);
      for (let at = 0; at <= text.length; at += text.length > 400 ? 37 : 1) {
        expect(through([text.subarray(0, at), text.subarray(at)])).toBe(whole);
      }
    }
  });

  test('byte by byte', () => {
    const text = Buffer.from('mail ada@example.org or call +44 20 7946 0018\n');
    expect(through(Array.from(text, (_, i) => text.subarray(i, i + 1)))).toBe('mail <email> or call <phone>\n');
  });

  test('whole lines are not held, and of others only so much', () => {
    const stream = new DetectorStream(detectors);
    expect(shown(stream.push(Buffer.from('one\ntw')))).toBe('one\n');
    expect(stream.held).toBe(2);
    stream.push(Buffer.alloc(1_000_000, 'x'));
    expect(stream.held).toBeLessThanOrEqual(2048);
    stream.push(Buffer.from(`\n-----BEGIN PRIVATE KEY-----\n${'a'.repeat(1_000_000)}`));
    expect(stream.held).toBeLessThanOrEqual(24 * 1024);
  });

  test('a prompt that is flushed is the beginning of what comes', () => {
    const stream = new DetectorStream(detectors);
    stream.push(Buffer.from('x4111'));
    expect(shown(stream.flush())).toBe('x4111');
    expect(shown(stream.push(Buffer.from('111111111111\n')))).toBe('111111111111\n');
  });
});
