/**
 * Why a command is not vouched for. The names are stable: policies and reports may rely on them.
 */
export const reasons = {
  // The text as a whole.
  syntax_error: 'The parser refuses the text, or it ends in the middle of something.',
  parser_disagreement: 'The two parsers do not find the same commands in the text.',
  ambiguous_words: 'Words stand against each other in a way that parsers split differently.',
  too_large: 'More bytes, commands, pipeline stages or here-documents than are read.',
  too_deep: 'Nested too deeply.',
  nul: 'Holds U+0000.',
  encoding: 'Holds a lone surrogate, which has no UTF-8 form.',
  control_character: 'Holds a control character other than tab and newline.',
  unusual_space: 'Holds white space or direction marks beyond ASCII, which shells and readers see differently.',
  unsupported_setting: 'The session has a setting or a shell that this dialect does not know.',
  not_posix: 'What is not POSIX, in a text that another shell than bash may read.',
  unterminated_here_document: 'A here-document without its end.',
  // What is run.
  dynamic_command: 'Only the running shell knows which program this is.',
  unknown_program: 'Not in the table of programs, so its effects are not known.',
  unknown_option: 'An option that is not in the table, of a program whose options change what it does.',
  unknown_subcommand: 'A subcommand that is not in the table.',
  dynamic_argument: 'An argument that only the running shell knows, and that could change what the program does.',
  dynamic_script: 'Shell text that is put together while it runs.',
  dynamic_sql: 'SQL text that is put together while it runs.',
  alias: 'An alias is defined, or in force for this name.',
  shadowed_name: 'A function takes the name of a program or a builtin.',
  path_changed: 'PATH was changed, so a name may mean another program.',
  dangerous_variable: 'A variable that changes which programs run.',
  ifs_changed: 'IFS is changed, which changes what words are.',
  shell_option: 'An option of the shell that changes how text is read.',
  arithmetic: 'A variable inside arithmetic: its content is evaluated, and may run commands.',
  indirect_expansion: 'The name of a variable comes from another one.',
  prompt_expansion: 'A variable’s content is expanded like a prompt, and may run commands.',
  trap: 'Commands that run on a signal or an exit.',
  sourced_file: 'Commands that stand in a file.',
  // What a program is given to run.
  pipe_into_interpreter: 'An interpreter that runs what comes through a pipe.',
  interactive: 'An interpreter or client that asks for its input.',
  foreign_code: 'Code in another language than the shell’s.',
  shell_escape: 'An editor or a pager, from which anything can be run.',
  runs_program: 'An option or a configuration that makes the program run another one.',
  program_text: 'A script of sed, awk and the like that may run programs or write files.',
  client_command: 'A command of the database client’s own.',
  no_nested_dialect: 'Text in a language for which this dialect was given no dialect.',
} as const;

export type ReasonName = keyof typeof reasons;
