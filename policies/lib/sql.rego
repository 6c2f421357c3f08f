# METADATA
# title: What an SQL command does
# description: |
#   Short words for what SQL policies ask most, for any dialect of SQL. They read `input.command` and are undefined
#   (never false) where they do not hold, so that they stand in a rule's body as they are:
#
#     allow contains "agents read" if { input.subject.kind == "agent"; sql.read_only }
#
#   All of them go by effects, not by keywords: a SELECT whose CTE deletes is not `read_only`. None of them asks whether
#   the command is complete, because an incomplete one is denied unless a rule accepts it by name.
package sallyport.sql

# METADATA
# title: Reads, and does nothing else
# description: Transaction control and settings do not count as reading; see `housekeeping`.
read_only if {
	count(input.command.effects) > 0
	every effect in input.command.effects { effect == "read" }
}

# Cursors and prepared statements are kept by the session, and read no less for it.
read_only if {
	input.command.attributes.statement in {"declare_cursor", "prepare"}
	"read" in input.command.effects
	every effect in input.command.effects { effect in {"read", "session"} }
	not input.command.attributes.settings
}

# EXECUTE, and functions that run the SQL that they are given: it is known here, or else the command is not complete.
read_only if {
	input.command.complete == true
	"read" in input.command.effects
	every effect in input.command.effects { effect in {"read", "execute"} }
}

# METADATA
# title: Does these things at most
# description: '`only_does({"read", "session"})`; a command without any effect does not count.'
only_does(effects) if {
	count(input.command.effects) > 0
	every effect in input.command.effects { effect in effects }
}

# METADATA
# title: Does one of these things
does_any(effects) if {
	some effect in input.command.effects
	effect in effects
}

# METADATA
# title: Transaction control and session settings only
# description: |
#   BEGIN, COMMIT, SAVEPOINT, SET, SHOW, … as every driver sends them; but nothing that reads a table, changes who the
#   session is (see `changes_identity`) or where names are looked for (`search_path`).
housekeeping if {
	count(input.command.effects) > 0
	every effect in input.command.effects { effect in {"read", "session", "transaction"} }
	not touches_relations
	not changes_identity
	not changes_names
}

# METADATA
# title: Inserts, updates, deletes, truncates or loads rows
writes_data if {
	some effect in input.command.effects
	effect in {"write", "delete", "truncate", "bulk_load"}
}

# METADATA
# title: Changes rows and nothing but rows
only_data if {
	count(input.command.effects) > 0
	every effect in input.command.effects { effect in {"read", "write", "delete"} }
}

# METADATA
# title: Creates, alters or drops an object
changes_schema if {
	some effect in input.command.effects
	effect in {"create", "alter", "drop"}
}

# METADATA
# title: Changes who may do what
# description: GRANT, REVOKE, and everything that is done to roles.
changes_access if "grant" in input.command.effects

changes_access if {
	some target in input.command.targets
	target.kind == "role"
	target.access in {"create", "alter", "drop", "grant"}
}

# METADATA
# title: Becomes another role
# description: |
#   SET ROLE, SET SESSION AUTHORIZATION and their RESET, set_config on them, DISCARD ALL. RESET ALL leaves both alone
#   (PostgreSQL marks them GUC_NO_RESET_ALL).
changes_identity if {
	some setting in input.command.attributes.settings
	setting.name in identities
}

# What is set is known only at run time.
changes_identity if {
	some setting in input.command.attributes.settings
	setting.action == "set"
	not setting.name
}

changes_identity if input.command.attributes.discard == "all"

# METADATA
# title: Takes another identity than the session's own
# description: |
#   As `changes_identity`, without going back to the session's own (RESET ROLE, SET ROLE none, DISCARD ALL), as pools do.
#   No role can be named `none`.
takes_identity if {
	some setting in input.command.attributes.settings
	setting.action == "set"
	setting.name in identities
	object.get(setting, "value", "") != "none"
}

takes_identity if {
	some setting in input.command.attributes.settings
	setting.action == "set"
	not setting.name
}

identities := {"role", "session_authorization"}

# METADATA
# title: Changes where names are looked for
changes_names if {
	some setting in input.command.attributes.settings
	setting.name == "search_path"
}

# METADATA
# title: Changes or removes all rows of a table
# description: |
#   UPDATE, DELETE or MERGE without a condition, or with one that holds for every row (`WHERE true`, `ON true`). EXPLAIN
#   without ANALYZE changes none.
every_row if {
	does_any({"write", "delete"})
	changes_rows
	not restricted
}

# An inner statement that nobody describes is not shown to have a WHERE.
restricted if {
	input.command.attributes.where.present == true
	input.command.attributes.where.trivial == false
}

# `where` is that of the least restricted UPDATE or DELETE, at whatever depth (a CTE, EXPLAIN ANALYZE, a body).
changes_rows if input.command.attributes.statement in {"update", "delete"}

changes_rows if {
	some statement in input.command.attributes.nested
	statement in {"update", "delete"}
}

# A MERGE that only inserts has none.
changes_rows if {
	input.command.attributes.where
	merges
}

merges if input.command.attributes.statement == "merge"

merges if "merge" in input.command.attributes.nested

# METADATA
# title: Touches an object
# description: |
#   `touches(["customers"])` or `touches(["public", "customers"])`. The command's own name for it may be shorter, because
#   the session's search_path completes it, or longer: either way it counts, so that a rule cannot be slipped past by
#   writing a name in another way. Columns of the object count as well.
touches(path) if {
	some target in input.command.targets
	names(target, path)
}

# METADATA
# title: Touches an object in one of the ways given
# description: '`touches_for({"write", "delete"}, ["orders"])`; see Access in the schema for the ways.'
touches_for(accesses, path) if {
	some target in input.command.targets
	target.access in accesses
	names(target, path)
}

# METADATA
# title: Touches any table, view or sequence
touches_relations if {
	some target in input.command.targets
	target.kind in (relations | {"column"})
}

# METADATA
# title: Touches system catalogs, and no other table
only_catalogs if {
	every target in input.command.targets { not foreign_to_catalogs(target) }
}

foreign_to_catalogs(target) if {
	target.kind in relations
	target.resolution != "local"
	not catalog(target.path)
}

# METADATA
# title: A path of a system catalog, or of a column of one
# description: '`catalog(["pg_catalog", "pg_class"])`'
catalog(path) if {
	count(path) > 1
	path[0] in {"pg_catalog", "information_schema"}
}

# METADATA
# title: Reads or writes a column
# description: |
#   `touches_column(["customers"], "card_number")` holds where the column is named, and where everything of the table is
#   taken (`*`, a whole row, a COPY of the table): what is not shown to leave the column out counts as touching it.
touches_column(table, column) if {
	some target in input.command.targets
	target.kind == "column"
	last(target.path) in {column, "*"}
	could_be_of(target, table)
}

# COPY without a list of columns takes them all.
touches_column(table, _) if {
	input.command.attributes.copy
	touches(table)
	not names_columns(table)
}

names_columns(table) if {
	some target in input.command.targets
	target.kind == "column"
	could_be_of(target, table)
}

# METADATA
# title: Calls a function of one of these categories
calls(categories) if {
	some function in input.command.functions
	function.category in categories
}

# METADATA
# title: Calls a function of this name
# description: The name without its schema.
calls_function(name) if {
	some function in input.command.functions
	last(function.path) == name
}

names(target, path) if {
	target.kind in relations
	ends_alike(target.path, path)
}

names(target, path) if {
	target.kind == "column"
	ends_alike(array.slice(target.path, 0, count(target.path) - 1), path)
}

relations := {"table", "view", "materialized_view", "foreign_table", "sequence", "relation"}

# A column that is not told to be of a table could be of any that the command names.
could_be_of(target, _) if count(target.path) == 1

could_be_of(target, table) if {
	count(target.path) > 1
	ends_alike(array.slice(target.path, 0, count(target.path) - 1), table)
}

# One of the two is the end of the other, and neither is empty.
ends_alike(a, b) if {
	n := min({count(a), count(b)})
	n > 0
	array.slice(a, count(a) - n, count(a)) == array.slice(b, count(b) - n, count(b))
}

last(path) := path[count(path) - 1]
