import type { AlterFunctionStmt, CreateFunctionStmt, DoStmt, Node } from '@pgsql/types';
import { CommandBuilder } from '../command-builder.ts';
import { Mapping } from '../mapping.ts';
import { stringOf, stringsOf } from '../names.ts';
import { mapDynamicSql } from '../nested-sql.ts';
import { mapPlPgSQL } from '../plpgsql.ts';
import { changeSetting } from './session.ts';
import { define, definitions, isOn, objectKind, option } from './objects.ts';

/** DO runs its body at once: what the body does is what the command does. */
export function visitDo(statement: DoStmt, mapping: Mapping): void {
  mapping.act('do');
  mapping.effect('procedural');
  mapping.effect('execute');
  mapping.dependsOnText = true;
  const language = languageOf(statement.args) ?? 'plpgsql';
  mapping.command.attributes.language = language;
  if (language === 'plpgsql') mapPlPgSQL(mapping.statementText, mapping);
  else mapping.incomplete('unknown_language');
}

function languageOf(options: readonly Node[] | undefined): string | undefined {
  return stringOf(option(options, 'language')?.arg)?.toLowerCase();
}

/**
 * CREATE FUNCTION and CREATE PROCEDURE run nothing yet: what the body does stands in `attributes.body`. A body that
 * cannot be vouched for makes the command incomplete.
 */
export function visitCreateFunction(create: CreateFunctionStmt, mapping: Mapping): void {
  const kind = create.is_procedure === true ? 'procedure' : 'function';
  define(mapping, 'create', kind);
  mapping.effect('procedural');
  mapping.dependsOnText = true;
  const { attributes } = mapping.command;
  if (create.replace === true) attributes.or_replace = true;
  mapping.object(kind, stringsOf(create.funcname), 'create');
  const language = languageOf(create.options) ?? 'sql';
  attributes.language = language;
  if (isOn(option(create.options, 'security'), mapping)) {
    attributes.security_definer = true;
    mapping.effect('grant');
  }
  mapping.within({ mode: 'define', primary: false, scope: undefined }, () => {
    mapping.visitAll(create.parameters);
    mapping.visitStruct('TypeName', create.returnType);
  });
  for (const element of definitions(create.options)) functionOption(element.defname, element.arg, mapping);
  mapBody(create, language, mapping);
}

function functionOption(name: string | undefined, argument: Node | undefined, mapping: Mapping): void {
  if (name === 'set' && argument !== undefined && 'VariableSetStmt' in argument) {
    changeSetting(argument.VariableSetStmt, 'function', mapping);
  } else if (name === 'support') mapping.effect('admin');
}

function mapBody(create: CreateFunctionStmt, language: string, mapping: Mapping): void {
  const body = new Mapping(mapping, mapping.text, new CommandBuilder(), mapping.nesting + 1);
  body.statementText = mapping.statementText;
  body.variables = parameterNames(create);
  body.primary = false;
  if (create.sql_body !== undefined) body.visit(create.sql_body);
  else if (language === 'plpgsql') mapPlPgSQL(mapping.statementText, body);
  else if (language === 'sql') mapSqlBody(create, body);
  else body.incomplete('unknown_language');
  const { command } = body;
  mapping.command.attributes.body = {
    effects: command.effects.list(),
    complete: command.complete,
    reasons: command.reasons(),
    targets: command.targets().map(({ kind, path, access }) => ({ kind, path, access })),
    functions: command.functions().map(({ path }) => path),
  };
  for (const reason of command.reasons()) mapping.incomplete(reason);
  if (body.holdsNestedSecret || body.secretsAt.length > 0) mapping.holdsNestedSecret = true;
}

function mapSqlBody(create: CreateFunctionStmt, body: Mapping): void {
  const source = option(create.options, 'as')?.arg;
  const text = source !== undefined && 'List' in source ? stringsOf(source.List.items)[0] : stringOf(source);
  if (text === undefined) body.incomplete('body_missing');
  else mapDynamicSql(text, body, 'body_not_parsed');
}

/** Names that a body may use for its arguments; the function's own name qualifies them. */
function parameterNames(create: CreateFunctionStmt): ReadonlySet<string> {
  const names = new Set<string>();
  const own = stringsOf(create.funcname).at(-1);
  if (own !== undefined) names.add(own);
  for (const node of create.parameters ?? []) {
    if ('FunctionParameter' in node && node.FunctionParameter.name !== undefined)
      names.add(node.FunctionParameter.name);
  }
  return names;
}

export function visitAlterFunction(alter: AlterFunctionStmt, mapping: Mapping): void {
  const kind = objectKind(alter.objtype);
  define(mapping, 'alter', kind);
  mapping.object(kind, stringsOf(alter.func?.objname), 'alter');
  if (isOn(option(alter.actions, 'security'), mapping)) {
    mapping.command.attributes.security_definer = true;
    mapping.effect('grant');
  }
  for (const element of definitions(alter.actions)) functionOption(element.defname, element.arg, mapping);
}
