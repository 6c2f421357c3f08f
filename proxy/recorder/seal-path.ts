/** Where a recording's seal is kept: beside it. */
export function sealPath(recording: string): string {
  const stem = recording.endsWith('.jsonl') ? recording.slice(0, -'.jsonl'.length) : recording;
  return `${stem}.seal.json`;
}
