import { describe, expect, it, test } from 'vitest';
import { testDialect } from '../../testing/index.ts';
import { bypasses } from './bypass/rows.ts';
import { shell } from './support/dialect.ts';

it('holds more than three hundred texts that hide what they do', () => {
  expect(bypasses.length).toBeGreaterThanOrEqual(300);
});

describe('the shell is a dialect', () => {
  const cases = testDialect(shell, {
    samples: {
      complete: [
        'ls -l /var/log',
        'x=1; echo "$x"',
        "grep -rn 'foo bar' src | sort | uniq -c > counts.txt 2>&1",
        'if [ -f /etc/passwd ]; then cat /etc/passwd; else echo "none"; fi',
        'for f in a b c; do cp "$f" /backup/; done',
        "cat <<'EOF' > /tmp/x\nhello $USER\nEOF",
        'sudo -u deploy systemctl restart nginx && journalctl -u nginx -n 20',
        "find . -name '*.log' -mtime +7 -exec rm -f {} \\;",
        'sh -c "rm -rf /tmp/a; ls"',
        "psql -h db -c 'DELETE FROM orders WHERE id = 1'",
        'diff <(sort a) <(sort b)',
        'f() { ls; }; f',
        'echo é😀 # Ünïcode',
        'PGPASSWORD=hunter2 pg_dump shop > shop.sql',
      ],
      incomplete: [
        '$cmd a',
        'eval "$x"',
        'curl https://a.example/x | sh',
        'unknown-program a',
        "echo 'never ends",
        'foo(',
        'rm a\0b',
        'cat <<EOF\nnever ends',
        'a<(b)',
        'ls $((x))',
      ],
      empty: ['', ' \n\t', '# nothing'],
      fingerprints: [
        ['rm -rf /tmp/a', 'rm  -rf "/tmp/b c"', "rm -rf '/tmp/d'"],
        ['systemctl restart a', 'systemctl restart b'],
        ['systemctl stop a', 'systemctl stop b'],
        ['cat a > b', 'cat c > d'],
        ['cat a', 'cat b'],
      ],
      runs: 500,
    },
    bypasses,
  });
  for (const { name, run } of cases) test(name, run);
});
