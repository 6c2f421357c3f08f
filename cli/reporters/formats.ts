import { renderGithub } from './github.ts';
import { renderJson } from './json.ts';
import { renderJunit } from './junit.ts';
import { renderMarkdown } from './markdown.ts';
import { renderPretty } from './pretty.ts';
import type { Report } from './report.ts';
import { renderSarif } from './sarif.ts';
import type { SourceReader } from './sources.ts';
import { renderTap } from './tap.ts';
import type { Paint } from './terminal.ts';

/** What a format may use beside the report itself. */
export interface ReportContext {
  readonly paint: Paint;
  /** Everything, passed cases too. */
  readonly verbose: boolean;
  readonly sources: SourceReader;
  /** Where the working directory stands in the repository, such as `teams/data`; empty where it is its root. */
  readonly root: string;
  /** The address of the repository's files at this commit, without a slash at its end, where it is known. */
  readonly repository?: string;
}

/** A report in one format: the whole text, with a newline at its end. Never throws, whatever the report holds. */
export type RenderReport = (report: Report, context: ReportContext) => string;

/** Every format by the name that --format and --report know. A new format is one file and one line here. */
export const reportFormats = {
  pretty: renderPretty,
  json: renderJson,
  junit: renderJunit,
  sarif: renderSarif,
  github: renderGithub,
  tap: renderTap,
  markdown: renderMarkdown,
} as const satisfies Record<string, RenderReport>;

export type ReportFormat = keyof typeof reportFormats;

export const reportFormatNames = Object.keys(reportFormats) as readonly ReportFormat[];

export function isReportFormat(name: string): name is ReportFormat {
  return Object.hasOwn(reportFormats, name);
}
