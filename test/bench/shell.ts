import path from 'node:path';
import { pathToFileURL } from 'node:url';
import type * as ShellModule from '../../dialects/shell/index.ts';
import { median } from './process-stats.ts';
import type { Figure } from './report.ts';

const oneLiners = [
  'ls -la /var/log',
  "grep -rn 'TODO' src | sort | uniq -c | sort -rn | head",
  'sudo -u deploy systemctl restart nginx && journalctl -u nginx -n 20',
  "find /tmp -name '*.log' -mtime +7 -exec rm -f {} \\;",
  'for f in *.log; do gzip "$f"; done',
  'ssh web1 \'df -h | awk "{print \\$5}"\'',
  "tar czf - src | ssh backup 'cat > /srv/src.tgz'",
  'docker exec web sh -c "ls /app | wc -l"',
];

/** Microseconds to parse a one-liner, and a script of 10 KB, each time a new text. */
export async function shellFigures(): Promise<Figure[]> {
  const module = (await import(
    pathToFileURL(path.resolve('dist', 'dialects/shell/index.js')).href
  )) as typeof ShellModule;
  const shell = await module.createShellDialect();
  let count = 0;
  const script = (): string => {
    let text = '';
    while (text.length < 10_240) text += `${oneLiners[count % oneLiners.length] ?? ''} # ${++count}\n`;
    return text;
  };
  const oneLiner = (): string => `${oneLiners[count % oneLiners.length] ?? ''} # ${++count}`;
  if (!shell.parse({ text: script() }).complete) throw new Error('what is measured is not vouched for');
  return [figure('shell, one-liner', 2_000, oneLiner), figure('shell, script of 10 KB', 40, script)];

  function figure(measure: string, times: number, text: () => string): Figure {
    const batch = (): number => {
      const texts = Array.from({ length: times }, text);
      const started = performance.now();
      for (const one of texts) shell.parse({ text: one });
      return ((performance.now() - started) * 1000) / times;
    };
    batch();
    const rounds = Array.from({ length: 5 }, batch);
    return { measure, path: 'in process', unit: 'µs', value: median(rounds), rounds };
  }
}
