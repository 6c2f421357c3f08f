import {
  visitColumnRef,
  visitIndirection,
  visitOperator,
  visitParameter,
  visitRangeVar,
  visitSortBy,
  visitSubLink,
  visitTypeCast,
  visitTypeName,
  visitValueFunction,
} from './expressions.ts';
import { visitDelete, visitInsert, visitMerge, visitUpdate } from './dml.ts';
import { visitFuncCall } from './functions.ts';
import type { Mapping, Visitor, Visitors } from './mapping.ts';
import type { Struct, Tag } from './nodes.ts';
import { visitSelect } from './select.ts';
import * as alter from './statements/alter.ts';
import * as cursors from './statements/cursors.ts';
import { plainVisitors, visitCreateSchema, visitCreateTablespace, visitDefine } from './statements/definitions.ts';
import * as drop from './statements/drop.ts';
import * as foreign from './statements/foreign.ts';
import * as guards from './statements/guards.ts';
import * as maintenance from './statements/maintenance.ts';
import * as roles from './statements/roles.ts';
import * as routines from './statements/routines.ts';
import * as session from './statements/session.ts';
import * as tables from './statements/tables.ts';
import * as transaction from './statements/transaction.ts';
import * as wrappers from './statements/wrappers.ts';

type Table = { readonly [Name in Tag]?: (struct: Struct<Name>, mapping: Mapping) => void };

const expressions: Table = {
  ColumnRef: visitColumnRef,
  A_Indirection: visitIndirection,
  A_Expr: visitOperator,
  FuncCall: visitFuncCall,
  TypeCast: visitTypeCast,
  TypeName: visitTypeName,
  SubLink: visitSubLink,
  SortBy: visitSortBy,
  SQLValueFunction: visitValueFunction,
  ParamRef: visitParameter,
  RangeVar: visitRangeVar,
  IntoClause: wrappers.visitInto,
  Constraint: tables.visitConstraint,
  TableLikeClause: tables.visitLike,
};

const data: Table = {
  SelectStmt: visitSelect,
  InsertStmt: visitInsert,
  UpdateStmt: visitUpdate,
  DeleteStmt: visitDelete,
  MergeStmt: visitMerge,
  CopyStmt: wrappers.visitCopy,
  TruncateStmt: maintenance.visitTruncate,
  // The grammar makes these inside function bodies only.
  ReturnStmt: (statement, mapping) => {
    mapping.visitChildren('ReturnStmt', statement);
  },
  PLAssignStmt: (statement, mapping) => {
    mapping.visitChildren('PLAssignStmt', statement);
  },
};

const running: Table = {
  ExplainStmt: wrappers.visitExplain,
  PrepareStmt: wrappers.visitPrepare,
  ExecuteStmt: wrappers.visitExecute,
  DeallocateStmt: wrappers.visitDeallocate,
  CallStmt: wrappers.visitCall,
  DoStmt: routines.visitDo,
  DeclareCursorStmt: cursors.visitDeclareCursor,
  FetchStmt: cursors.visitFetch,
  ClosePortalStmt: cursors.visitClose,
  TransactionStmt: transaction.visitTransaction,
  ConstraintsSetStmt: transaction.visitSetConstraints,
  LockStmt: transaction.visitLock,
  VariableSetStmt: session.visitSet,
  VariableShowStmt: session.visitShow,
  DiscardStmt: session.visitDiscard,
  AlterSystemStmt: session.visitAlterSystem,
  AlterRoleSetStmt: session.visitAlterRoleSet,
  AlterDatabaseSetStmt: session.visitAlterDatabaseSet,
  ListenStmt: maintenance.visitListen,
  NotifyStmt: maintenance.visitNotify,
  UnlistenStmt: maintenance.visitUnlisten,
  VacuumStmt: maintenance.visitVacuum,
  ClusterStmt: maintenance.visitCluster,
  ReindexStmt: maintenance.visitReindex,
  CheckPointStmt: maintenance.visitCheckpoint,
  LoadStmt: maintenance.visitLoad,
  RefreshMatViewStmt: maintenance.visitRefresh,
};

const objects: Table = {
  CreateStmt: tables.visitCreateTable,
  CreateForeignTableStmt: tables.visitCreateForeignTable,
  CreateTableAsStmt: wrappers.visitCreateTableAs,
  ViewStmt: tables.visitView,
  IndexStmt: tables.visitIndex,
  AlterTableStmt: tables.visitAlterTable,
  AlterTableMoveAllStmt: tables.visitMoveAll,
  ReplicaIdentityStmt: (statement, mapping) => {
    if (statement.name !== undefined) mapping.object('index', [statement.name], 'use');
  },
  CreateSchemaStmt: visitCreateSchema,
  CreateTableSpaceStmt: visitCreateTablespace,
  DefineStmt: visitDefine,
  CreateTrigStmt: guards.visitTrigger,
  RuleStmt: guards.visitRule,
  CreatePolicyStmt: guards.visitPolicy('create'),
  AlterPolicyStmt: guards.visitPolicy('alter'),
  CreateCastStmt: guards.visitCast,
  CreateTransformStmt: guards.visitTransform,
  CreateFunctionStmt: routines.visitCreateFunction,
  AlterFunctionStmt: routines.visitAlterFunction,
  RenameStmt: alter.visitRename,
  AlterObjectSchemaStmt: alter.visitSetSchema,
  AlterOwnerStmt: alter.visitOwner,
  AlterObjectDependsStmt: alter.visitDepends,
  CommentStmt: alter.visitComment,
  SecLabelStmt: alter.visitSecurityLabel,
  DropStmt: drop.visitDrop,
  DropdbStmt: drop.visitDropDatabase,
  DropTableSpaceStmt: drop.visitDropTablespace,
  DropUserMappingStmt: drop.visitDropUserMapping,
  DropSubscriptionStmt: drop.visitDropSubscription,
};

const access: Table = {
  CreateRoleStmt: roles.visitCreateRole,
  AlterRoleStmt: roles.visitAlterRole,
  DropRoleStmt: roles.visitDropRole,
  DropOwnedStmt: roles.visitDropOwned,
  ReassignOwnedStmt: roles.visitReassignOwned,
  GrantStmt: roles.visitGrant,
  GrantRoleStmt: roles.visitGrantRole,
  AlterDefaultPrivilegesStmt: roles.visitDefaultPrivileges,
  CreateFdwStmt: foreign.visitWrapper('create'),
  AlterFdwStmt: foreign.visitWrapper('alter'),
  CreateForeignServerStmt: foreign.visitServer('create'),
  AlterForeignServerStmt: foreign.visitServer('alter'),
  CreateUserMappingStmt: foreign.visitUserMapping('create'),
  AlterUserMappingStmt: foreign.visitUserMapping('alter'),
  ImportForeignSchemaStmt: foreign.visitImportSchema,
  CreatePublicationStmt: foreign.visitPublication('create'),
  AlterPublicationStmt: foreign.visitPublication('alter'),
  CreateSubscriptionStmt: foreign.visitSubscription('create'),
  AlterSubscriptionStmt: foreign.visitSubscription('alter'),
};

/** What is to be done at which node. Nodes without an entry have their children visited. */
export const visitors: Visitors = new Map<string, Visitor>([
  ...[expressions, data, running, objects, access].flatMap((table) => Object.entries(table)),
  ...plainVisitors,
]);
