# METADATA
# title: Privilege escalation
# description: |
#   Guards the ways by which somebody comes to more rights than they were given: GRANT and roles, other identities,
#   settings that switch guards off, code that runs with others' rights, catalogs that hold credentials. It only denies
#   and notifies: what it lets through needs an `allow` of another policy. Settings stand in `data.privilege_escalation`;
#   see README.md.
package policy.privilege_escalation

import data.sallyport.settings
import data.sallyport.sql
import data.sallyport.subject

# Settings

shape := {"administrators": "names", "extensions": "names", "languages": "names", "channel": "text"}

default administrator_groups := {"dba"}

administrator_groups := {name | some name in data.privilege_escalation.administrators} if {
	data.privilege_escalation.administrators
}

# What PostgreSQL marks as trusted, and anybody with CREATE on the database may install.
default trusted_extensions := {
	"btree_gin", "btree_gist", "citext", "cube", "dict_int", "fuzzystrmatch", "hstore", "intarray", "isn", "ltree",
	"pg_trgm", "pgcrypto", "plpgsql", "seg", "tablefunc", "tcn", "tsm_system_rows", "tsm_system_time", "unaccent",
	"uuid-ossp",
}

trusted_extensions := {name | some name in data.privilege_escalation.extensions} if data.privilege_escalation.extensions

# Their functions have no rights but their caller's.
default trusted_languages := {"sql", "plpgsql"}

trusted_languages := {name | some name in data.privilege_escalation.languages} if data.privilege_escalation.languages

default channel := "security"

channel := data.privilege_escalation.channel

administrator if {
	input.subject.kind != "agent"
	subject.in_any(administrator_groups)
}

# METADATA
# title: The settings of privilege-escalation hold
# description: A setting that is misspelt or mistyped denies everything, so that no guard is lost unseen.
# custom: {id: SP-PE-000, severity: high, remediation: "Mend data.privilege_escalation; the README of the pack lists its settings."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some message in settings.problems("privilege_escalation", data.privilege_escalation, shape)
}

# METADATA
# title: Rights are given by administrators
# description: GRANT, REVOKE, default privileges, owners, and everything that is done to roles.
# custom: {id: SP-PE-001, severity: critical, remediation: "Ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": "only database administrators change rights and roles"} if {
	changes_rights
	not administrator
}

changes_rights if sql.changes_access

changes_rights if "grant" in input.command.attributes.body.effects

# METADATA
# title: Nobody becomes a superuser
# description: Role options that lift every other guard; for administrators, too.
# custom: {id: SP-PE-002, severity: critical, remediation: "Grant the rights that are needed, one by one."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some option in input.command.attributes.role_options
	option in {"superuser", "bypassrls", "replication"}
	message := sprintf("no role gets %s through this gateway", [upper(option)])
}

# METADATA
# title: Nobody joins the roles of the server's own power
# description: Membership that is as good as superuser's, or reads and writes every table; for administrators, too.
# custom: {id: SP-PE-003, severity: critical, remediation: "Grant the rights that are needed, table by table."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some role in joined_roles
	role in powerful_roles
	not revokes
	message := sprintf("no role joins %s through this gateway", [role])
}

# GRANT role TO role
joined_roles contains role if {
	"grant" in input.command.effects
	some role in input.command.attributes.privileges
}

# CREATE ROLE … IN ROLE
joined_roles contains role if {
	input.command.attributes.role_options
	some target in input.command.targets
	target.kind == "role"
	target.access == "grant"
	some role in target.path
}

revokes if {
	input.command.attributes.statement == "grant_role"
	input.command.verb == "revoke"
}

powerful_roles := {
	"postgres", "pg_read_server_files", "pg_write_server_files", "pg_execute_server_program", "pg_read_all_data",
	"pg_write_all_data", "pg_database_owner", "pg_create_subscription", "pg_maintain", "rds_superuser", "cloudsqlsuperuser",
	"azure_pg_admin",
}

# METADATA
# title: Nobody takes another identity
# description: SET ROLE, SET SESSION AUTHORIZATION and set_config on them; administrators may.
# custom: {id: SP-PE-004, severity: high, remediation: "Work with the rights that this connection has."}
deny contains {"rule": rego.metadata.rule(), "message": "only database administrators act as another role"} if {
	sql.takes_identity
	not administrator
}

# METADATA
# title: The guards of a session stay on
# description: Row security, triggers, system tables, checks, loaded libraries, what the server logs; administrators may.
# custom: {id: SP-PE-005, severity: critical, remediation: "Ask a database administrator for a policy that fits."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some setting in input.command.attributes.settings
	setting.action == "set"
	setting.name in guards
	not object.get(setting, "value", "") in object.get(harmless_values, setting.name, set())
	not administrator
	message := sprintf("%s guards the server", [setting.name])
}

# pg_dump --enable-row-security, and scripts that put things back.
harmless_values := {"row_security": {"on", "true"}, "session_replication_role": {"origin"}}

guards := {
	"row_security", "session_replication_role", "allow_system_table_mods", "ignore_system_indexes", "zero_damaged_pages",
	"ignore_checksum_failure", "lo_compat_privileges", "event_triggers", "allow_in_place_tablespaces", "createrole_self_grant",
	"session_preload_libraries", "local_preload_libraries", "dynamic_library_path", "extension_control_path", "jit_provider",
	"log_statement", "log_min_messages", "log_min_error_statement", "log_min_duration_statement", "log_duration",
	"log_statement_sample_rate", "log_transaction_sample_rate", "log_replication_commands", "log_lock_waits",
	"log_parameter_max_length", "log_parameter_max_length_on_error", "log_error_verbosity", "track_activities",
}

# METADATA
# title: The server is administered elsewhere
# description: ALTER SYSTEM, and settings that ALTER DATABASE and ALTER ROLE keep for later sessions; for administrators, too.
# custom: {id: SP-PE-006, severity: high, remediation: "Change the server's own configuration."}
deny contains {"rule": rego.metadata.rule(), "message": "ALTER SYSTEM and defaults of databases and roles are not set here"} if {
	some setting in input.command.attributes.settings
	setting.scope in {"system", "database", "role"}
}

# METADATA
# title: Sessions of others are left alone
# description: Functions that end sessions, reload the configuration, or act on the server's storage; administrators may.
# custom: {id: SP-PE-007, severity: high, remediation: "Ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some function in input.command.functions
	function.category == "admin"
	not administrator
	message := sprintf("%s is for database administrators", [concat(".", function.path)])
}

# METADATA
# title: Credentials are not read
# description: |
#   Columns of catalogs that hold password hashes and connection strings, and views of the server's own files. Their other
#   columns may be read, and administrators read all.
# custom: {id: SP-PE-008, severity: critical, remediation: "pg_roles shows roles without their passwords."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some name in credentials
	not administrator
	message := sprintf("%s holds what its readers must not see", [name])
}

credentials contains concat(".", [relation, column]) if {
	some relation in touched_names
	some column in credential_holders[relation]
	touches_column(relation, column)
}

credentials contains relation if {
	some relation in touched_names
	relation in {"pg_hba_file_rules", "pg_ident_file_mappings", "pg_file_settings"}
}

credential_holders := {
	"pg_authid": ["rolpassword"],
	"pg_shadow": ["passwd"],
	"pg_user_mapping": ["umoptions"],
	"pg_user_mappings": ["umoptions"],
	"_pg_user_mappings": ["umoptions"],
	"user_mapping_options": ["option_value"],
	"pg_subscription": ["subconninfo"],
}

touches_column(relation, column) if {
	some schema in ["pg_catalog", "information_schema"]
	sql.touches_column([schema, relation], column)
}

touched_names contains sql.last(target.path) if {
	some target in input.command.targets
	target.kind != "column"
	could_be_catalog(target.path)
}

# A bare name is a catalog's, too, where search_path names other schemas first.
could_be_catalog(path) if count(path) == 1

could_be_catalog(path) if path[0] in {"pg_catalog", "information_schema"}

# METADATA
# title: Functions run with their caller's rights
# description: SECURITY DEFINER lends its owner's rights to whoever may call it; administrators may.
# custom: {id: SP-PE-009, severity: high, remediation: "Leave SECURITY DEFINER out, or ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": "a SECURITY DEFINER function lends its owner's rights"} if {
	input.command.attributes.security_definer == true
	not administrator
}

# METADATA
# title: Extensions are trusted ones
# description: Others bring code of the server's own rights; administrators may. The setting `extensions` names the trusted.
# custom: {id: SP-PE-010, severity: critical, remediation: "Ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some target in input.command.targets
	target.kind == "extension"
	target.access in {"create", "alter"}
	some name in target.path
	not name in trusted_extensions
	not administrator
	message := sprintf("the extension %s is not a trusted one", [name])
}

# METADATA
# title: No code in untrusted languages
# description: LOAD, C, internal, plpython3u and their kin act with all rights of the server's own user; for administrators, too.
# custom: {id: SP-PE-011, severity: critical, remediation: "Write it in SQL or PL/pgSQL."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some message in foreign_code
}

foreign_code contains message if {
	language := input.command.attributes.language
	not language in trusted_languages
	message := sprintf("%s is no trusted language", [language])
}

foreign_code contains "LOAD runs a library in the server" if input.command.attributes.statement == "load"

# METADATA
# title: Code that runs for everybody is the administrators'
# description: Event triggers, languages, access methods, casts, operators and transforms change what others' statements do.
# custom: {id: SP-PE-012, severity: critical, remediation: "Ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	kind := input.command.attributes.object
	kind in far_reaching
	sql.does_any({"create", "alter"})
	not administrator
	message := sprintf("this %s changes what the statements of others do", [replace(kind, "_", " ")])
}

far_reaching := {
	"event_trigger", "language", "access_method", "operator", "operator_class", "operator_family", "cast", "transform",
}

# METADATA
# title: The guards of tables stay
# description: Row security, its policies, triggers, rules, security labels; administrators may.
# custom: {id: SP-PE-013, severity: critical, remediation: "Ask a database administrator."}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some guard in lifted_guards
	not administrator
	message := sprintf("%s is for database administrators", [guard])
}

lifted_guards contains action if {
	some action in input.command.attributes.actions
	action in {
		"disable_trig", "disable_trig_all", "disable_trig_user", "disable_rule", "disable_row_security",
		"no_force_row_security",
	}
}

lifted_guards contains "changing a policy" if input.command.attributes.object == "policy"

lifted_guards contains "a security label" if input.command.attributes.statement == "security_label"

# METADATA
# title: System catalogs are not written
# description: What stands in pg_catalog is the server itself; for administrators, too.
# custom: {id: SP-PE-014, severity: critical, remediation: "Use the statement that changes it: ALTER ROLE, ALTER DATABASE, …"}
deny contains {"rule": rego.metadata.rule(), "message": message} if {
	some target in input.command.targets
	target.access in {"write", "delete", "truncate", "create", "alter", "drop"}
	servers_own(target)
	message := sprintf("%s is the server's own", [concat(".", target.path)])
}

servers_own(target) if {
	count(target.path) > 1
	target.path[0] in {"pg_catalog", "information_schema"}
}

# A bare name is a catalog's, too, where search_path names other schemas first.
servers_own(target) if {
	count(target.path) == 1
	target.kind == "table"
	startswith(target.path[0], "pg_")
}

# METADATA
# title: Security hears of changes of rights
# description: Of attempts as well.
# custom: {id: SP-PE-015, severity: high}
notify contains {"rule": rego.metadata.rule(), "channel": channel, "message": "rights or roles change"} if {
	changes_rights
}
