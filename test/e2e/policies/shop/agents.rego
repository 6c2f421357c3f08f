# Agents read the shop's tables and nothing else. The bypass corpus is run as an agent.
package policy.agents

readable := {"customers", "orders", "open_orders", "revenue", "kinds"}

harmless_functions := {"pure", "read"}

allow contains "agents read the shop" if {
	input.subject.kind == "agent"
	count(input.command.effects) > 0
	every effect in input.command.effects {
		effect in {"read", "transaction"}
	}
	every target in input.command.targets {
		permitted(target)
	}
	every function in input.command.functions {
		function.category in harmless_functions
	}
}

permitted(target) if {
	target.access == "read"
	target.kind == "column"
}

permitted(target) if {
	target.access == "read"
	target.kind in {"table", "view"}
	target.path[count(target.path) - 1] in readable
	schemas := array.slice(target.path, 0, count(target.path) - 1)
	every schema in schemas { schema == "public" }
}

permitted(target) if target.kind == "function"

# Names that the statement itself defines; what they stand for is a target, too.
permitted(target) if target.resolution == "local"

# Drivers look up types when they connect.
permitted(target) if {
	target.access == "read"
	target.path[0] == "pg_catalog"
	target.path[1] in {"pg_type", "pg_namespace", "pg_range", "pg_enum"}
}
